"""The steps that take inputs, proven from bytes really posted: batches, items, delayed messages, valid or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from coincurve import PrivateKey
from eth_account import Account as Signer

from harness.dispute.assertion_trace import AssertionTrace
from harness.primitives import rlp
from harness.primitives.delegation import designator
from harness.primitives.hashing import keccak256
from harness.proofs.errors import ProverRejected
from harness.proofs.hosts import PyEvmHost
from harness.proofs.inputs import opening_of
from harness.proofs.maker import make_witness
from harness.proofs.samples import programs as P
from harness.proofs.witness import Witness
from harness.rollup.codec.batch import Item
from harness.rollup.codec.messages import Deposit
from harness.rollup.config import Addresses
from harness.rollup.contracts import contract_type
from harness.rollup.forks import DEFAULT_FORK, Fork
from harness.rollup.machine.environment import TX_GAS_CAP, Env, Ring
from harness.rollup.machine.machine import Cursor, Idle
from harness.rollup.machine.state import State
from harness.rollup.node.inbox import InboxReader

CHAIN_ID = 901
ETHER = 10**18
BASE_FEE = 1_000
GAS_PRICE = 2_000
ALICE, BOB, POOR = (Signer.from_key(bytes([n]) * 32) for n in (1, 2, 3))
CODED = Signer.from_key(b"\x04" * 32)
TARGET = b"\x0a" * 20
CONTRACT = b"\x0b" * 20
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def address(signer: Any) -> bytes:
    return bytes.fromhex(signer.address[2:])


def signed(signer: Any = ALICE, **fields: Any) -> bytes:
    known = {
        "nonce": 0, "gas": 60_000, "gasPrice": GAS_PRICE, "to": TARGET, "value": 3, "data": b"", "chainId": CHAIN_ID,
    }  # fmt: skip
    if "maxFeePerGas" in fields:
        del known["gasPrice"]
    return bytes(signer.sign_transaction(known | fields).raw_transaction)


def reencoded(raw: bytes, change: Any) -> bytes:
    """A legacy transaction with its fields changed."""
    fields = rlp.decode(raw)
    change(fields)
    return rlp.encode(fields)


def put(index: int, value: Any) -> Any:
    return lambda fields: fields.__setitem__(index, value)


def set_code(signer: Any = ALICE, authority_nonce: int = 0, **fields: Any) -> bytes:
    """A transaction that has BOB delegate to CONTRACT."""
    given = BOB.sign_authorization({"chainId": CHAIN_ID, "address": CONTRACT, "nonce": authority_nonce})
    known = {
        "nonce": 0, "gas": 90_000, "maxFeePerGas": 5_000, "maxPriorityFeePerGas": 7, "to": TARGET, "value": 3,
        "data": b"", "chainId": CHAIN_ID, "accessList": [], "authorizationList": [given],
    }  # fmt: skip
    return bytes(signer.sign_transaction(known | fields).raw_transaction)


def respelt(change: Any) -> bytes:
    """A transaction of type 4 with its fields changed; whether its signature is right does not matter before rule 3."""
    raw = set_code()
    fields = rlp.decode(raw[1:])
    change(fields)
    signed = rlp.encode(fields[:-3])
    signature = PrivateKey(ALICE.key).sign_recoverable(keccak256(raw[:1] + signed), hasher=None)
    fields[-3:] = [
        rlp.minimal(n) for n in (signature[64], *(int.from_bytes(signature[k : k + 32], "big") for k in (0, 32)))
    ]
    return raw[:1] + rlp.encode(fields)


def put_in_tuple(index: int, value: Any) -> Any:
    return lambda fields: fields[9][0].__setitem__(index, value)


def machine(**more: Any) -> Idle:
    """L2 before its first batch."""
    state = State()
    for signer in (ALICE, BOB, CODED):
        state = state.with_account(address(signer), balance=ETHER)
    state = state.with_account(address(POOR), balance=60_000 * GAS_PRICE + 2)
    state = state.with_account(address(CODED), code=b"\x00")
    state = state.with_account(CONTRACT, code=P.invocation(0x55, (1, 2)) + P.invocation(0x40, (5,)) + b"\x44", nonce=1)
    env = Env(5, 1_000, b"\xfe" * 20, TX_GAS_CAP, bytes(32), BASE_FEE, 1, CHAIN_ID, 0)
    return Idle(state, Cursor(), replace(env, **more), Ring())


class Posted:
    """An L1 with the inboxes and the prover, and what L2 makes of what was posted there."""

    def __init__(self, fork: Fork = DEFAULT_FORK) -> None:
        self.host = PyEvmHost(fork)
        self.alice = self.host.chain.accounts.alice
        zero = "0x" + "00" * 20
        places = {field: zero for field in Addresses.__dataclass_fields__}
        places |= {"delayed_inbox": self.host.delayed.address, "sequencer_inbox": self.host.inbox.address}
        # Alice is the delayed inbox's portal.
        places |= {"portal": self.alice.address}
        kind = contract_type("OpenPortal")
        self.host.chain.authorize(self.alice, kind.deploy(self.host.chain, sender=self.alice))
        self.portal = kind.at(self.host.chain, self.alice.address)
        self.reader = InboxReader(self.host.chain, Addresses(**places))

    def queue(self, deposit: Deposit) -> None:
        self.portal.queue(
            self.host.delayed.address, deposit.sender, deposit.to is None, deposit.to or bytes(20),
            deposit.mint, deposit.value, deposit.gas_limit, deposit.data, sender=self.alice,
        )  # fmt: skip

    def queue_raw(self, raw: bytes, gas_limit: int = TX_GAS_CAP) -> None:
        self.host.delayed.queueTransaction(raw, gas_limit, sender=self.alice)

    def post(self, *items: bytes | Item) -> None:
        """Post a batch that counts all messages queued so far."""
        self.reader.sync()
        data = b"".join(item.encode() if isinstance(item, Item) else item for item in items)
        before = self.reader.batches[-1].delayed_count if self.reader.batches else 0
        count = len(self.reader.messages)
        self.host.inbox.postBatch(len(self.reader.batches), before, count, data, sender=self.alice)
        self.reader.sync()

    def trace(self, before: Idle | None = None) -> AssertionTrace:
        return AssertionTrace(before or machine(), self.reader.batches, self.reader.messages)

    def verify(self, trace: AssertionTrace, index: int, witness: bytes | None = None) -> bytes:
        end = len(self.reader.batches)
        given = trace.witness(index) if witness is None else witness
        return self.host.verify(trace.hash_at(index), index, end, given)

    def prove(self, before: Idle | None = None) -> AssertionTrace:
        """Prove each step of each input, the idle step after it, and the idle step after all."""
        trace = self.trace(before)
        for number in range(len(trace.inputs)):
            steps = len(trace.input_trace(number))
            for index in (number << 24 | step for step in range(steps + 1)):
                assert self.verify(trace, index) == trace.hash_at(index + 1), trace.report(index)
            assert trace.hash_at(number << 24 | steps) == trace.hash_at((number + 1) << 24)
        end = len(trace.inputs) << 24
        assert self.verify(trace, end) == trace.hash_at(end) == trace.after.root
        return trace


@pytest.fixture
def posted() -> Posted:
    return Posted()


def test_transactions_of_every_type_are_taken(posted: Posted) -> None:
    unprotected = Signer.from_key(b"\x02" * 32)
    listed = [{"address": "0x" + CONTRACT.hex(), "storageKeys": ["0x" + "00" * 32]}]
    posted.post(
        Item(signed()),
        Item(signed(nonce=1, accessList=listed, to=CONTRACT, value=0)),
        Item(signed(nonce=2, maxFeePerGas=5_000, maxPriorityFeePerGas=7, accessList=listed, data=b"\x00\x01")),
        Item(bytes(unprotected.sign_transaction(
            {"nonce": 0, "gas": 21_000, "gasPrice": GAS_PRICE, "to": TARGET, "value": 1, "data": b""}
        ).raw_transaction)),
        Item(signed(nonce=3, to=b"", gas=200_000, data=P.invocation(0xF3, (0, 9)))),
        Item(set_code(nonce=4, authority_nonce=1, accessList=listed)),
    )  # fmt: skip
    trace = posted.prove()
    assert [taken.skipped for taken in trace.inputs] == [None] * 7
    assert [taken.outcome.status for taken in trace.inputs[1:]] == [1] * 6
    assert trace.after.state.code(address(BOB)) == designator(CONTRACT)


ODD_LIST: list[Any] = [b"\x03\x85", b"", b"\x01", b"\x01", b"", b"", b"", [[TARGET]], b"", b"\x01", b"\x01"]

INVALID = {
    "empty": (1, b""),
    "an unknown type": (1, b"\x03" + signed()),
    "no transaction": (1, b"\x7f"),
    "a field too many": (1, reencoded(signed(), lambda fields: fields.append(b""))),
    "a field too few": (1, reencoded(signed(), lambda fields: fields.pop())),
    "a nonce with a leading zero": (1, reencoded(signed(), put(0, b"\x00\x01"))),
    "a nonce of 65 bits": (1, reencoded(signed(), put(0, b"\x01" + bytes(8)))),
    "a gas limit of 65 bits": (1, reencoded(signed(), put(2, b"\x01" + bytes(8)))),
    "a value of 257 bits": (1, reencoded(signed(), put(4, b"\x01" + bytes(32)))),
    "a target of 19 bytes": (1, reencoded(signed(), put(3, b"\x01" * 19))),
    "a list for a number": (1, reencoded(signed(), put(0, []))),
    "a byte left over": (1, signed() + b"\x00"),
    "an access list without slots": (1, b"\x01" + rlp.encode(ODD_LIST)),
    "another chain": (2, signed(chainId=900)),
    "another chain, type 2": (2, signed(chainId=900, maxFeePerGas=5_000, maxPriorityFeePerGas=7)),
    "r of nothing": (3, reencoded(signed(), put(7, b""))),
    "s of nothing": (3, reencoded(signed(), put(8, b""))),
    "r of the order": (3, reencoded(signed(), put(7, ORDER.to_bytes(32, "big")))),
    "a high s": (3, reencoded(signed(), put(8, (ORDER - 1).to_bytes(32, "big")))),
    "r of no point": (3, reencoded(signed(), put(7, b"\x05"))),
    "too much gas": (4, signed(gas=TX_GAS_CAP + 1)),
    "too low a price": (5, signed(gasPrice=BASE_FEE - 1)),
    "a tip above the fee": (5, signed(maxFeePerGas=5_000, maxPriorityFeePerGas=5_001)),
    "too long initcode": (6, signed(to=b"", data=b"\x00" * 49_153, gas=8_000_000)),
    "too little gas": (7, signed(gas=20_999)),
    "too little gas for its data": (7, signed(gas=21_015, data=b"\x01")),
    "too little gas for its initcode": (7, signed(to=b"", gas=52_999)),
    "too little gas for its authorisations": (7, set_code(gas=45_999)),
    "a nonce ahead": (8, signed(nonce=1)),
    "too little money": (9, signed(POOR)),
    "a sender with code": (10, signed(CODED)),
    "no authorisation": (1, respelt(lambda fields: fields.__setitem__(9, []))),
    "authorisations of nobody to call": (1, respelt(put(5, b""))),
    "authorisations that are no list": (1, respelt(put(9, b"\x01"))),
    "an authorisation that is no list": (1, respelt(put(9, [b"\x01"]))),
    "an authorisation without s": (1, respelt(lambda fields: fields[9][0].pop())),
    "an authorisation with a seventh field": (1, respelt(lambda fields: fields[9][0].append(b""))),
    "an authorisation for a chain of 257 bits": (1, respelt(put_in_tuple(0, b"\x01" + bytes(32)))),
    "an authorisation of 19 bytes": (1, respelt(put_in_tuple(1, b"\x01" * 19))),
    "an authorisation of nobody": (1, respelt(put_in_tuple(1, b""))),
    "an authorisation with a nonce of 65 bits": (1, respelt(put_in_tuple(2, b"\x01" + bytes(8)))),
    "an authorisation with a leading zero": (1, respelt(put_in_tuple(2, b"\x00\x01"))),
    "an authorisation with a parity of 9 bits": (1, respelt(put_in_tuple(3, b"\x01\x00"))),
    "an authorisation with r of 257 bits": (1, respelt(put_in_tuple(4, b"\x01" + bytes(32)))),
    "an authorisation with s of 257 bits": (1, respelt(put_in_tuple(5, b"\x01" + bytes(32)))),
    "a malformed authorisation behind a good one": (1, respelt(lambda fields: fields[9].append([b""]))),
    "more authorisations than gas": (7, respelt(lambda fields: fields.__setitem__(9, fields[9] * 400))),
}  # fmt: skip


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_transaction_is_skipped(posted: Posted, name: str) -> None:
    rule, raw = INVALID[name]
    posted.post(Item(raw), Item(signed(BOB)))
    trace = posted.prove()
    assert trace.inputs[1].skipped is not None and trace.inputs[1].skipped.rule == rule
    assert trace.inputs[1].after.state is trace.inputs[1].before.state
    assert trace.inputs[2].outcome is not None


def test_the_last_nonce_is_skipped(posted: Posted) -> None:
    posted.post(Item(signed(nonce=2**64 - 1)))
    before = machine()
    trace = posted.prove(replace(before, state=before.state.with_account(address(ALICE), nonce=2**64 - 1)))
    assert trace.inputs[1].skipped is not None and trace.inputs[1].skipped.rule == 8


def test_just_enough_money_is_enough(posted: Posted) -> None:
    posted.post(Item(signed(POOR, value=2)))
    assert posted.prove().inputs[1].outcome is not None


@pytest.mark.parametrize(
    "rest",
    [
        b"\x02",
        b"\x00",
        b"\x00\x00\x00",
        b"\x00\x00\x00\x01",
        b"\x01" + bytes(10),
        b"\x00\xff\xff\xff" + bytes(90),
        b"\xff" * 9,
    ],
)
def test_a_malformed_item_takes_the_rest_of_its_batch(posted: Posted, rest: bytes) -> None:
    posted.post(Item(signed()), rest)
    posted.post(Item(signed(BOB)))
    trace = posted.prove()
    assert len(trace.inputs) == 5
    assert trace.inputs[2].after.cursor == Cursor(1, budget=trace.inputs[2].before.cursor.budget)


def test_an_item_opens_a_block_whose_time_is_clamped(posted: Posted) -> None:
    now = posted.host.chain.now
    posted.post(
        Item(signed(to=CONTRACT, value=0)),
        Item(signed(nonce=1, to=CONTRACT, value=0), timestamp=now + 5),
        Item(signed(nonce=2), timestamp=0),
        Item(b"\x01", timestamp=2**64 - 1),
        Item(signed(nonce=3)),
    )
    trace = posted.prove()
    numbers = [taken.after.env.number for taken in trace.inputs]
    assert numbers == [6, 6, 7, 8, 9, 9]
    times = [taken.after.env.timestamp for taken in trace.inputs]
    assert times == sorted(times) and times[2] == times[3] == now + 5


def test_empty_batches_are_inputs_of_their_own(posted: Posted) -> None:
    posted.post()
    posted.post(Item(signed()))
    posted.post()
    trace = posted.prove()
    assert [taken.after.env.number for taken in trace.inputs] == [6, 7, 7, 8]


def deposit(sender: Any = ALICE, **fields: Any) -> Deposit:
    known = {"to": TARGET, "mint": 5, "value": 3, "gas_limit": 200_000, "data": b""}
    return Deposit(sender=address(sender), **(known | fields))


def test_deposits_are_never_skipped(posted: Posted) -> None:
    stranger = Signer.from_key(b"\x09" * 32)
    reverts = P.invocation(0xFD, (0, 0))
    posted.queue(deposit())
    posted.queue(deposit(stranger, mint=10, value=11))
    posted.queue(deposit(stranger, mint=0, value=0))
    posted.queue(deposit(to=None, data=P.invocation(0xF3, (0, 9)), value=0))
    posted.queue(deposit(to=None, data=reverts))
    posted.queue(deposit(CODED, to=CONTRACT, data=bytes(range(40))))
    posted.queue(deposit(stranger, to=(2).to_bytes(20, "big"), data=b"abc"))
    posted.post(Item(signed(nonce=3)))
    trace = posted.prove()
    assert [taken.outcome.status for taken in trace.inputs[1:8]] == [1, 0, 1, 1, 0, 1, 1]
    assert trace.after.state.balance(address(stranger)) >= 10


def test_a_deposit_that_collides_keeps_its_mint(posted: Posted) -> None:
    from harness.rollup.machine.execution import contract_address

    before = machine()
    taken = contract_address(address(ALICE), 0)
    posted.queue(deposit(to=None, data=b"\x00"))
    posted.post()
    trace = posted.prove(replace(before, state=before.state.with_account(taken, code=b"\x00", nonce=1)))
    assert trace.inputs[1].outcome.status == 0
    assert trace.after.state.balance(address(ALICE)) == ETHER + 5


def test_a_deposit_of_the_last_nonce_keeps_it(posted: Posted) -> None:
    before = machine()
    posted.queue(deposit())
    posted.post()
    trace = posted.prove(replace(before, state=before.state.with_account(address(ALICE), nonce=2**64 - 1)))
    assert trace.after.state.nonce(address(ALICE)) == 2**64 - 1


def test_an_account_that_delegated_sends_on_and_is_called(posted: Posted) -> None:
    """From L1 too; each takes a step in which its code is seen to be a designator."""
    posted.post(Item(set_code()), Item(signed(BOB, nonce=1)), Item(signed(nonce=1, to=address(BOB))))
    posted.queue_raw(signed(BOB, nonce=2, gas=80_000, to=address(BOB)))
    posted.post(Item(set_code(BOB, nonce=3)))
    trace = posted.prove()
    assert [taken.skipped for taken in trace.inputs] == [None] * 7
    assert trace.after.state.storage(address(BOB), 1) == 2
    assert len([index for index in trace.each("SENDER")]) == 3


def test_before_prague_there_are_no_authorisations_and_a_designator_is_code() -> None:
    posted = Posted(Fork.CANCUN)
    posted.post(Item(set_code()), Item(signed(CODED)), Item(signed(BOB, to=address(CODED), value=0)))
    before = machine()
    delegated = before.state.with_account(address(CODED), code=designator(CONTRACT))
    trace = posted.prove(replace(before, state=delegated))
    assert [taken.skipped and taken.skipped.rule for taken in trace.inputs[1:]] == [1, 10, None]
    assert "type 4 is none of 0, 1 and 2" in str(trace.inputs[1].skipped)
    assert trace.inputs[3].outcome.status == 0


@pytest.mark.parametrize("timestamp", [None, 2**40])
def test_a_contract_that_signed_gets_its_gas_back_before_it_runs(posted: Posted, timestamp: int | None) -> None:
    """As an item and as a delayed message: the budget is what it was, and the next one runs."""
    posted.queue_raw(signed(CODED))
    posted.post(Item(signed(CODED), timestamp=timestamp), Item(signed(BOB)))
    trace = posted.prove()
    _, delayed, item, last = trace.inputs
    assert delayed.skipped.rule == item.skipped.rule == 10 and last.outcome is not None
    for taken in (delayed, item):
        assert taken.after.cursor.budget == taken.before.cursor.budget
        assert taken.after.state is taken.before.state
    assert [trace.report(index).opcode for index in trace.each("SENDER")] == ["SENDER"] * 2


def test_delayed_transactions_are_taken_or_skipped(posted: Posted) -> None:
    posted.queue_raw(signed())
    posted.queue_raw(signed(nonce=7))
    posted.queue_raw(b"nonsense")
    posted.queue(deposit(BOB))
    posted.post(b"\xff", Item(signed(nonce=1)))
    trace = posted.prove()
    assert [taken.skipped is None for taken in trace.inputs[1:5]] == [True, False, False, True]


def test_nothing_is_taken_at_the_end_batch(posted: Posted) -> None:
    posted.post(Item(signed()))
    trace = posted.trace()
    before = trace.hash_at(0)
    assert posted.host.verify(before, 0, 0, trace.witness(0)) == before
    assert posted.host.verify(before, 5, 9, trace.witness(0)) == before


def test_a_witness_of_the_input_step_is_bound_to_the_inbox(posted: Posted) -> None:
    posted.queue(deposit())
    posted.post(Item(signed(nonce=1)), Item(signed(nonce=2), timestamp=2_000))
    posted.prove()
    trace = posted.trace()
    for number in range(len(trace.inputs)):
        index = number << 24
        witness = _witness(trace, number)
        for name in ("machine", "env", "input", "ring"):
            words = getattr(witness, name)
            for at in range(len(words)):
                other = bytes([words[at][0] ^ 1]) + words[at][1:]
                with pytest.raises(ProverRejected):
                    spoiled = replace(witness, **{name: (*words[:at], other, *words[at + 1 :])})
                    posted.verify(trace, index, spoiled.encode())
        if witness.data:
            for data in (
                witness.data + b"\x00",
                witness.data[:-1],
                b"",
                bytes([witness.data[0] ^ 1]) + witness.data[1:],
            ):
                with pytest.raises(ProverRejected):
                    posted.verify(trace, index, replace(witness, data=data).encode())
        for left_out in range(len(witness.nodes)):
            fewer = (*witness.nodes[:left_out], *witness.nodes[left_out + 1 :])
            with pytest.raises(ProverRejected):
                posted.verify(trace, index, replace(witness, nodes=fewer).encode())


def _witness(trace: AssertionTrace, number: int) -> Witness:
    opening = opening_of(trace.inputs[number], trace.batch_of[number])
    return make_witness(trace.input_trace(number), 0, opening)
