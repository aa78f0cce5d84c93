"""What opening a block writes into L2's state: L1's block into L1Block, and the hash of the block before (EIP-2935).

These are direct writes, before the block's transactions. No code runs, and an account without code is left alone. The
prover's twin is ``contracts/proofs/BlockOpening.sol``.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.primitives.patricia import Trie, Value, delete, get, put
from harness.rollup.forks import Fork
from harness.rollup.machine.environment import Env
from harness.rollup.machine.state import State, account_path, write_account

L1_BLOCK = bytes.fromhex("4200000000000000000000000000000000000015")
L1_FEE_VAULT = bytes.fromhex("420000000000000000000000000000000000001a")
HISTORY = bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935")
TOLD = frozenset((L1_BLOCK, HISTORY))
"""The accounts whose storage the machine writes."""

_TOLD_PATHS = tuple(map(account_path, sorted(TOLD)))

HISTORY_WINDOW = 8_191
"""Block hashes that EIP-2935's contract keeps."""

_NUMBER_AND_TIMESTAMP, _BASE_FEE, _HASH, _SEQUENCE_AND_SCALARS, _BLOB_BASE_FEE = 0, 1, 2, 3, 7
"""Slots of L1Block, as the OP Stack lays them out."""

Writes = tuple[tuple[int, int], ...]
"""Slots and their values, in the order in which they are written."""


def writes_of(env: Env, parent_hash: bytes) -> Iterator[tuple[bytes, Writes]]:
    """Yield the writes into each account when the block of ``env`` opens; ``parent_hash`` is that of the block before.

    The first block of a batch writes all words of L1Block. A later one writes the sequence number alone.
    """
    scalars = env.base_fee_scalar << 96 | env.blob_base_fee_scalar << 64
    told: Writes = ((_SEQUENCE_AND_SCALARS, scalars | env.sequence_number),)
    if env.sequence_number == 0:
        l1 = env.l1
        told = (
            (_NUMBER_AND_TIMESTAMP, l1.timestamp << 64 | env.l1_block),
            (_BASE_FEE, l1.base_fee),
            (_HASH, int.from_bytes(l1.parent_hash, "big")),
            (_BLOB_BASE_FEE, l1.blob_base_fee),
            *told,
        )
    yield L1_BLOCK, told
    if env.fork >= Fork.PRAGUE:
        yield HISTORY, (((env.number - 1) % HISTORY_WINDOW, int.from_bytes(parent_hash, "big")),)


def write_block(state: State, env: Env, parent_hash: bytes) -> State:
    """Return the state in which the block of ``env`` begins."""
    told = state
    for address, writes in writes_of(env, parent_hash):
        if told.code(address):
            told = told.with_account(address, storage=dict(writes))
    return state if told is state else State(told.accounts, state.untold)


class Retold(State):
    """A state with other words: its trie is made when somebody asks for it, which is rare in the midst of a block.

    ``over`` is the state that an execution with a draft's words led to, ``words`` are the accounts of `TOLD` instead of
    its own. ``own`` are those, which nothing since the block's beginning has changed.
    """

    __slots__ = ("over", "own", "words")

    over: Trie
    own: tuple[Value | None, ...]
    words: tuple[Value | None, ...]

    def __init__(self, after: State, own: tuple[Value | None, ...], words: tuple[Value | None, ...]) -> None:
        set_field = object.__setattr__
        set_field(self, "origin", after.untold)
        set_field(self, "over", after.accounts)
        set_field(self, "own", own)
        set_field(self, "words", words)

    def __reduce__(self) -> tuple[type[State], tuple[Trie, Trie]]:
        """Let a copy be a plain state: what only saves work between two replays is of no use to it."""
        return State, (self.accounts, self.origin)

    def __eq__(self, other: object) -> bool:
        return self.accounts == other.accounts if isinstance(other, State) else NotImplemented

    __hash__ = State.__hash__

    def __getattr__(self, name: str) -> Trie:
        """Make ``accounts``, which is the only field that may be absent."""
        if name != "accounts":
            raise AttributeError(name)
        accounts = self.over
        for path, own, account in zip(_TOLD_PATHS, self.own, self.words, strict=True):
            if account is not own:
                accounts = delete(accounts, path) if account is None else put(accounts, path, account)
        object.__setattr__(self, "accounts", accounts)
        return accounts


def replay(before: State, after: State, told: State) -> State | None:
    """Return what a transaction that made ``after`` of ``before`` makes of ``told``, a state of the same origin.

    The transaction has read none of the words in which the two states differ. None if it changed an account of `TOLD`.
    """
    if type(told) is Retold and told.over is before.accounts:  # the transaction before was replayed as well
        own, words = told.own, told.words
    elif told.accounts is before.accounts:
        return after
    else:
        own, words = _told(before.accounts), _told(told.accounts)
    for path, account in zip(_TOLD_PATHS, own, strict=True):
        if get(after.accounts, path) is not account:
            return None
    return Retold(after, own, words)


def _told(accounts: Trie) -> tuple[Value | None, ...]:
    """Return the accounts of `TOLD`, in the order of their paths."""
    return tuple(get(accounts, path) for path in _TOLD_PATHS)


def without_words(accounts: Trie, unwritten: State) -> Trie:
    """Return accounts, but those of `TOLD` as in ``unwritten``, the state before a block's words were written."""
    for address in TOLD:
        accounts = write_account(accounts, address, unwritten.account(address))
    return accounts
