"""What agents remember of L1 follows from L1 as it is now, whatever it was before."""

from __future__ import annotations

from typing import Any

import pytest

from harness.agents import Proposer, faults
from harness.agents.faults import Sound
from harness.chain import Chain
from harness.chain.logs import LogReader
from harness.dispute.counting_machine import CountingTrace
from harness.dispute.reader import GameReader
from harness.errors import GoneByReorg
from harness.fuzz.arena import Arena, Match
from harness.rollup.config import GameRules
from harness.testbed.assertions import AssertionHandle
from harness.testbed.conservation import Conservation
from harness.testbed.rollup import Rollup


def opened(l1: Chain, accounts: Any, max_clock: int) -> Match:
    """A game about the first assertion of a new arena, on the same addresses each time."""
    arena = Arena.deploy(l1, GameRules(max_depth=4, extension=600, step_extension=1_200, max_clock=max_clock))
    truth = CountingTrace(5, 3)
    match = Match(arena, arena.claim(truth, 1, accounts.alice), [], truth)
    seat = match.seat(accounts.bob, Sound())
    match.open(seat)
    return match


@pytest.mark.parametrize("whose", ["ours", "another client's"])
def test_another_game_at_the_address_of_one_that_was_read_is_read_anew(whose: str, l1: Chain, accounts: Any) -> None:
    """The chain goes back to before the game, by our own doing or by somebody's who speaks to the node as well."""
    start, inner = l1.snapshot(), l1.backend.snapshot()
    first = opened(l1, accounts, 100_000)
    reader = GameReader(l1, first.game)
    assert reader.view().rules.max_clock == 100_000
    if whose == "ours":
        l1.restore(start)
    else:
        l1.backend.restore(inner)
    second = opened(l1, accounts, 200_000)
    assert second.game == first.game, "the test means nothing unless the address is the same"
    view = reader.view()
    assert view.rules.max_clock == int(reader.contract.rules().maxClock) == 200_000
    assert view == GameReader(l1, second.game).view()


def test_a_game_whose_code_is_edited_is_read_anew(l1: Chain, accounts: Any) -> None:
    match = opened(l1, accounts, 100_000)
    reader = GameReader(l1, match.game)
    reader.view()
    other = match.arena.use(GameRules(max_depth=4, extension=600, step_extension=1_200, max_clock=150_000))
    reader.view()
    code = l1.code(match.game)
    assert code[10:30] == bytes.fromhex(match_implementation(code)[2:])
    l1.set_code(match.game, code[:10] + bytes.fromhex(other.address[2:]) + code[30:])
    assert reader.view().rules.max_clock == 150_000


def match_implementation(clone: bytes) -> str:
    """The address in the code of a clone (EIP-1167)."""
    return "0x" + clone[10:30].hex()


def test_a_game_that_a_reorg_took_is_gone_by_name_and_comes_back(l1: Chain, accounts: Any) -> None:
    match = opened(l1, accounts, 100_000)
    reader = GameReader(l1, match.game)
    claims = reader.view().claims
    l1.reorg(1)
    for _ in range(2):
        with pytest.raises(GoneByReorg, match=match.game) as gone:
            reader.view()
        assert (gone.value.what, gone.value.name) == ("game", match.game)
    match.open(match.seats[0])
    assert [claim.id for claim in reader.view().claims] == [claim.id for claim in claims]


def test_a_reader_that_failed_halfway_reads_all_again(l1: Chain, accounts: Any, monkeypatch: Any) -> None:
    match = opened(l1, accounts, 100_000)
    reader = GameReader(l1, match.game)
    apply = reader._apply

    def once(*_: Any) -> None:
        monkeypatch.setattr(reader, "_apply", apply)
        raise RuntimeError("the node went away")

    monkeypatch.setattr(reader, "_apply", once)
    with pytest.raises(RuntimeError):
        reader.view()
    assert reader.view() == GameReader(l1, match.game).view()


PAGE = 400
"""Fewer blocks than the real page has: a node mines them sooner."""


@pytest.mark.parametrize("cap", [3, PAGE])
def test_a_whole_dispute_is_read_from_a_node_that_serves_few_blocks_at_once(
    cap: int, rollup: Any, accounts: Any, monkeypatch: Any
) -> None:
    """Batches, assertions, games, claims, and the books that are kept of all of it, by agents that know nothing yet."""
    backend = rollup.l1.backend
    ask, asked = backend.answer, []

    def strict(method: str, params: Any) -> Any:
        if method == "eth_getLogs":
            first, last = (int(params[0][name], 16) for name in ("fromBlock", "toBlock"))
            asked.append(last - first + 1)
            if asked[-1] > cap:
                return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32005, "message": "the range is too large"}}
        return ask(method, params)

    rollup.l2.send(sender=accounts.alice, to=accounts.bob.address, value=10)
    rollup.sequencer.post()
    rollup.join(Proposer(lie=faults.wrong_fee())).propose()
    rollup.challenger.leave()
    rollup.l1.mine(20 if cap < PAGE else PAGE + 50)
    monkeypatch.setattr(backend, "answer", strict)
    monkeypatch.setattr("harness.chain.logs.PAGE", PAGE)
    monkeypatch.setattr(rollup.l1, "log_reader", LogReader(rollup.l1.backend))
    fresh = Rollup.attach(
        rollup.l1, rollup.contracts.addresses, sequencer=accounts.trent, proposer=accounts.peggy, since=0
    )
    fresh.l2.backend.follow()
    assert fresh.node.idle.root == rollup.node.idle.root
    (pending,) = fresh.pending_assertions()
    game = fresh.challenger.dispute(AssertionHandle(fresh, pending[0]))
    fresh.run_until(game.resolved)
    assert game.winner is fresh.challenger
    Conservation(fresh).check()
    assert max(asked) > cap if cap < PAGE else max(asked) == cap
