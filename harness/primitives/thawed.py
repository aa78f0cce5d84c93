"""A Patricia trie that is changed in place, for code that changes the same keys often and wants every root.

A `Trie` shares unchanged nodes with its older versions, so each change makes new nodes and encodes them. Here a branch
keeps the references of its children as they stand in its encoding; a change replaces one of them on each level.
"""

from __future__ import annotations

from harness.primitives.hashing import keccak256
from harness.primitives.patricia import (
    Branch,
    Leaf,
    Node,
    Trie,
    Value,
    compact,
    encode_value,
    put,
    reference,
    root_hash,
)
from harness.primitives.rlp import encode_bytes

_NOTHING = b"\x80"


class _Thawed:
    """A branch that can change: ``refs`` are the items of its encoding, ``changed`` the children they do not show."""

    __slots__ = ("changed", "children", "ref", "refs")

    def __init__(self, node: Branch) -> None:
        self.children: list[Node | _Thawed | None] = list(node.children)
        self.refs = [_NOTHING if child is None else reference(child) for child in node.children] + [_NOTHING]
        self.changed: set[int] = set()
        self.ref = reference(node)

    def reference(self, paths: dict[bytes, bytes]) -> bytes:
        """As the parent holds it. ``paths`` are the encoded paths of leaves that were met."""
        if not self.changed:
            return self.ref
        children, refs = self.children, self.refs
        for index in self.changed:
            child = children[index]
            if type(child) is _Thawed:
                refs[index] = child.reference(paths)
            elif type(child) is Leaf:
                refs[index] = _leaf_reference(child, paths)
            else:
                refs[index] = reference(child)  # type: ignore[arg-type]  # nothing is ever deleted here
        self.changed.clear()
        payload = b"".join(refs)
        size = len(payload)
        if size >= 256:
            self.ref = b"\xa0" + keccak256(b"\xf9" + size.to_bytes(2, "big") + payload)
        else:
            encoded = _short_list(payload)
            self.ref = encoded if len(encoded) < 32 else b"\xa0" + keccak256(encoded)
        return self.ref


def _short_list(payload: bytes) -> bytes:
    """Return the RLP of a list of fewer than 256 bytes from its encoded items."""
    size = len(payload)
    return (bytes((0xC0 + size,)) if size < 56 else bytes((0xF8, size))) + payload


def _leaf_reference(leaf: Leaf, paths: dict[bytes, bytes]) -> bytes:
    if leaf.ref is None:
        path = paths.get(leaf.path)
        if path is None:
            path = paths[leaf.path] = encode_bytes(compact(leaf.path, True))
        payload = path + encode_bytes(encode_value(leaf.value))
        if len(payload) >= 256:
            return reference(leaf)
        encoded = _short_list(payload)
        leaf.ref = encoded if len(encoded) < 32 else b"\xa0" + keccak256(encoded)
    return leaf.ref


class ThawedTrie:
    """The trie ``start`` with changes on top; ``start`` itself stays as it is."""

    def __init__(self, start: Trie) -> None:
        self._root: Trie | _Thawed = start
        self._paths: dict[bytes, bytes] = {}

    def set(self, path: bytes, value: Value) -> None:
        """Put ``value`` at ``path`` (nibbles)."""
        if type(self._root) is Branch:
            self._root = _Thawed(self._root)
        if type(self._root) is not _Thawed:
            self._root = put(self._root, path, value)  # type: ignore[arg-type]
            return
        node, at = self._root, 0
        way: list[tuple[_Thawed, int]] = []
        while True:
            index = path[at]
            at += 1
            way.append((node, index))
            child = node.children[index]
            if type(child) is Branch:
                child = node.children[index] = _Thawed(child)
            if type(child) is not _Thawed:
                break
            node = child
        rest = path[at:]
        if type(child) is Leaf and child.path == rest:
            new: Node = child if child.value == value else Leaf(rest, value)
        else:
            new = put(child, rest, value)  # type: ignore[arg-type]
        if new is child:
            return
        node.children[index] = new
        for branch, place in way:
            branch.changed.add(place)

    def root(self) -> bytes:
        """Return the present 32-byte root."""
        if type(self._root) is not _Thawed:
            return root_hash(self._root)  # type: ignore[arg-type]
        ref = self._root.reference(self._paths)
        return ref[1:] if len(ref) == 33 else keccak256(ref)
