"""An upgrade of L2 within an assertion's range, and during a game: what runs before it has the old rules, for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.agents import Proposer, faults
from harness.proofs.samples.programs import P256_SIGNED, invocation, push
from harness.rollup.contracts import contract_type
from harness.rollup.forks import Fork
from harness.testbed.games import GameHandle
from harness.testbed.rollup import Rollup

pytestmark = [pytest.mark.l1(fork="prague"), pytest.mark.rollup(fork="cancun")]
"""Only an L1 of Prague proves both sides of an upgrade."""

CLZ = 0x1E
WORD = 2**200 + 5
RUNTIME = push(WORD) + bytes([CLZ]) + b"\x5f\x55"
"""Stores CLZ of a word in slot 0."""
GAS = 150_000


@pytest.fixture
def owner(rollup: Rollup) -> Any:
    factory = contract_type("DisputeGameFactory").at(rollup.l1, rollup.assertions.disputes())
    return next(account for account in rollup.l1.accounts if account.address == factory.owner())


def deployed(rollup: Rollup, account: Any, runtime: bytes) -> str:
    """A contract of at most 32 bytes."""
    initcode = push(int.from_bytes(runtime, "big")) + b"\x5f\x52" + invocation(0xF3, (32 - len(runtime), len(runtime)))
    receipt = rollup.l2.send(sender=account, to=None, data=initcode, gas=200_000)
    assert receipt.contract_address is not None
    return str(receipt.contract_address)


@pytest.fixture
def counter(rollup: Rollup, accounts: Any) -> str:
    """A contract whose code needs Osaka."""
    return deployed(rollup, accounts.alice, RUNTIME)


def use(rollup: Rollup, counter: str, account: Any, data: bytes = b"") -> bool:
    """Call the contract with a signed transaction that is posted at once; whether it succeeded."""
    raw = rollup.sign_l2(account, to=counter, gas=GAS, data=data)
    receipt = rollup.l2.send_raw(raw, check=False)
    rollup.sequencer.post()
    return bool(receipt.succeeded)


def stored(rollup: Rollup, counter: str) -> int:
    """What the contract keeps."""
    return rollup.unsafe.idle.state.storage(bytes.fromhex(counter[2:]), 0)


def forks_of(rollup: Rollup, game: GameHandle) -> set[Fork]:
    """The forks of the batches that the disputed assertion covers."""
    return {rollup.node.inbox.batch(index).fork for index in range(rollup.latest_confirmed.end, game.assertion.end)}


def upgraded(rollup: Rollup, owner: Any) -> None:
    """Schedule Osaka and wait for it."""
    rollup.sequencer.post()
    rollup.l1.warp(to=rollup.upgrade("osaka", sender=owner))


def across(rollup: Rollup, owner: Any, uses: Callable[[], object], fork: str = "osaka") -> None:
    """Post batches that the next assertion covers, two before an upgrade and one behind it, by ``uses``.

    The assertion's range ends where the batches did when its parent was made, so the parent follows all of them.
    """
    time = rollup.upgrade(fork, sender=owner)
    rollup.confirm_all()
    rollup.l1.warp(to=time - 1_000)
    for _ in range(2):
        uses()
    rollup.l1.warp(to=time)
    uses()
    below = rollup.proposer.propose()
    rollup.l1.warp(rollup.config.period + 1)
    rollup.assertions.confirm(below.id, sender=rollup.proposer.account)


def test_the_rules_change_with_the_first_batch_behind_the_time(
    rollup: Rollup, counter: str, owner: Any, accounts: Any
) -> None:
    assert not use(rollup, counter, accounts.alice)
    before = rollup.node.idle
    upgraded(rollup, owner)
    assert rollup.node.idle.root == before.root, "an upgrade is no input"
    assert use(rollup, counter, accounts.alice)
    assert (before.env.fork, rollup.node.idle.env.fork) == (Fork.CANCUN, Fork.OSAKA)
    rollup.confirm_all()


def test_what_was_drafted_before_the_upgrade_is_posted_before_it(
    rollup: Rollup, counter: str, owner: Any, accounts: Any
) -> None:
    """A sequencer that keeps its word posts before rules change under what it has promised."""
    time = rollup.upgrade("osaka", sender=owner)
    rollup.sequencer.post()
    rollup.l1.warp(to=time - 10)
    receipt = rollup.l2.send_raw(rollup.sign_l2(accounts.alice, to=counter, gas=GAS), check=False)
    assert not receipt.succeeded
    rollup.l2.warp(to=time)
    assert not rollup.l2.receipt(receipt.hash).succeeded
    assert rollup.unsafe.drafts == () and rollup.node.idle.env.fork is Fork.CANCUN


def test_a_draft_that_an_upgrade_overtakes_is_made_anew(
    rollup: Rollup, counter: str, owner: Any, accounts: Any
) -> None:
    """A sequencer that was stopped over the upgrade posts what then follows the new rules."""
    time = rollup.upgrade("osaka", sender=owner)
    rollup.sequencer.post()
    rollup.l1.warp(to=time - 10)
    receipt = rollup.l2.send_raw(rollup.sign_l2(accounts.alice, to=counter, gas=GAS), check=False)
    rollup.sequencer.become(faults.Stopped())
    rollup.l1.warp(to=time)
    rollup.sequencer.become(None)
    rollup.sequencer.post()
    assert rollup.l2.receipt(receipt.hash).succeeded
    assert rollup.node.idle.env.fork is Fork.OSAKA


LIES = [
    (faults.tamper_opcode("CLZ"), "CLZ"),
    (faults.wrong_fork("osaka"), "INPUT"),
    (faults.wrong_fork("cancun"), "INPUT"),
]


@pytest.mark.parametrize(("lie", "opcode"), LIES, ids=lambda value: str(getattr(value, "name", value)))
def test_a_lie_on_either_side_of_an_upgrade_is_proven(
    lie: Any, opcode: str, table: Any, rollup: Rollup, counter: str, owner: Any, accounts: Any
) -> None:
    """One assertion covers both sides; the liar's CLZ is wrong, or the new rules come too early, or never."""
    across(rollup, owner, lambda: use(rollup, counter, accounts.alice))
    assert stored(rollup, counter) == 256 - WORD.bit_length()
    game = table.play(Proposer(lie=lie))
    assert game.disputed_step.opcode == opcode
    assert forks_of(rollup, game) == {Fork.CANCUN, Fork.OSAKA}


def test_an_undefined_opcode_before_the_upgrade_is_proven(
    table: Any, rollup: Rollup, counter: str, owner: Any, accounts: Any
) -> None:
    """The byte that is CLZ behind the upgrade is INVALID before it, in the same assertion."""
    across(rollup, owner, lambda: use(rollup, counter, accounts.alice))
    game = table.play(Proposer(lie=faults.tamper_opcode("INVALID")))
    assert game.disputed_step.opcode == "INVALID"


ASKED = {
    "BLS12_G1ADD since Prague": ("prague", 0x0B, bytes(256), (0, 128)),
    "P256VERIFY since Osaka": ("osaka", 0x100, P256_SIGNED, (0, 32)),
    "MODEXP of 1,025 bytes until Osaka": (
        "osaka",
        5,
        b"".join(size.to_bytes(32, "big") for size in (1_025, 0, 3)),
        (3, 0),
    ),
}
"""A fork, a precompile and an input, and the bytes of its output before the fork and since."""


@pytest.mark.parametrize("name", ASKED)
def test_a_precompile_that_an_upgrade_changes_is_proven_on_both_sides(
    name: str, table: Any, rollup: Rollup, owner: Any, accounts: Any
) -> None:
    """One L1 proves both: the liar's result behind the upgrade is wrong, or that before it where it has none behind."""
    fork, number, data, sizes = ASKED[name]
    code = b"\x36\x5f\x5f\x37" + b"\x5f\x5f\x36\x5f" + push(number) + push(50_000) + b"\xfa\x50\x3d\x5f\x55"
    asker = deployed(rollup, accounts.alice, code)
    found = []

    def uses() -> None:
        assert use(rollup, asker, accounts.alice, data)
        found.append(stored(rollup, asker))

    across(rollup, owner, uses, fork)
    assert found == [sizes[0], *sizes]
    game = table.play(Proposer(lie=faults.tamper_opcode("PRECOMPILE")))
    assert game.disputed_step.opcode == "PRECOMPILE"
    assert len(forks_of(rollup, game)) == 2


def test_an_upgrade_during_a_game_leaves_it_alone(rollup: Rollup, counter: str, owner: Any, accounts: Any) -> None:
    """A liar's game is about a batch before the upgrade, which comes while it is played; the truth is what it was.

    The assertion behind it crosses the upgrade, and a lie there is proven by the same prover.
    """
    assert not use(rollup, counter, accounts.alice)
    liar = rollup.join(Proposer(lie=faults.tamper_opcode("INVALID")))
    time = rollup.upgrade("osaka", sender=owner)
    rollup.l1.warp(to=time - rollup.config.games.max_clock)
    game = rollup.challenger.dispute(liar.propose())
    for _ in range(3):
        rollup.step()
    assert not game.resolved()
    rollup.l1.warp(to=time)
    assert use(rollup, counter, accounts.alice)
    rollup.run_until(game.resolved)
    assert game.winner is rollup.challenger and liar.bond == 0
    assert game.disputed_step is not None and game.disputed_step.opcode == "INVALID"
    rollup.confirm_all()
    assert stored(rollup, counter) == 256 - WORD.bit_length()
