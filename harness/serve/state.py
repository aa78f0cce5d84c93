"""A served rollup in a file: written as a whole, and played again when it is read.

L1's blocks are played again, transaction by transaction and edit by edit, so the same blocks come out to the hash. L2
follows from them, but for what the sequencer had promised and not posted, which the file has, too.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TextIO

from harness.chain.chain import Chain
from harness.chain.pyevm.backend import PyEvmBackend
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.settings import CHAIN_ID, FUNDS
from harness.chain.values.transactions import decode
from harness.rollup.codec.batch import Item
from harness.rollup.config import Addresses, RollupConfig
from harness.rollup.node.unsafe import Group
from harness.serve.errors import StateUnreadable, StateUnwritable
from harness.testbed.rollup import Rollup

FORMAT = 1
_EDITS = ("set_balance", "set_nonce", "set_code", "set_storage")
Edit = tuple[int, str, tuple[Any, ...]]
"""The height of the chain, the backend's method, its arguments."""


class KeptBackend(PyEvmBackend):
    """An L1 that knows how it came to be: blocks by themselves, and the edits between them."""

    _made: tuple[Edit, ...] = ()

    @classmethod
    def open(cls, seed: int) -> KeptBackend:
        """Return a chain with the well-known accounts funded."""
        funded = {account.address_bytes: FUNDS for account in well_known_accounts()}
        return cls(CHAIN_ID, seed, funded=funded)

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits of this chain, oldest first."""
        return self._made

    def _note(self, name: str, *arguments: Any) -> None:
        self._made = (*self._made, (self._height, name, arguments))

    def set_balance(self, address: bytes, balance: int) -> None:
        super().set_balance(address, balance)
        self._note("set_balance", address, balance)

    def set_nonce(self, address: bytes, nonce: int) -> None:
        super().set_nonce(address, nonce)
        self._note("set_nonce", address, nonce)

    def set_code(self, address: bytes, code: bytes) -> None:
        super().set_code(address, code)
        self._note("set_code", address, code)

    def set_storage(self, address: bytes, slot: int, value: int) -> None:
        super().set_storage(address, slot, value)
        self._note("set_storage", address, slot, value)

    def snapshot(self) -> Any:
        return super().snapshot(), self._made

    def restore(self, snapshot: Any) -> None:
        inner, made = snapshot
        super().restore(inner)
        self._made = made

    def rollback(self, depth: int) -> Sequence[bytes]:
        removed = super().rollback(depth)
        # What was edited on top of the new head was part of a block that is gone.
        self._made = tuple(edit for edit in self._made if edit[0] < self._height)
        return removed


@dataclass(frozen=True, slots=True)
class State:
    """A rollup and its chains in plain values. ``blocks`` are those of L1 from 1 on: time, base fee, transactions."""

    seed: int
    addresses: Mapping[str, str]
    since: int
    parameters: Mapping[str, Any]
    blocks: Sequence[Any]
    edits: Sequence[Any]
    head: str
    now: int
    drafts: Sequence[Any]
    posted: Sequence[Any]
    pools: Mapping[str, Any] = field(default_factory=dict)

    def waiting(self, layer: str) -> list[tuple[bytes, bool]]:
        """Return the transactions that wait in a layer's pool, each with whether it is impersonated."""
        return [(bytes.fromhex(raw), impersonated) for raw, impersonated in self.pools.get(layer, ())]


# -- files


def write(path: Path, state: State) -> None:
    """Replace a file as a whole: whatever interrupts this, the old state or the new one is there.

    Raises StateUnwritable.
    """
    body = json.dumps(asdict(state), separators=(",", ":"))
    text = json.dumps({"format": FORMAT, "sha256": _digest(body), "state": body})
    with _draft(path) as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
        Path(file.name).replace(path)


def check_writable(path: Path) -> None:
    """Raise StateUnwritable now, rather than at the end of a session, if a state could not be written there."""
    if path.is_dir():
        raise StateUnwritable(str(path), "it is a folder")
    with _draft(path) as file:
        Path(file.name).unlink()


@contextmanager
def _draft(path: Path) -> Iterator[TextIO]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(path.name + ".part").open("w", encoding="utf-8") as file:
            yield file
    except OSError as problem:
        raise StateUnwritable(str(path), problem.strerror or str(problem)) from problem


def read(path: Path) -> State:
    """Read a file; raises StateUnreadable for one that is not whole, or of another version."""
    try:
        outer = json.loads(path.read_text(encoding="utf-8"))
        version, digest, body = outer["format"], outer["sha256"], outer["state"]
    except OSError as problem:
        raise StateUnreadable(str(path), problem.strerror or str(problem)) from problem
    except (ValueError, KeyError, TypeError) as problem:
        raise StateUnreadable(str(path), f"it is no whole state ({type(problem).__name__})") from problem
    if version != FORMAT:
        raise StateUnreadable(str(path), f"its format is {version!r}, expected {FORMAT}")
    if not isinstance(body, str) or _digest(body) != digest:
        raise StateUnreadable(str(path), "its content does not fit its sum")
    found = json.loads(body)
    if not isinstance(found, dict) or found.keys() != {each.name for each in fields(State)}:
        raise StateUnreadable(str(path), "it lacks a part")
    return State(**found)


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


# -- from a rollup, and back


def dumped(rollup: Rollup) -> State:
    """Return the state of a rollup on a `KeptBackend`. It may be called while a block is being made."""
    backend: Any = rollup.l1.backend
    assert isinstance(backend, KeptBackend)
    chain = backend.blocks.copy()
    filled = {block.number: block for block in chain.mined(0, len(chain) - 1)}
    return State(
        seed=backend.seed,
        addresses=asdict(rollup.contracts.addresses),
        since=rollup.since,
        parameters=rollup.config.table(),
        blocks=[_block(chain.outline(number), filled.get(number)) for number in range(1, len(chain))],
        edits=[(height, name, [_plain(each) for each in given]) for height, name, given in backend.edits],
        head=chain.hash(len(chain) - 1).hex(),
        now=backend.now(),
        drafts=[_group(Group(each.index, each.items, each.delayed_count)) for each in rollup.unsafe.drafts],
        posted=[_group(each) for each in rollup.unsafe.posted],
    )


def _block(header: Any, block: Any) -> list[Any]:
    sent = () if block is None else block.transactions
    return [header.timestamp, header.base_fee, [each.raw.hex() for each in sent]]


def _plain(value: int | bytes) -> int | str:
    return value.hex() if isinstance(value, bytes) else value


def _group(group: Group) -> list[Any]:
    return [group.index, [[item.raw.hex(), item.timestamp] for item in group.items], group.delayed_count]


@contextmanager
def playing_out(path: Path) -> Iterator[None]:
    """Name the file in what a state raises while it plays.

    A file may be whole and still hold anything, so whatever this raises is the file's fault: StateUnreadable.
    """
    try:
        yield
    except StateUnreadable:
        raise
    except Exception as problem:
        said = f"it does not play out: {type(problem).__name__}: {problem}"
        raise StateUnreadable(str(path), said.partition("\n")[0]) from problem


def resumed(state: State, path: Path) -> tuple[Chain, Rollup]:
    """Return L1 and the rollup of a state; raises StateUnreadable if its blocks do not come out.

    ``path`` is the file that the state was read from.
    """
    with playing_out(path):
        return _resumed(state, path)


def _resumed(state: State, path: Path) -> tuple[Chain, Rollup]:
    backend = KeptBackend.open(state.seed)
    for number, (time, base_fee, raws) in enumerate(state.blocks):
        _edit(backend, state.edits, number)
        _make(backend, time, base_fee, [bytes.fromhex(raw) for raw in raws])
    _edit(backend, state.edits, len(state.blocks))
    if backend.head().hash.hex() != state.head:
        reason = f"its blocks give the head 0x{backend.head().hash.hex()}, expected 0x{state.head}"
        raise StateUnreadable(str(path), reason)
    if state.now > backend.head().timestamp:
        backend.set_next_timestamp(state.now)
    l1 = Chain(backend, name="l1")
    accounts, genesis = l1.accounts, RollupConfig.of(state.parameters).genesis
    rollup = Rollup.attach(
        l1, Addresses(**state.addresses), sequencer=accounts.trent, proposer=accounts.peggy, since=state.since,
        genesis=genesis,
    )  # fmt: skip
    rollup.node.sync()
    rollup.unsafe.resume([_items(each) for each in state.posted], [_items(each) for each in state.drafts])
    return l1, rollup


def _edit(backend: KeptBackend, edits: Sequence[Any], height: int) -> None:
    for at, name, given in edits:
        if at == height:
            if name not in _EDITS:
                raise ValueError(f"no edit is named {name!r:.40}")
            getattr(backend, name)(*(bytes.fromhex(each) if isinstance(each, str) else each for each in given))


def _make(backend: KeptBackend, time: int, base_fee: int, raws: Sequence[bytes]) -> None:
    backend.set_next_timestamp(time)
    if backend.next_base_fee() != base_fee:
        backend.set_next_base_fee(base_fee)
    if not raws:
        backend.mine()
        return
    backend.open_block()
    for raw in raws:
        sent = decode(raw, impersonated=True)
        if sent.tx.s:
            backend.submit(decode(raw))
        else:
            backend.submit_as(sent.tx, sent.sender)
    backend.close_block()


def _items(group: Any) -> Group:
    index, items, delayed_count = group
    return Group(index, tuple(Item(bytes.fromhex(raw), timestamp) for raw, timestamp in items), delayed_count)
