"""Machines that no cheap test reaches by running: tries of 16 full branches, the longest code, the longest ranges.

The siblings on a path are random hashes: nobody can tell, since a step opens only what it reads.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import rlp

from harness.primitives.hashing import Tag, keccak256, tagged_hash
from harness.proofs.machine import FrameWords, Kind, Machine, Phase, TxWords
from harness.proofs.memory import MemoryTree
from harness.proofs.witness import Witness, to_words
from harness.rollup.machine.environment import Env, Ring
from harness.rollup.machine.machine import Cursor

BRANCHES = 16
EMPTY_ROOT = keccak256(b"\x80")
EMPTY_CODE = keccak256(b"")
GAS = 2**23
RANGE = 49_152
"""The longest range operand, and the longest initcode."""
MEMORY_WORDS = 64_690
"""The longest memory that a transaction of 2^23 gas can pay for."""
WORST = 31_232 * 32 + 1
"""Where the longest range has the longest opening: unaligned, so that it takes a word more, with the most siblings."""
MAX_CODE = 24_576
BLOCK = Env(9, 99, b"\xc0" * 20, GAS, b"\x0f" * 32, 7, 1, 901, 3)


class DeepTrie:
    """A trie in which each of a few keys lies below 16 full branches, of which they share the first alone.

    A value of None leaves the last branch's child empty: the key is absent.
    """

    def __init__(self, values: Mapping[bytes, bytes | None], seed: int = 0) -> None:
        self._random = random.Random(seed)
        top = [self._random.randbytes(32) for _ in range(16)]
        self.nodes: list[bytes] = []
        taken = set()
        for key, value in values.items():
            nibble = key[0] >> 4
            assert nibble not in taken, "keys of a deep trie must differ in their first nibble"
            taken.add(nibble)
            top[nibble] = self._path(key, value)
        root = bytes(rlp.encode([*top, b""]))
        self.nodes.append(root)
        self.root = keccak256(root)

    def _path(self, key: bytes, value: bytes | None) -> bytes:
        nibbles = [int(digit, 16) for digit in key.hex()]
        below = b""
        if value is not None:
            assert (len(nibbles) - BRANCHES) % 2 == 0
            below = self._keep(rlp.encode([b"\x20" + key[BRANCHES // 2 :], value]))
        for depth in reversed(range(1, BRANCHES)):
            children = [self._random.randbytes(32) for _ in range(16)]
            children[nibbles[depth]] = below
            below = self._keep(rlp.encode([*children, b""]))
        return below

    def _keep(self, node: bytes) -> bytes:
        self.nodes.append(bytes(node))
        return keccak256(self.nodes[-1])


def apart(count: int, *keys_of: Callable[[bytes], bytes]) -> list[bytes]:
    """Draw addresses whose keys, in each of some tries, differ in their first nibble."""
    rng = random.Random(count)
    found: list[bytes] = []
    while len(found) < count:
        address = rng.randbytes(20)
        if all(len({key_of(a)[0] >> 4 for a in (*found, address)}) == len(found) + 1 for key_of in keys_of):
            found.append(address)
    return found


def account(nonce: int = 1, balance: int = 10**30, storage: bytes = EMPTY_ROOT, code: bytes = b"") -> bytes:
    """The value of an account's leaf."""
    return bytes(rlp.encode([nonce, balance, storage, keccak256(code)]))


def scratch_key(kind: int, address: bytes, slot: int = 0) -> bytes:
    """The key of an entry of the scratch trie."""
    return tagged_hash(Tag.SCRATCH, kind, address, slot)


def filled_memory() -> MemoryTree:
    """A memory that is not zero where the longest range is, nor next to it."""
    tree = MemoryTree()
    tree.seek([(WORST - 33, random.Random(1).randbytes(RANGE + 66).replace(b"\x00", b"\x01"))], 1)
    return tree


@dataclass
class Scene:
    """A running frame and the openings of what its next opcode reads."""

    code: bytes
    items: tuple[int, ...] = ()
    memory: MemoryTree = field(default_factory=MemoryTree)
    state: DeepTrie | None = None
    storage: DeepTrie | None = None
    scratch: DeepTrie | None = None
    history: DeepTrie | None = None
    data_fee: int = 0
    address: bytes = b"\xad" * 20
    kind: Kind = Kind.CALL
    code_hash: bytes | None = None
    calldata: bytes = b""
    returndata: bytes = b""
    data: bytes = b""
    read: tuple[int, int] | None = None
    write: tuple[int, int] | None = None
    parent: FrameWords | None = None
    parent_write: tuple[MemoryTree, int, int] | None = None
    phase: Phase = Phase.EXECUTE
    chain: tuple[int | bytes, ...] = ()
    destroyed: bytes = bytes(32)
    pending: bytes = bytes(32)
    lookup: bytes = bytes(32)
    return_range: tuple[int, int] = (0, 0)
    env: Env = BLOCK
    opens_env: bool = False

    def machine(self) -> Machine:
        """Return the prestate."""
        state_root = EMPTY_ROOT if self.state is None else self.state.root
        scratch_root = EMPTY_ROOT if self.scratch is None else self.scratch.root
        frame = replace(
            blank_frame(),
            parent=bytes(32) if self.parent is None else self.parent.hash(),
            kind=self.kind,
            self_address=self.address,
            code_hash=keccak256(self.code) if self.code_hash is None else self.code_hash,
            stack=self._stack()[-1],
            stack_size=1000 + len(self.items),
            memory_root=self.memory.root(),
            memory_size=MEMORY_WORDS,
            calldata_hash=keccak256(self.calldata),
            calldata_size=len(self.calldata),
            returndata_hash=keccak256(self.returndata),
            returndata_size=len(self.returndata),
            return_offset=self.return_range[0],
            return_size=self.return_range[1],
            restore_state_root=state_root,
            restore_scratch_root=scratch_root,
            lookup=self.lookup,
        )
        tx = TxWords(
            self.phase,
            b"\x0a" * 20,
            9,
            2,
            GAS,
            0,
            scratch_root,
            12_345,
            b"\x11" * 32,
            self.destroyed,
            self.pending,
            0,
            self.data_fee,
        )
        has_frame = self.phase <= Phase.EXECUTE
        cursor = Cursor(3, False, 5, budget=GAS)
        return Machine(state_root, cursor, self.env.hash, Ring().root, tx, frame if has_frame else None)

    @property
    def _opens_env(self) -> bool:
        return self.opens_env or self.phase is not Phase.EXECUTE or self.kind is Kind.PRECOMPILE

    def build(self) -> tuple[bytes, bytes]:
        """Return the prestate's hash and the encoded witness."""
        machine = self.machine()
        assert machine.tx is not None
        has_frame = self.phase not in (Phase.BLOCK, Phase.PREPARE) and machine.frame is not None
        tries = (self.state, self.storage, self.scratch, self.history)
        witness = Witness(
            machine=to_words(machine.words()),
            env=to_words(self.env.words()) if self._opens_env else (),
            tx=to_words(machine.tx.words()),
            frame=to_words(machine.frame.words()) if has_frame and machine.frame is not None else (),
            parent=() if self.parent is None else to_words(self.parent.words()),
            stack=to_words((self._stack()[0], *self.items)) if self.items else (),
            code=self.code,
            data=self.data,
            read=_opening(self.memory, self.read, "open_read"),
            write=_opening(self.memory, self.write, "open_write"),
            ring=to_words(Ring().opening(self.env.number - 1)) if self.phase is Phase.BLOCK else (),
            chain=to_words(self.chain),
            nodes=tuple(node for trie in tries if trie is not None for node in trie.nodes),
        )
        if self.parent_write is not None:
            memory, offset, length = self.parent_write
            witness = replace(witness, write=_opening(memory, (offset, length), "open_write"))
        return machine.hash(), witness.encode()

    def _stack(self) -> list[bytes]:
        """The chain before and after each item."""
        chain = [b"\xee" * 32]
        for item in self.items:
            chain.append(tagged_hash(Tag.STACK, chain[-1], item))
        return chain


def _opening(memory: MemoryTree, bounds: tuple[int, int] | None, how: str) -> tuple[bytes, ...]:
    if bounds is None:
        return ()
    offset, size = bounds
    return to_words(getattr(memory, how)(offset // 32, (offset + size - 1) // 32))


def blank_frame() -> FrameWords:
    """A frame at depth 1 with all its gas and nothing else."""
    return FrameWords(
        parent=bytes(32), kind=Kind.CALL, self_address=b"\xad" * 20, caller=b"\x0a" * 20, value=1,
        code_hash=EMPTY_CODE, pc=0, gas=GAS, stack=b"\xee" * 32, stack_size=1000, memory_root=MemoryTree().root(),
        memory_size=0, calldata_hash=EMPTY_CODE, calldata_size=0, returndata_hash=EMPTY_CODE, returndata_size=0,
        is_static=False, depth=1, return_offset=0, return_size=0, restore_state_root=EMPTY_ROOT,
        restore_scratch_root=EMPTY_ROOT, restore_refund=0, restore_logs=bytes(32), restore_destroyed=bytes(32),
        lookup=bytes(32),
    )  # fmt: skip


def halted(machine: Machine) -> bytes:
    """Return the hash of the machine after its top frame halted."""
    assert machine.tx is not None and machine.frame is not None
    frame = machine.frame
    tx = replace(
        machine.tx, phase=Phase.END, refund=frame.restore_refund, logs=frame.restore_logs,
        destroyed=frame.restore_destroyed, gas_left=0,
    )  # fmt: skip
    return replace(machine, tx=tx, frame=None).hash()
