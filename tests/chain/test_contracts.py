from __future__ import annotations

from dataclasses import dataclass

import pytest

from harness.chain import ether
from harness.chain.errors import InsufficientFunds
from harness.contracts.bindings import implementation
from harness.contracts.errors import NotDeployable, SenderMissing, UnknownMember, WrongArguments
from harness.contracts.reverts import reverts


def test_deploy_runs_the_constructor(chain, alice, contracts):
    probe = chain.deploy(contracts["ChainProbe"], 9, sender=alice, value=ether(1))
    assert probe.count() == 9
    assert probe.owner() == alice.address
    assert chain.balance(probe) == ether(1)
    assert probe.receipt.contract_address == probe.address
    assert probe.receipt.succeeded


def test_deploy_of_a_reverting_constructor_is_decoded(chain, alice, contracts):
    with reverts(contracts["ChainProbe"].TooMany, actual=1001, expected=1000):
        chain.deploy(contracts["ChainProbe"], 1001, sender=alice)
    assert chain.nonce(alice) == 1


def test_deploy_with_wrong_arguments_sends_nothing(chain, alice, contracts):
    with pytest.raises(WrongArguments, match=r"constructor of ChainProbe got .*expected \(uint256 first\)"):
        chain.deploy(contracts["ChainProbe"], "nine", sender=alice)
    with pytest.raises(WrongArguments):
        chain.deploy(contracts["ChainProbe"], sender=alice)
    assert chain.nonce(alice) == 0


def test_deploy_of_an_interface_is_refused(chain, alice, contracts):
    with pytest.raises(NotDeployable, match="IChainProbe"):
        chain.deploy(contracts["IChainProbe"], sender=alice)


@pytest.mark.needs("mining")
def test_deploy_and_call_in_one_block(chain, alice, contracts):
    with chain.block():
        probe = chain.deploy(contracts["ChainProbe"], 1, sender=alice)
        probe.increment(sender=alice)
    assert probe.count() == 2


def test_at_attaches_to_an_address(chain, alice, probe, contracts):
    again = chain.at(contracts["ChainProbe"], probe.address)
    assert again == probe
    assert again.count() == 5
    assert again.receipt is None


def test_view_functions_return_their_values(chain, alice, probe):
    assert probe.count() == 5
    seen = probe.environment(sender=alice)
    assert seen.origin == alice.address
    assert seen == (chain.block_number, chain.now, 900, alice.address)


def test_functions_that_change_state_need_a_sender(chain, probe):
    with pytest.raises(SenderMissing, match=r"ChainProbe.increment"):
        probe.increment()
    assert probe.count() == 5


def test_call_looks_without_changing(chain, alice, probe):
    assert probe.increment.call(sender=alice) == 6
    assert probe.count() == 5


def test_transact_sends_a_view_function(chain, alice, probe):
    assert probe.count.transact(sender=alice).gas_used > 21_000


def test_return_data_of_a_transaction(chain, alice, probe):
    receipt = probe.increment(sender=alice)
    assert int.from_bytes(receipt.return_data, "big") == 6


def test_overloads_are_told_apart_by_their_arguments(chain, alice, probe):
    probe.add(3, sender=alice)
    assert probe.count() == 8
    probe.add(3, 4, sender=alice)
    assert probe.count() == 20
    probe.functions["add(uint256)"](1, sender=alice)
    assert probe.count() == 21
    with pytest.raises(WrongArguments, match=r"add\(uint256\) or add\(uint256,uint256\)"):
        probe.add(1, 2, 3, sender=alice)


@dataclass(frozen=True)
class Point:
    x: int
    owner: str


def test_structs_go_in_as_mapping_tuple_or_dataclass(chain, alice, bob, probe):
    shapes = [{"x": 1, "owner": alice}, (2, bob.address), Point(4, bob.address)]
    assert probe.sum(shapes) == 7


def test_structs_come_out_with_their_member_names(chain, alice, probe):
    point = probe.point(7)
    assert (point.x, point.owner) == (7, alice.address)
    assert point == (7, alice.address)


def test_unknown_function_names_those_there_are(chain, probe):
    with pytest.raises(
        UnknownMember, match=r"ChainProbe has no function 'decrement'; it has add, burn, count"
    ) as caught:
        _ = probe.decrement
    assert isinstance(caught.value, AttributeError)


def test_payable_functions_take_value(chain, alice, bob, probe):
    chain.send(sender=alice, to=probe, value=10)
    before = chain.balance(bob)
    probe.pay(bob, 4, sender=alice)
    assert chain.balance(bob) == before + 4
    assert chain.balance(probe) == 6


def test_sending_value_to_a_function_that_takes_none_reverts(chain, alice, probe):
    with reverts():
        probe.increment(sender=alice, value=1)


def test_gas_without_a_limit_is_what_the_sender_can_pay(chain, alice, probe):
    poor = chain.accounts.trent
    chain.send(sender=poor, to=alice, value=chain.balance(poor) - ether("0.001"))
    assert probe.increment(sender=poor).succeeded
    chain.send(sender=poor, to=alice, value=chain.balance(poor) - 21_000 * 4 * 10**9)
    with pytest.raises(InsufficientFunds):
        chain.send(sender=poor, to=alice, value=chain.balance(poor))


@pytest.fixture
def proxy(chain, alice, probe, contracts):
    return chain.deploy(contracts["ProbeProxy"], probe, sender=alice)


def test_proxy_resolves_to_its_implementation(chain, probe, proxy):
    assert implementation(proxy) == probe
    assert implementation(probe) is None


def test_proxy_has_the_functions_of_its_implementation(chain, alice, probe, proxy):
    proxy.increment(sender=alice)
    assert proxy.count() == 1
    assert probe.count() == 5
    with pytest.raises(UnknownMember):
        _ = proxy.decrement


def test_proxy_reverts_with_the_errors_of_its_implementation(chain, alice, proxy, contracts):
    with reverts(contracts["ChainProbe"].TooMany, actual=2):
        proxy.failWithError(2, sender=alice)
    with reverts(contracts["ProbeProxy"].NoImplementation, actual=alice):
        chain.deploy(contracts["ProbeProxy"], alice, sender=alice)


@pytest.mark.needs("reorg")
def test_a_contract_that_was_recognised_is_looked_at_again_after_a_reorg(chain, alice, contracts):
    probe, token = contracts["ChainProbe"], contracts["ProbeToken"]
    for known in (probe, token):
        chain.knowledge.learn(known)
    first = chain.send(sender=alice, data=probe.creation_code(5))
    assert chain.knowledge.at(first.contract_address).name == "ChainProbe"
    chain.reorg(1)
    second = chain.send(sender=alice, data=token.creation_code(1))
    assert second.contract_address == first.contract_address
    assert chain.knowledge.at(second.contract_address).name == "ProbeToken"


def test_a_contract_whose_code_is_replaced_goes_by_its_new_name(chain, alice, contracts, probe):
    token = chain.deploy(contracts["ProbeToken"], 1, sender=alice)
    mark = chain.snapshot()
    chain.set_code(probe, chain.code(token))
    assert chain.knowledge.at(probe.address).name == "ProbeToken"
    chain.restore(mark)
    assert chain.knowledge.at(probe.address).name == "ChainProbe"
