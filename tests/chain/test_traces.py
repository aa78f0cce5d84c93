from __future__ import annotations

from dataclasses import replace

import pytest

from harness.chain import open_chain
from harness.chain.errors import RevertedOpaquely, RevertedWithError
from harness.contracts.bindings import ContractType
from harness.contracts.errors import CompileFailed

pytestmark = pytest.mark.needs("trace")


@pytest.fixture
def nested(chain, alice, probe):
    probe.makeInner(1, sender=alice)
    return probe


def test_trace_is_a_tree_with_names_arguments_and_gas(chain, alice, nested):
    receipt = nested.tryInner(4, sender=alice)
    trace = receipt.trace()
    assert [(call.contract, call.function) for call in trace] == [
        ("ChainProbe", "tryInner"),
        ("ProbeInner", "increment"),
        ("ProbeInner", "failWithError"),
    ]
    assert trace.arguments == {"actual": 4}
    assert trace.gas_used == receipt.gas_used
    assert 0 < trace.children[0].gas_used < trace.gas_used
    assert trace.error is None
    assert trace.find("ProbeInner.failWithError").error == "reverted: InnerFailed(actual=4, expected=7)"


def test_trace_of_a_creation(chain, alice, probe):
    trace = probe.makeInner(1, sender=alice).trace()
    (created,) = trace.children
    assert (created.kind, created.contract, created.function) == ("CREATE", "ProbeInner", "constructor")
    assert str(trace).splitlines()[1].startswith("└─ create ProbeInner.constructor() [") or "ProbeInner" in str(trace)


def test_trace_of_a_deployment(chain, alice, contracts):
    probe = chain.deploy(contracts["ChainProbe"], 1, sender=alice)
    trace = chain.trace(probe.receipt)
    assert (trace.contract, trace.function, trace.kind) == ("ChainProbe", "constructor", "CREATE")
    assert trace.gas_used == probe.receipt.gas_used


def test_trace_goes_through_a_proxy(chain, alice, probe, contracts):
    proxy = chain.deploy(contracts["ProbeProxy"], probe, sender=alice)
    trace = proxy.increment(sender=alice).trace()
    assert trace.contract == "ProbeProxy"
    (inner,) = trace.children
    assert (inner.kind, inner.contract, inner.function) == ("DELEGATECALL", "ChainProbe", "increment")


@pytest.mark.needs("lines")
def test_revert_of_a_transaction_shows_the_tree_and_the_lines(chain, alice, nested, contracts):
    with pytest.raises(RevertedWithError) as caught:
        nested.viaInner(3, sender=alice)
    outer, _, failed = str(caught.value.trace).splitlines()
    assert outer.startswith("ChainProbe.viaInner(actual=3) [")
    assert outer.endswith(f"✗ at {_line(contracts, 'ChainProbe', 'inner.failWithError(actual);')}")
    assert failed.startswith("└─ ProbeInner.failWithError(actual=3) [")
    place = _line(contracts, "ProbeInner", "revert InnerFailed(actual, 7);")
    assert failed.endswith(f"✗ reverted: InnerFailed(actual=3, expected=7) at {place}")


@pytest.mark.needs("lines")
def test_revert_of_a_call_shows_the_line(chain, alice, probe, contracts):
    with pytest.raises(RevertedWithError) as caught:
        probe.failWithError.call(3, sender=alice)
    assert caught.value.trace.location == _line(contracts, "ChainProbe", "revert TooMany(actual, 7);")


@pytest.mark.needs("lines")
def test_revert_of_a_constructor_shows_the_line(chain, alice, contracts):
    with pytest.raises(RevertedWithError) as caught:
        chain.deploy(contracts["ChainProbe"], 2_000, sender=alice)
    assert caught.value.trace.location == _line(contracts, "ChainProbe", "revert TooMany(first, 1000);")


def _line(contracts, name, statement):
    """Where the statement stands in the contract's file."""
    artifact = contracts[name].artifact
    for number, line in enumerate(artifact.source_text(artifact.source).decode().splitlines(), start=1):
        if statement in line:
            return f"{artifact.source}:{number}"
    raise AssertionError(f"{statement} is not in {artifact.source}")


def test_trace_of_a_call_changes_nothing(chain, alice, probe):
    trace = probe.increment.trace(sender=alice)
    assert int.from_bytes(trace.output, "big") == 6
    assert probe.count() == 5
    assert probe.failWithError.trace(2, sender=alice).error == "reverted: TooMany(actual=2, expected=7)"


def test_console_log_is_captured_and_decoded(chain, alice, bob, probe):
    receipt = probe.say("hello", 7, sender=bob)
    assert receipt.console == ["hello 7", bob.address]
    assert "console.log: hello 7" in str(receipt.trace())
    probe.say("again", 8, sender=bob)
    assert chain.console() == ["hello 7", bob.address, "again 8", bob.address]
    assert chain.console(since=chain.block_number) == ["again 8", bob.address]


def test_console_log_of_a_call_is_in_its_trace(chain, bob, probe):
    assert probe.say.trace("psst", 1, sender=bob).console == ["psst 1", bob.address]


def test_trace_can_be_shown_after_the_chain_is_closed(contracts):
    with open_chain() as chain:
        probe = chain.deploy(contracts["ChainProbe"], 5, sender=chain.accounts.alice)
        trace = probe.makeInner(1, sender=chain.accounts.alice).trace()
    assert str(trace).startswith("ChainProbe.makeInner(first=1) [")


def test_unknown_revert_data_is_shown_though_the_imports_do_not_compile(chain, alice, contracts):
    def broken():
        raise CompileFailed("Inner.sol", "0.8.37", ("ParserError",))

    kind = ContractType(replace(contracts["ChainProbe"].artifact, neighbours=broken))
    with pytest.raises(RevertedOpaquely):
        chain.deploy(kind, 5, sender=alice).failOpaquely()


def test_trace_names_known_addresses(chain, alice, bob, probe):
    chain.send(sender=alice, to=probe, value=1)
    chain.knowledge.label(probe.address, "the probe")
    text = str(probe.pay(bob, 1, sender=alice).trace())
    assert text.splitlines()[0].startswith("the probe.pay(to=bob, amount=1) [")
    assert "bob.receive() [0 gas] {value: 1}" in text
