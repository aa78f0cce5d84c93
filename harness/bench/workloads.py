"""Workloads as signed transactions: any chain that funds the well-known accounts can run them.

They are signed before anything is measured, by one sender, with nonces from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from eth_abi.abi import encode

from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.transactions import Transaction, create_address, sign
from harness.primitives.hashing import keccak256
from harness.rollup.contracts import contract_type

CHAIN_ID = 901
PER_BLOCK = 100
"""Most transactions in one block."""

ROUNDS = 6
"""Rounds of a workload, of which the first warms up."""

_ALICE, _BOB = well_known_accounts()[0], well_known_accounts()[1]
_FEE_CAP = 10**10
_SUPPLY = 10**30
_POOL = 10**24
_OPCODES_A_TURN = 10
Draft = tuple[str | None, int, bytes]
"""Target (None creates), gas limit, data."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Signed transactions: ``setup`` goes first, one to a block; each round is measured. ``unit`` is what one does."""

    name: str
    unit: str
    setup: tuple[bytes, ...]
    rounds: tuple[tuple[bytes, ...], ...]


def transfers(size: int = 500) -> Workload:
    """Return transfers of ether."""
    return _signed("ether transfers", "transfers", [], (_BOB.address, 21_000, b""), size, value=1)


def erc20_transfers(size: int = 300) -> Workload:
    """Return transfers of a token, to an account that has some."""
    token = create_address(_ALICE.address_bytes, 0)
    move = (token, 100_000, _call("transfer(address,uint256)", _BOB.address, 10**15))
    return _signed("ERC-20 transfers", "transfers", [_creation("DemoToken", "Gold", "GLD", _SUPPLY), move], move, size)


def swaps(size: int = 120) -> Workload:
    """Return swaps on an exchange of two tokens."""
    gold, salt, market = (create_address(_ALICE.address_bytes, nonce) for nonce in range(3))
    swap = (market, 200_000, _call("swap(address,uint256,uint256)", gold, 10**15, 0))
    setup: list[Draft] = [
        _creation("DemoToken", "Gold", "GLD", _SUPPLY),
        _creation("DemoToken", "Salt", "SLT", _SUPPLY),
        _creation("Exchange", gold, salt),
        (gold, 100_000, _call("approve(address,uint256)", market, 2**256 - 1)),
        (salt, 100_000, _call("approve(address,uint256)", market, 2**256 - 1)),
        (market, 500_000, _call("provide(uint256,uint256)", _POOL, _POOL)),
        swap,
    ]
    return _signed("swaps", "swaps", setup, swap, size)


def loops(opcodes: int, size: int) -> Workload:
    """Return transactions of ``opcodes`` opcodes each, ten opcodes and 33 gas a turn."""
    program = create_address(_ALICE.address_bytes, 0)
    runtime = looping(opcodes // _OPCODES_A_TURN)
    creation = bytes.fromhex(f"60{len(runtime):02x}80600b6000396000f3") + runtime
    run = (program, 30_000 + 4 * opcodes, b"")
    return _signed(f"loops of {opcodes:,} opcodes", "loops", [(None, 200_000, creation)], run, size)


def looping(turns: int) -> bytes:
    """Return a program that counts down from ``turns``, below 2^24."""
    # PUSH3 turns; JUMPDEST PUSH1 1 SWAP1 SUB DUP1 DUP1 ISZERO POP PUSH1 4 JUMPI; STOP
    return bytes.fromhex(f"62{turns:06x}5b600190038080155060045700")


ALL: tuple[Callable[[], Workload], ...] = (
    transfers,
    erc20_transfers,
    swaps,
    lambda: loops(100_000, 20),
    lambda: loops(1_000_000, 3),
)


def _signed(name: str, unit: str, setup: list[Draft], draft: Draft, size: int, value: int = 0) -> Workload:
    nonces = count()

    def raws(drafts: Iterator[Draft]) -> tuple[bytes, ...]:
        return tuple(_raw(next(nonces), draft, value) for draft in drafts)

    first = raws(iter(setup))
    return Workload(name, unit, first, tuple(raws(draft for _ in range(size)) for _ in range(ROUNDS)))


def _raw(nonce: int, draft: Draft, value: int) -> bytes:
    to, gas, data = draft
    target = None if to is None else bytes.fromhex(to[2:])
    tx = Transaction(2, CHAIN_ID, nonce, 0, _FEE_CAP, gas, target, value, data)
    return sign(tx, _ALICE.private_key, _ALICE.address_bytes).raw


def _creation(contract: str, *arguments: object) -> Draft:
    return None, 3_000_000, contract_type(contract).creation_code(*arguments)


def _call(signature: str, *arguments: object) -> bytes:
    types = signature[signature.index("(") + 1 : -1].split(",")
    return keccak256(signature.encode())[:4] + encode(types, arguments)
