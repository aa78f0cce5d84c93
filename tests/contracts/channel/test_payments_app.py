"""The application whose moves are payments: the contract and its twin in Python agree on each move and outcome."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from harness import reverts
from harness.chain import open_chain
from harness.channels.apps import WHOLE, AppState, Payments
from harness.channels.errors import IllegalProposal
from harness.contracts.bindings import Contract
from harness.errors import Reverted
from harness.sidechain.light_client import contract_type

APP = contract_type("Payments")


@pytest.fixture(scope="module")
def app() -> Iterator[Contract]:
    with open_chain("py-evm") as l1:
        yield l1.deploy(APP, sender=l1.accounts.alice)


def test_both_play_alike(app: Contract) -> None:
    rules, chance = Payments(), random.Random(7)
    assert app.initial() == rules.initial()
    refused = taken = 0
    for _ in range(12):
        state = AppState(0, rules.initial())
        for _ in range(12):
            paid = chance.choice([0, 1, 2_000, WHOLE, 65_535]).to_bytes(2, "big")
            move = chance.choice([paid, paid, paid, b"", b"\1", bytes(3)])
            try:
                after = rules.play(state, move)
            except IllegalProposal:
                with pytest.raises(Reverted):
                    app.play(state.data, state.turn, move)
                refused += 1
                continue
            assert app.play(state.data, state.turn, move) == after.data
            over, share = app.outcome(after.data, after.turn)
            assert (share if over else None) == rules.outcome(after)
            state, taken = after, taken + 1
    assert refused > 20
    assert taken > 20


@pytest.mark.parametrize("data", [b"", bytes(2), bytes(4), (WHOLE + 1).to_bytes(2, "big") + b"\0", bytes(2) + b"\2"])
def test_what_is_no_position_is_refused(app: Contract, data: bytes) -> None:
    with reverts(APP.MalformedData):
        app.outcome(data, 0)
    with reverts(APP.MalformedData):
        app.play(data, 0, b"")


def test_nobody_pays_more_than_its_share(app: Contract) -> None:
    half = WHOLE // 2
    for turn in (0, 1):
        assert app.outcome(app.play(app.initial(), turn, half.to_bytes(2, "big")), turn + 1) == (False, 0)
        with reverts(APP.IllegalMove):
            app.play(app.initial(), turn, (half + 1).to_bytes(2, "big"))
