"""A laboratory for the prover: small programs, recorded and proven step by step on a fast EVM and on py-evm."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from harness.proofs.samples.delegation import authorization_fields

SENDER_KEY = b"\x05" * 32
PROGRAM = bytes.fromhex("c0de" + "00" * 17 + "01")
OTHER = bytes.fromhex("0c" * 20)
COINBASE = b"\xfe" * 20
ETHER = 10**18
PLENTY = 2**23


class Lab:
    """Runs programs on the machine and has the prover judge the steps."""

    def __init__(self, host: Any, fork: Any = None) -> None:
        from eth_account import Account

        from harness.proofs.inputs import InputOpening
        from harness.rollup.codec.messages import Batch
        from harness.rollup.forks import FORKS
        from harness.rollup.machine.environment import TX_GAS_CAP, Env, ring_of
        from harness.rollup.machine.state import State

        self.host = host
        self.signer = Account.from_key(SENDER_KEY)
        self.sender = bytes.fromhex(self.signer.address[2:])
        self.env = Env(300, 1_700_000_000, COINBASE, TX_GAS_CAP, b"\xaa" * 32, 7, 3, 1, 12, fork=fork or FORKS[-1])
        self.ring = ring_of([(n, bytes([n % 251] * 32)) for n in range(44, 300)])
        self.state = State().with_account(self.sender, balance=1000 * ETHER).with_account(OTHER, balance=5)
        self.opening = InputOpening(Batch(0, b"", 0, 2**40, 1, 0))

    def sign(self, **fields: Any) -> bytes:
        """A signed transaction; fields not given are those of a plain call."""
        known: dict[str, Any] = {"nonce": 0, "gas": PLENTY, "gasPrice": 10, "value": 0, "to": PROGRAM, "data": b""}
        if {"maxFeePerGas", "accessList", "authorizations"} & set(fields):
            known["chainId"] = 1
        if "authorizations" in fields:
            for name, value in {"maxFeePerGas": 10, "maxPriorityFeePerGas": 10, "accessList": []}.items():
                fields.setdefault(name, value)
        if "maxFeePerGas" in fields:
            del known["gasPrice"]
        if "authorizations" in fields:
            fields["authorizationList"] = [authorization_fields(each) for each in fields.pop("authorizations")]
        if "accessList" in fields:
            fields["accessList"] = [
                {
                    "address": "0x" + entry["address"].hex(),
                    "storageKeys": ["0x" + key.hex() for key in entry["storageKeys"]],
                }
                for entry in fields["accessList"]
            ]
        return bytes(self.signer.sign_transaction(known | fields).raw_transaction)

    def unsigned(self, fields: dict[str, Any]) -> Any:
        """The same transaction without a signature, which costs nothing to make; only the input step reads one."""
        from harness.rollup.machine.validity import L2Transaction

        price = fields.get("maxFeePerGas", 10)
        listed = tuple(
            (entry["address"], tuple(int.from_bytes(key, "big") for key in entry["storageKeys"]))
            for entry in fields.get("accessList", ())
        )
        authorizations = tuple(fields.get("authorizations", ()))
        return L2Transaction(
            4 if authorizations else 2, 1, 0, fields.get("maxPriorityFeePerGas", price), price,
            fields.get("gas", PLENTY), fields.get("to", PROGRAM) or None, fields.get("value", 0),
            fields.get("data", b""), listed, self.sender,
            b"", authorizations,
        )  # fmt: skip

    def run(self, code: bytes = b"", *, state: Any = None, posted: bool = False, **fields: Any) -> Any:
        """The trace of a transaction; by default a call of ``code``, which then stands at PROGRAM with some ether.

        ``posted`` puts it, signed, into a real batch, which only the input step needs.
        """
        from harness.proofs.inputs import InputOpening
        from harness.proofs.trace import Execution, Trace
        from harness.rollup.codec.batch import Item
        from harness.rollup.codec.messages import Batch
        from harness.rollup.machine.machine import Cursor, Idle
        from harness.rollup.machine.validity import decode

        before = self.state if state is None else state
        if code:
            before = before.with_account(PROGRAM, code=code, balance=ETHER, nonce=1)
        if posted:
            raw = self.sign(**fields)
            batch = self.host.post(Item(raw).encode())
            tx = decode(raw, 1)
        else:
            batch, tx = Batch(0, b"", 0, 2**40, 1, 0), self.unsigned(fields)
        self.opening = InputOpening(batch)
        idle = Idle(before, Cursor(batch.index, opened=True, budget=PLENTY), self.env, self.ring)
        execution = Execution(before, self.env, self.ring, tx)
        return Trace(idle, execution=execution, cursor=Cursor(batch.index + 1, budget=PLENTY - tx.gas_limit))

    def witness(self, trace: Any, step: int) -> Any:
        from harness.proofs.maker import make_witness

        return make_witness(trace, step, self.opening)

    def verify(self, trace: Any, step: int, witness: Any = None) -> bytes:
        """What the prover answers; raises ProverRejected."""
        from harness.proofs.conformance import judge_of
        from harness.proofs.hosts import PyrevmHost

        given = self.witness(trace, step) if witness is None else witness
        encoded = given if isinstance(given, bytes) else given.encode()
        end = self.opening.batch.index + 1
        # pyrevm has no precompile that is later than Cancun; other hosts are what a test chose.
        host = judge_of(trace, step, self.host) if isinstance(self.host, PyrevmHost) else self.host
        return bytes(host.verify(trace.hash_at(step), step, end, encoded))

    def prove(self, trace: Any, steps: Iterable[int] | None = None) -> None:
        """Prove steps, all but the input by default."""
        for step in range(1, len(trace)) if steps is None else steps:
            assert self.verify(trace, step) == trace.hash_at(step + 1), f"step {step}, {trace.name_at(step)}"


@pytest.fixture(scope="session")
def fast_host() -> Any:
    """pyrevm where there is a wheel, else py-evm."""
    from harness.proofs.hosts import fast_evm, open_host

    return open_host(fast_evm())


@pytest.fixture(scope="session")
def l1_host() -> Any:
    """The prover on the harness's own L1, where gas is what it is."""
    from harness.proofs.hosts import PyEvmHost

    return PyEvmHost()


@pytest.fixture
def lab(fast_host: Any) -> Lab:
    return Lab(fast_host)


@pytest.fixture
def l1_lab(l1_host: Any) -> Lab:
    return Lab(l1_host)


@pytest.fixture(scope="session")
def state_tests() -> Path:
    """The handful of the public suite that the repository holds; `.ci/run` proves a sample of the whole of it."""
    return Path(__file__).parent / "state-tests"
