"""Delegated accounts (EIP-7702), proven: each outcome of an authorisation, and each way to meet a designator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from harness.primitives.delegation import designator
from harness.primitives.hashing import keccak256
from harness.primitives.opcodes import CALLS, TAKES_VALUE
from harness.primitives.signatures import ORDER
from harness.proofs.errors import ProverRejected
from harness.proofs.machine import Phase
from harness.proofs.samples import programs as P
from harness.proofs.samples.delegation import AUTHORITY, DELEGATE, authorization
from harness.proofs.touch import Touched
from harness.rollup.forks import Fork
from harness.rollup.machine.chains import Authorization
from harness.rollup.machine.state import WARM
from tests.differential.conftest import COINBASE, PROGRAM, SENDER_KEY, Lab

LAST_NONCE = 2**64 - 1
OTHER = bytes.fromhex("0d" * 20)
IDENTITY = (4).to_bytes(20, "big")
SETS_A_SLOT = P.invocation(0x55, (1, 2))
NOBODY = bytes(20)
EXISTS = 12_500
COLD, WARMED = 2_600, 100


def prepared(lab: Any, accounts: Mapping[bytes, tuple[bytes, int, int]]) -> Any:
    """The lab's state with these accounts: code, balance, nonce."""
    state = lab.state
    for address, (code, balance, nonce) in accounts.items():
        state = state.with_account(address, code=code, balance=balance, nonce=nonce)
    return state


@dataclass(frozen=True, slots=True)
class Outcome:
    """Authorisations in a state, and the authority behind them: code, nonce, refund, and whether it is warm."""

    tuples: tuple[Authorization, ...]
    code: bytes
    nonce: int
    refund: int = 0
    is_warm: bool = True
    accounts: Mapping[bytes, tuple[bytes, int, int]] = field(default_factory=dict)


def _unchanged(given: Authorization, *, is_warm: bool = False) -> Outcome:
    return Outcome((given,), b"", 0, is_warm=is_warm)


SET = designator(DELEGATE)
OUTCOMES = {
    "a new account": Outcome((authorization(),), SET, 1),
    "an account that is there": Outcome((authorization(),), SET, 1, EXISTS, accounts={AUTHORITY: (b"", 5, 0)}),
    "a later nonce": Outcome((authorization(nonce=7),), SET, 8, EXISTS, accounts={AUTHORITY: (b"", 0, 7)}),
    "any chain": Outcome((authorization(chain_id=0),), SET, 1),
    "a delegate is changed": Outcome(
        (authorization(OTHER, nonce=1),), designator(OTHER), 2, EXISTS, accounts={AUTHORITY: (SET, 0, 1)}
    ),
    "a delegate is taken away": Outcome(
        (authorization(NOBODY, nonce=1),), b"", 2, EXISTS, accounts={AUTHORITY: (SET, 0, 1)}
    ),
    "nobody for a new account": Outcome((authorization(NOBODY),), b"", 1),
    "nobody for an account that is there": Outcome(
        (authorization(NOBODY),), b"", 1, EXISTS, accounts={AUTHORITY: (b"", 5, 0)}
    ),
    "two in a row": Outcome((authorization(), authorization(OTHER, nonce=1)), designator(OTHER), 2, EXISTS),
    "the same twice": Outcome((authorization(), authorization()), SET, 1),
    "a delegate that is a precompile": Outcome((authorization(IDENTITY),), designator(IDENTITY), 1),
    "itself": Outcome((authorization(AUTHORITY),), designator(AUTHORITY), 1),
    "another chain": _unchanged(authorization(chain_id=2)),
    "the last nonce": _unchanged(authorization(nonce=LAST_NONCE)),
    "parity 2": _unchanged(authorization(parity=2)),
    "parity 255": _unchanged(authorization(parity=255)),
    "r of nothing": _unchanged(authorization(r=0)),
    "r of the order": _unchanged(authorization(r=ORDER)),
    "r of no point": _unchanged(authorization(r=5)),
    "s of nothing": _unchanged(authorization(s=0)),
    "a high s": _unchanged(authorization(s=ORDER - authorization().s, parity=1 - authorization().parity)),
    "a nonce ahead": _unchanged(authorization(nonce=1), is_warm=True),
    "a nonce behind": Outcome((authorization(),), b"", 1, accounts={AUTHORITY: (b"", 0, 1)}),
    "a contract": Outcome((authorization(nonce=1),), b"\x00", 1, accounts={AUTHORITY: (b"\x00", 0, 1)}),
    "nearly a designator": Outcome((authorization(nonce=1),), SET[:-1], 1, accounts={AUTHORITY: (SET[:-1], 0, 1)}),
}


def kind_of(given: Authorization, account: tuple[bytes, int, int]) -> str:
    """Which condition of the specification an authorisation fails first, or what it does to its authority."""
    code, balance, nonce = account
    if given.chain_id not in (0, 1):
        return "chain"
    if given.nonce == LAST_NONCE:
        return "last nonce"
    if given.authority != AUTHORITY:
        return "signature"
    if code and not (len(code) == 23 and code.startswith(b"\xef\x01\x00")):
        return "code"
    if nonce != given.nonce:
        return "nonce"
    before = "delegated" if code else "there" if balance or nonce else "new"
    return f"{'set' if any(given.delegate) else 'cleared'}, {before}"


def test_every_outcome_of_an_authorisation_is_among_the_proven_ones() -> None:
    first = ((o.tuples[0], o.accounts.get(AUTHORITY, (b"", 0, 0))) for o in OUTCOMES.values())
    assert {kind_of(*each) for each in first} == {
        "chain", "last nonce", "signature", "code", "nonce",
        *(f"{done}, {before}" for done in ("set", "cleared") for before in ("new", "there", "delegated")),
    }  # fmt: skip


def refund_at_the_end(trace: Any) -> int:
    (end,) = trace.named("END")
    return int(trace.machine_at(end).tx.refund)


def is_warm_at_the_end(trace: Any, address: bytes) -> bool:
    (end,) = trace.named("END")
    now = trace.step_at(end).now
    return bool(Touched(now.accounts, now.scratch, Fork.OSAKA).flags(address) & WARM)


@pytest.mark.parametrize("name", OUTCOMES)
def test_each_outcome_of_an_authorisation_is_proven(lab: Any, name: str) -> None:
    outcome = OUTCOMES[name]
    trace = lab.run(state=prepared(lab, outcome.accounts), to=OTHER, authorizations=outcome.tuples)
    assert len(list(trace.named("AUTHORIZE"))) == len(outcome.tuples)
    found = trace.after.state.account(AUTHORITY)
    assert (found.code.data, found.nonce, refund_at_the_end(trace)) == (outcome.code, outcome.nonce, outcome.refund)
    assert is_warm_at_the_end(trace, AUTHORITY) == outcome.is_warm
    lab.prove(trace)


@pytest.mark.parametrize(("nonce", "is_set"), [(1, True), (0, False)])
def test_a_sender_authorises_with_the_nonce_behind_its_transaction(lab: Any, nonce: int, is_set: bool) -> None:
    given = authorization(nonce=nonce, key=SENDER_KEY)
    trace = lab.run(to=OTHER, authorizations=(given,))
    assert (trace.after.state.code(lab.sender) == SET) is is_set
    lab.prove(trace)


def test_authorisations_come_before_the_access_list_and_the_top_frame(lab: Any) -> None:
    listed = [{"address": AUTHORITY, "storageKeys": [(1).to_bytes(32, "big")]}]
    state = prepared(lab, {DELEGATE: (SETS_A_SLOT, 0, 1)})
    trace = lab.run(state=state, to=AUTHORITY, authorizations=(authorization(),), accessList=listed)
    names = [trace.name_at(index) for index in range(6)]
    assert names[:5] == ["INPUT", "AUTHORIZE", "ACCESS", "ACCESS", "OPEN"]
    assert trace.after.state.storage(AUTHORITY, 1) == 2
    lab.prove(trace)


@pytest.mark.parametrize("code", [P.invocation(0xFD, (0, 0)), b"\xfe"], ids=["revert", "halt"])
def test_an_authorisation_and_its_refund_outlive_a_failed_call(lab: Any, code: bytes) -> None:
    state = prepared(lab, {AUTHORITY: (b"", 1, 0)})
    trace = lab.run(SETS_A_SLOT + code, state=state, authorizations=(authorization(),), value=3)
    assert trace.outcome.status == 0
    assert (trace.after.state.code(AUTHORITY), refund_at_the_end(trace)) == (SET, EXISTS)
    lab.prove(trace)


DELEGATES = {
    "code": (DELEGATE, SETS_A_SLOT),
    "nothing": (DELEGATE, b""),
    "a precompile": (IDENTITY, b""),
    "a designator": (DELEGATE, designator(OTHER)),
    "its own designator": (AUTHORITY, designator(AUTHORITY)),
}
"""What stands where a designator points to: the delegate, and its code."""


def delegated(lab: Any, name: str) -> Any:
    delegate, code = DELEGATES[name]
    accounts = {OTHER: (SETS_A_SLOT, 0, 1), AUTHORITY: (designator(delegate), 7, 1)}
    if code and delegate != AUTHORITY:
        accounts[delegate] = (code, 0, 1)
    return prepared(lab, accounts)


@pytest.mark.parametrize("name", DELEGATES)
def test_a_transaction_runs_the_delegates_code_on_the_accounts_own_storage(lab: Any, name: str) -> None:
    trace = lab.run(state=delegated(lab, name), to=AUTHORITY, value=3, data=b"data")
    lab.prove(trace)
    runs, halts = name == "code", "designator" in name
    assert trace.outcome.status == (not halts)
    assert trace.after.state.storage(AUTHORITY, 1) == (2 if runs else 0)
    assert trace.after.state.balance(AUTHORITY) == (7 if halts else 10)
    used = trace.step_at(len(trace) - 2).frame
    assert used.address == AUTHORITY and trace.after.state.storage(DELEGATE, 1) == 0


@pytest.mark.parametrize("opcode", sorted(CALLS))
@pytest.mark.parametrize("name", DELEGATES)
def test_a_call_runs_the_delegates_code(lab: Any, opcode: int, name: str) -> None:
    """In the frame that the opcode opens; a second designator is not followed, and halts as the code that it is."""
    sent = P.store(b"x" * 40) + P.call(opcode, AUTHORITY, sent=(0, 40), got=(64, 8))
    trace = lab.run(sent + P.call(opcode, AUTHORITY) + b"\x3d", state=delegated(lab, name))
    lab.prove(trace)
    looked = list(trace.named("LOOKUP"))
    spent = [trace.step_at(at).gas - trace.step_at(at + 1).gas for at in looked]
    delegate = DELEGATES[name][0]
    first = WARMED if delegate == IDENTITY else COLD
    assert spent == [first, WARMED], "the second call finds the delegate warm, and a precompile always is"
    assert is_warm_at_the_end(trace, delegate) or delegate == IDENTITY
    owner = AUTHORITY if opcode in (0xF1,) else PROGRAM
    ran = name == "code" and opcode != 0xFA
    assert trace.after.state.storage(owner, 1) == (2 if ran else 0)


@pytest.mark.parametrize("opcode", sorted(CALLS))
@pytest.mark.parametrize("gas", [0, 99, 2_599, 2_600, 2_699, 2_700, 5_199, 5_200, 5_300])
def test_a_lookup_that_cannot_be_paid_for_halts_the_caller(lab: Any, opcode: int, gas: int) -> None:
    inner = bytes.fromhex("0e" * 20)
    state = delegated(lab, "code").with_account(inner, code=P.call(opcode, AUTHORITY, gas=0))
    pushes = 2 * (6 if opcode in TAKES_VALUE else 5) + 3
    trace = lab.run(P.call(0xF1, inner, gas=pushes + gas) + b"\x5a", state=state)
    lab.prove(trace)
    (looked,) = list(trace.named("LOOKUP"))[1:]
    frame = trace.step_at(looked).frame
    expected = (
        ("halt", looked) if gas < COLD else ("halt", looked + 1) if gas < 2 * COLD else ("success", len(trace) - 4)
    )
    assert (frame.address, frame.ending, frame.end) == (inner, *expected)
    assert is_warm_at_the_end(trace, DELEGATE) == (gas >= 2 * COLD), "a halt takes the warmth back"


def test_a_call_of_an_account_that_delegates_to_itself_costs_no_second_cold_access(lab: Any) -> None:
    """The delegate is warmed first, then the target: together it is what EIP-7702 asks in the other order."""
    trace = lab.run(P.call(0xF1, AUTHORITY, gas=0), state=delegated(lab, "its own designator"))
    lab.prove(trace)
    (looked,) = trace.named("LOOKUP")
    caller = trace.parent_words(trace.step_at(looked + 2).frame)
    assert trace.step_at(looked).gas - caller.gas == COLD + WARMED


def test_extcode_sees_the_designator_and_never_follows_it(lab: Any) -> None:
    who = int.from_bytes(AUTHORITY, "big")
    code = P.invocation(0x3C, (who, 0, 0, 64)) + P.push(who) + b"\x3b" + P.push(who) + b"\x3f"
    code += P.push(3) + b"\x55" + P.push(2) + b"\x55" + b"\x5f\x51" + P.push(1) + b"\x55"
    trace = lab.run(code, state=delegated(lab, "code"))
    lab.prove(trace)
    after, seen = trace.after.state, designator(DELEGATE)
    assert after.storage(PROGRAM, 1) == int.from_bytes(seen.ljust(32, b"\0"), "big")
    assert after.storage(PROGRAM, 2) == 23
    assert after.storage(PROGRAM, 3) == int.from_bytes(keccak256(seen), "big")
    assert not is_warm_at_the_end(trace, DELEGATE) and not list(trace.named("LOOKUP"))


@pytest.mark.parametrize("opcode", sorted(CALLS))
def test_before_prague_a_designator_is_called_as_the_code_that_it_is(fast_host: Any, opcode: int) -> None:
    lab = Lab(fast_host, Fork.CANCUN)
    trace = lab.run(P.call(opcode, AUTHORITY) + b"\x5a", state=delegated(lab, "code"))
    lab.prove(trace)
    (looked,) = trace.named("LOOKUP")
    assert trace.step_at(looked).gas == trace.step_at(looked + 1).gas
    assert trace.step_at(looked + 2).frame.error == "InvalidInstruction"
    assert not is_warm_at_the_end(trace, DELEGATE)


@pytest.mark.parametrize("name", ["LOOKUP", "SENDER", "AUTHORIZE", "OPEN"])
def test_without_the_fork_nothing_is_proven_of_a_step_that_looks_at_code(lab: Any, name: str) -> None:
    state = delegated(lab, "code").with_account(lab.sender, code=designator(OTHER))
    trace = lab.run(P.call(0xF1, AUTHORITY), state=state, authorizations=(authorization(nonce=1),))
    step = next(iter(trace.named(name)))
    lab.prove(trace, [step])
    with pytest.raises(ProverRejected):
        lab.verify(trace, step, replace(lab.witness(trace, step), env=()))


def test_a_delegated_account_sends_transactions(lab: Any) -> None:
    state = lab.state.with_account(lab.sender, code=designator(OTHER))
    trace = lab.run(b"\x33\x50", state=state, posted=True)
    assert [trace.name_at(index) for index in range(3)] == ["INPUT", "SENDER", "OPEN"]
    assert trace.outcome.status == 1
    lab.prove(trace, range(len(trace)))


@pytest.mark.parametrize("code", [b"\x00", SET[:-1], SET + b"\x00", b"\xef\x01\x01" + DELEGATE, bytes(24_576)], ids=len)
def test_a_contract_sends_nothing(lab: Any, code: bytes) -> None:
    """It bought its gas in the step before, and has it back: state, budget and cursor are as if it were not there."""
    trace = lab.run(b"\x00", state=lab.state.with_account(lab.sender, code=code), posted=True)
    assert [trace.name_at(index) for index in range(len(trace))] == ["INPUT", "SENDER"]
    assert trace.outcome is None
    assert trace.after.state.root == trace.before.state.root
    assert trace.after.cursor.budget == trace.before.cursor.budget
    bought = trace.machine_at(1)
    assert bought.tx.phase is Phase.SENDER and bought.state_root != trace.before.state.root
    lab.prove(trace, range(len(trace)))


def test_a_posted_transaction_with_authorisations_is_proven_from_its_bytes(lab: Any) -> None:
    tuples = (authorization(), authorization(OTHER, nonce=1), authorization(chain_id=0, nonce=1))
    listed = [{"address": AUTHORITY, "storageKeys": [bytes(32)]}]
    trace = lab.run(b"\x00", posted=True, authorizations=tuples, accessList=listed, data=b"\x00\x01")
    assert trace.after.state.code(AUTHORITY) == designator(OTHER)
    lab.prove(trace, range(len(trace)))


def test_the_coinbase_authorises_as_anybody(lab: Any) -> None:
    trace = lab.run(
        state=prepared(lab, {AUTHORITY: (b"", 5, 0)}), to=COINBASE, authorizations=(authorization(COINBASE),)
    )
    lab.prove(trace)
    assert trace.after.state.code(AUTHORITY) == designator(COINBASE)
