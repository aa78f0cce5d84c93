"""The Merkle Patricia trie of Ethereum as a persistent structure.

A trie is a node or None (empty). `put` and `delete` return a new trie that shares every untouched node with the old
one, so a snapshot is a reference, and hashing after a change hashes what changed: hashes are computed when first asked
for and stay with their node. Nothing is ever removed from the nodes of an older trie. All keys have 32 bytes, as in
Ethereum's secure tries, so no branch holds a value.

A `visit` callback sees each node that an operation reads, the sibling that decides how a branch collapses included:
the pool of a witness is what it saw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias, final

from harness.primitives.hashing import keccak256
from harness.primitives.rlp import encode_bytes, encode_int, encode_list

EMPTY_ROOT = keccak256(b"\x80")
"""Root of the empty trie."""


class Encodable(Protocol):
    """A value that is encoded when its leaf is hashed."""

    def encode(self) -> bytes: ...


Value: TypeAlias = "bytes | int | Encodable"
"""Bytes stand for themselves, a number for its RLP, anything else encodes itself."""


@final
class Leaf:
    """The rest of one key, one nibble a byte, and its value."""

    __slots__ = ("path", "ref", "value")

    def __init__(self, path: bytes, value: Value) -> None:
        self.path = path
        self.value = value
        self.ref: bytes | None = None


@final
class Extension:
    """A path, one nibble a byte, to the branch below it."""

    __slots__ = ("child", "path", "ref")

    def __init__(self, path: bytes, child: Branch) -> None:
        self.path = path
        self.child = child
        self.ref: bytes | None = None


@final
class Branch:
    """Sixteen subtries, at least two of them not empty."""

    __slots__ = ("children", "ref")

    def __init__(self, children: tuple[Node | None, ...]) -> None:
        self.children = children
        self.ref: bytes | None = None


Node: TypeAlias = Leaf | Extension | Branch
Trie: TypeAlias = "Node | None"
Visit: TypeAlias = "Callable[[Node], None] | None"


def nibbles(key: bytes) -> bytes:
    """Return the nibbles of ``key``, one a byte."""
    return bytes.fromhex("0" + "0".join(key.hex())) if key else b""


def get(node: Trie, path: bytes, visit: Visit = None) -> Value | None:
    """Return the value at ``path`` (nibbles), or None."""
    at = 0
    while node is not None:
        if visit is not None:
            visit(node)
        if type(node) is Branch:
            node = node.children[path[at]]
            at += 1
        elif type(node) is Leaf:
            return node.value if node.path == path[at:] else None
        else:
            part = node.path
            if not path.startswith(part, at):
                return None
            at += len(part)
            node = node.child
    return None


def put(node: Trie, path: bytes, value: Value, visit: Visit = None) -> Node:
    """Return the trie with ``value`` at ``path`` (nibbles); the same node if it is there already."""
    if type(node) is Branch:
        return _put_below(node, path, value, visit)
    if node is None:
        return Leaf(path, value)
    if visit is not None:
        visit(node)
    part = node.path
    if path.startswith(part):
        if isinstance(node, Leaf):
            return node if node.value is value or node.value == value else Leaf(path, value)
        child = _put_below(node.child, path[len(part) :], value, visit)
        return node if child is node.child else Extension(part, child)
    shared = _shared(part, path)
    if isinstance(node, Leaf):
        below: Node = Leaf(part[shared + 1 :], node.value)
    else:
        rest = part[shared + 1 :]
        below = Extension(rest, node.child) if rest else node.child
    slots: list[Node | None] = [None] * 16
    slots[part[shared]] = below
    slots[path[shared]] = Leaf(path[shared + 1 :], value)
    fork = Branch(tuple(slots))
    return Extension(path[:shared], fork) if shared else fork


def _put_below(node: Branch, path: bytes, value: Value, visit: Visit) -> Branch:
    """Apply `put` to a branch, which stays one."""
    if visit is not None:
        visit(node)
    index = path[0]
    children = node.children
    old = children[index]
    new = _put_below(old, path[1:], value, visit) if type(old) is Branch else put(old, path[1:], value, visit)
    if new is old:
        return node
    changed = [*children]
    changed[index] = new
    return Branch(tuple(changed))


def delete(node: Trie, path: bytes, visit: Visit = None) -> Trie:
    """Return the trie without ``path`` (nibbles); the same node if there is nothing."""
    if node is None:
        return None
    if visit is not None:
        visit(node)
    if isinstance(node, Leaf):
        return None if node.path == path else node
    if isinstance(node, Extension):
        if not path.startswith(node.path):
            return node
        child = delete(node.child, path[len(node.path) :], visit)
        if child is node.child:
            return node
        assert child is not None, "a branch has two subtries at least"
        return _join(node.path, child)
    index = path[0]
    children = node.children
    old = children[index]
    new = delete(old, path[1:], visit)
    if new is old:
        return node
    left = (*children[:index], new, *children[index + 1 :])
    if new is None:
        others = [(i, child) for i, child in enumerate(left) if child is not None]
        if len(others) == 1:
            ((only, last),) = others
            if visit is not None:
                visit(last)
            return _join(bytes((only,)), last)
    return Branch(left)


def _join(path: bytes, node: Node) -> Node:
    """Return ``node`` below ``path``, as one node unless it is a branch."""
    if isinstance(node, Leaf):
        return Leaf(path + node.path, node.value)
    if isinstance(node, Extension):
        return Extension(path + node.path, node.child)
    return Extension(path, node)


def _shared(a: bytes, b: bytes) -> int:
    """Return the length of the common prefix."""
    limit = min(len(a), len(b))
    for i in range(limit):
        if a[i] != b[i]:
            return i
    return limit


def compact(path: bytes, is_leaf: bool) -> bytes:
    """Return the hex-prefix encoding of a path."""
    flag = 2 if is_leaf else 0
    if len(path) % 2:
        return bytes.fromhex(bytes((flag + 1,)).hex()[1] + path.hex()[1::2])
    return bytes((flag << 4,)) + bytes.fromhex(path.hex()[1::2])


def encode_value(value: Value) -> bytes:
    """Return the bytes that a leaf holds for ``value``."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, int):
        return encode_int(value)
    return value.encode()


def encode_node(node: Node) -> bytes:
    """Return the RLP of a node, with its children by reference."""
    if isinstance(node, Branch):
        return encode_list([b"\x80" if child is None else reference(child) for child in node.children] + [b"\x80"])
    if isinstance(node, Leaf):
        return encode_list([encode_bytes(compact(node.path, True)), encode_bytes(encode_value(node.value))])
    return encode_list([encode_bytes(compact(node.path, False)), reference(node.child)])


def reference(node: Node) -> bytes:
    """Return a node as its parent holds it: itself if shorter than 32 bytes, else its hash as an RLP string."""
    if node.ref is None:
        encoded = encode_node(node)
        node.ref = encoded if len(encoded) < 32 else b"\xa0" + keccak256(encoded)
    return node.ref


def root_hash(node: Trie) -> bytes:
    """Return the 32-byte root."""
    if node is None:
        return EMPTY_ROOT
    ref = reference(node)
    return ref[1:] if len(ref) == 33 else keccak256(ref)


def is_embedded(node: Node) -> bool:
    """Return whether the node is stored inside its parent (unless it is the root)."""
    return len(reference(node)) < 32


def prove(node: Trie, path: bytes) -> list[bytes]:
    """Return the encoded nodes from the root to ``path`` (nibbles), as eth_getProof gives them."""
    seen: list[Node] = []
    get(node, path, seen.append)
    return [encode_node(n) for i, n in enumerate(seen) if i == 0 or not is_embedded(n)]


def walk(node: Trie, prefix: bytes = b"") -> Iterator[tuple[bytes, Value]]:
    """Yield (nibbles, value) in the order of keys."""
    if isinstance(node, Leaf):
        yield prefix + node.path, node.value
    elif isinstance(node, Extension):
        yield from walk(node.child, prefix + node.path)
    elif node is not None:
        for index, child in enumerate(node.children):
            if child is not None:
                yield from walk(child, prefix + bytes((index,)))
