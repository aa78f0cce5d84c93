"""The channel pack against users' own channels whose shapes differ in what a fault can hide behind.

Each fault is met by the attack that is there for its kind alone. The other attacks would find some of them, too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.adapters.choosing import Chosen, choose
from harness.attack.attack import Outcome, Verdict
from harness.attack.channel.pack import PACK
from harness.attack.runner import run_pack
from harness.attack.seats import UNIT
from tests.attack.planting import planted

PROJECTS = Path(__file__).resolve().parent / "projects"
ADAPTERS = {
    "two_phase": "two_phase_adapter.py:TwoPhaseAdapter",
    "fixed_expiry": "fixed_expiry_adapter.py:FixedExpiryAdapter",
    "block_clock": "block_clock_adapter.py:BlockClockAdapter",
    "penalty": "penalty_adapter.py:PenaltyAdapter",
    "totals": "totals_adapter.py:TotalsAdapter",
    "clones": "clones_adapter.py:ClonesAdapter",
}
SOUND = {
    "two_phase": (
        "honest-life",
        "middle-answer",
        "calls-again",
        "side-by-side",
        "re-entrant-token",
        "unpaid-second-deposit",
        "huge-deposits",
    ),
    "fixed_expiry": (
        "honest-life",
        "shown-again",
        "forged-close",
        "cross-channel",
        "settle-early",
        "answer-in-the-last-second",
        "calls-again",
        "strangers call guarded functions",
        "refused-payment",
        "re-entrant-party",
    ),
    "block_clock": (
        "honest-life",
        "stale-close",
        "answer-in-the-last-second",
        "settle-in-the-last-second",
        "answer-late",
        "settle-on-time",
        "crowded-end",
        "close-together",
    ),
    "totals": ("honest-life", "draw-out", "forged-close", "close-anew", "free-deposit", "cross-channel"),
    "clones": ("honest-life", "close-together", "re-entrant-token", "false-token-to-one", "cross-contract"),
    "penalty": (
        "honest-life",
        "settle-on-time",
        "draw-out",
        "answer-late",
        "close-anew",
        "settle-early",
        "free-deposit",
    ),
}
CREDIT, PAY = "credit[msg.sender] = 0;", 'require(token.transfer(msg.sender, due), "pay");'
REBUT = "(c.nonce, c.outLeft, c.outRight) = (nonce, l, r);\n    }\n    function finish"
PHASE = 'require(c.phase == Phase.Closing, "phase");\n        require(block.timestamp < c.until, "late");'
PARTY = 'require(msg.sender == c.left || msg.sender == c.right, "stranger");\n        '
NOT_CLOSED = 'require(c.open && c.settleAt == 0, "not open");'
SHOWN = "receiveBy(c, id, index(c, receiver), nonce, total, sig);"
KEPT = """c.status = Status.Closed;
        uint256 total = c.deposits[0] + c.deposits[1];
        require(token.transfer(msg.sender, c.closer == 0 ? total - first : first), "unpaid");"""
FAULTS: dict[str, tuple[tuple[str, str], *tuple[tuple[str, str], ...]]] = {
    "a rebuttal keeps the old nonce": (
        ("two_phase", "middle-answer"),
        (REBUT, REBUT.replace("(c.nonce, c.outLeft, c.outRight) = (nonce, l, r)", "(c.outLeft, c.outRight) = (l, r)")),
    ),
    "a rebuttal by a party keeps the old nonce": (
        ("two_phase", "middle-answer"),
        (PHASE, f"{PARTY}{PHASE}"),
        (REBUT, REBUT.replace("(c.nonce, c.outLeft, c.outRight) = (nonce, l, r)", "(c.outLeft, c.outRight) = (l, r)")),
    ),
    "a party rebuts by an older state": (
        ("two_phase", "older-answer"),
        (PHASE, f"{PARTY}{PHASE}"),
        ('require(nonce > c.nonce, "nonce");', ""),
    ),
    "a close begins again": (
        ("two_phase", "calls-again"),
        ('require(c.phase == Phase.Open, "phase");', 'require(c.phase >= Phase.Open, "phase");'),
    ),
    "a credit replaces what was owed before": (
        ("two_phase", "side-by-side"),
        ("credit[c.right] += c.outRight;", "credit[c.right] = c.outRight;"),
    ),
    "a credit is cleared after its payment": (
        ("two_phase", "re-entrant-token"),
        (f"{CREDIT}\n        {PAY}", f"{PAY}\n        {CREDIT}"),
    ),
    "the token's refusal of the second deposit is not heard": (
        ("two_phase", "unpaid-second-deposit"),
        (
            'require(token.transferFrom(msg.sender, address(this), c.inRight), "pull");',
            "token.transferFrom(msg.sender, address(this), c.inRight);",
        ),
    ),
    "the time to answer is over at once": (
        ("fixed_expiry", "settle-early"),
        ('require(block.timestamp >= p.expiration, "early");', ""),
    ),
    "a second channel takes the place of the first": (
        ("fixed_expiry", "cross-channel"),
        ("recipient, nonce++", "recipient"),
    ),
    "anybody moves the expiry": (
        ("fixed_expiry", "strangers call guarded functions"),
        ('require(msg.sender == ps[id].sender, "sender");', ""),
    ),
    "a sender that takes no money stops the recipient": (
        ("fixed_expiry", "refused-payment"),
        ("pay(p.sender, p.held - amount);", "p.sender.transfer(p.held - amount);"),
    ),
    "an answer counts one block late": (
        ("block_clock", "answer-late"),
        ('block.number <= c.closeBlock, "over"', 'block.number <= c.closeBlock + 1, "over"'),
    ),
    "an answer counts in the first second of the settlement": (
        ("penalty", "answer-late"),
        ("block.timestamp < c.until", "block.timestamp <= c.until"),
    ),
    "a close starts while another one runs": (
        ("penalty", "close-anew"),
        ('require(c.status == Status.Open, "not open");', 'require(c.status != Status.Closed, "not open");'),
    ),
    "a channel settles that nobody closes": (
        ("penalty", "settle-early"),
        (
            "require(c.status == Status.Closing && block.timestamp >=",
            "require(c.status != Status.Closed && block.timestamp >=",
        ),
    ),
    "what a cheat loses stays in the contract": (
        ("penalty", "stale-close"),
        ("c.first = c.closer == 0 ? 0 : c.deposits[0] + c.deposits[1];\n        pay(c);", KEPT),
    ),
    "a party signs for the other one": (
        ("totals", "forged-close"),
        ("by == c.side[1 - i].who", "(by == c.side[1 - i].who || by == c.side[i].who)"),
    ),
    "a close begins again without end": (
        ("totals", "close-anew"),
        (f"{NOT_CLOSED}\n        c.settleAt", 'require(c.open, "not open");\n        c.settleAt'),
    ),
    "a close begins again before the settlement": (
        ("totals", "close-anew"),
        (
            f"{NOT_CLOSED}\n        c.settleAt",
            "require(c.settleAt == 0 || block.timestamp > c.settleAt);\n        c.settleAt",
        ),
    ),
    "an answer in the last second moves it": (
        ("totals", "draw-out"),
        (SHOWN, f"{SHOWN}\n        if (block.timestamp == c.settleAt - 1) c.settleAt += GRACE;"),
    ),
    "an answer a second before the last one moves it": (
        ("totals", "draw-out"),
        (SHOWN, f"{SHOWN}\n        if (block.timestamp == c.settleAt - 2) c.settleAt += GRACE;"),
    ),
    "nobody takes a deposit": (
        ("totals", "free-deposit"),
        ('require(token.transferFrom(msg.sender, address(this), amount), "pull");', ""),
    ),
    "a clone is done only after it has paid": (
        ("clones", "re-entrant-token"),
        ("        done = true;\n", ""),
        ('coin.transfer(b, all - first), "pay b");', 'coin.transfer(b, all - first), "pay b");\n        done = true;'),
    ),
    "the token's refusal of one party's payment is not heard": (
        ("clones", "false-token-to-one"),
        ('require(coin.transfer(a, first), "pay a")', "coin.transfer(a, first)"),
    ),
    "nobody takes the second deposit": (("penalty", "free-deposit"), ("take(c.deposits[1]);", "")),
    "a close settles in its last block": (
        ("block_clock", "settle-in-the-last-second"),
        ('block.number > c.closeBlock, "early"', 'block.number >= c.closeBlock, "early"'),
    ),
}


QUICK = tuple(attack.name for attack in PACK.attacks)
"""All but the search, which takes longer than all of them."""


def attacked(folder: Path, *only: str) -> list[Outcome]:
    word = f"{folder / ADAPTERS[folder.name]}"
    return run_pack(PACK, choose("channel", word, PACK.built_in, PACK.protocol, root=folder), only=only)


@pytest.mark.parametrize("shape", ADAPTERS)
def test_a_sound_contract_holds(shape: str) -> None:
    outcomes = attacked(PROJECTS / shape, *QUICK)
    assert [(each.attack, each.evidence) for each in outcomes if each.verdict in (Verdict.FOUND, Verdict.FAILED)] == []
    held = {each.attack for each in outcomes if each.verdict is Verdict.HELD}
    assert [name for name in SOUND[shape] if name not in held] == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, tmp_path: Path) -> None:
    (shape, attack), *edits = FAULTS[fault]
    (outcome,) = attacked(planted(PROJECTS / shape, tmp_path, *edits), attack)
    assert outcome.verdict is Verdict.FOUND, outcome.evidence


@pytest.mark.parametrize(("shape", "gift"), [("totals", 100 * UNIT), ("clones", 0)])
def test_others_money_is_given_to_a_contract_that_holds_it(shape: str, gift: int) -> None:
    """A clone holds one channel, so that nobody else's money is there when the next one opens."""
    given: list[int] = []
    chosen = choose("channel", f"{PROJECTS / shape / ADAPTERS[shape]}", PACK.built_in, PACK.protocol)

    class Watched(chosen.kind):  # type: ignore[name-defined, misc]
        def deploy(self) -> None:
            super().deploy()
            self.holders: set[str] = set()
            self.deposited = 0

        def open(self, parties: Any, deposits: Any) -> Any:
            given.append(sum(self.token.balanceOf(each) for each in self.holders) - self.deposited)
            channel = super().open(parties, deposits)
            self.holders.add(str(getattr(self.holder(channel), "address", self.holder(channel))))
            self.deposited += sum(deposits)
            return channel

    run_pack(PACK, Chosen(chosen.word, Watched, chosen.contracts), only=["free-deposit"])
    assert given == [0, 0, gift] * 2


@pytest.mark.parametrize("shape", ADAPTERS)
def test_an_adapter_is_below_eighty_lines(shape: str) -> None:
    file = PROJECTS / shape / ADAPTERS[shape].partition(":")[0]
    assert len(file.read_text(encoding="utf-8").splitlines()) < 80
