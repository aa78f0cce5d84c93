"""Which transactions L2 executes: the rules of ``contracts/SPEC.md`` ("A transaction"), in their order.

The prover's input step is the twin of this module. Rules 1 to 3 read only the bytes (`decode`); rules 4 to 10 read the
block and the state (`validate`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from coincurve import PublicKey

from harness.primitives import rlp
from harness.primitives.delegation import GAS_PER_AUTHORIZATION
from harness.primitives.frozen import quick
from harness.primitives.hashing import keccak256
from harness.rollup.errors import InvalidTransaction
from harness.rollup.forks import FORKS, Fork
from harness.rollup.machine.delegation import delegate_in
from harness.rollup.machine.environment import Env, bytes_gas
from harness.rollup.machine.state import AccountState, Authorization, State

MAX_RAW_SIZE = 50_000
MAX_INITCODE_SIZE = 49_152
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_U64 = 2**64

SET_CODE = 4
"""The type of a transaction with authorisations."""

_TYPED = {1: 11, 2: 12, SET_CODE: 13}
"""The number of fields, by type."""

RULE_OF_SENDER = 8
"""From this rule of validity on, the sender's account decides."""

RULE_OF_CODE = 10
"""The last rule, which the step after the input's decides: whether the sender's code makes it a contract."""

AccessList = tuple[tuple[bytes, tuple[int, ...]], ...]


@quick
@dataclass(frozen=True, slots=True)
class L2Transaction:
    """A signed transaction of type 0, 1, 2 or 4 and the sender that its signature recovers.

    ``chain_id`` is None for an unprotected legacy transaction; ``to`` is None for a creation. Types 0 and 1 have equal
    ``max_fee`` and ``priority_fee``, in wei per gas.
    """

    type_id: int
    chain_id: int | None
    nonce: int
    priority_fee: int
    max_fee: int
    gas_limit: int
    to: bytes | None
    value: int
    data: bytes
    access_list: AccessList
    sender: bytes
    raw: bytes
    authorizations: tuple[Authorization, ...] = ()
    _hash: bytes | None = field(default=None, init=False, compare=False, repr=False)
    _intrinsic_gas: int | None = field(default=None, init=False, compare=False, repr=False)

    @property
    def hash(self) -> bytes:
        """The transaction's hash."""
        found = self._hash
        if found is None:
            object.__setattr__(self, "_hash", found := keccak256(self.raw))
        return found

    @property
    def intrinsic_gas(self) -> int:
        """Gas paid before the first opcode."""
        found = self._intrinsic_gas
        if found is None:
            found = intrinsic_gas(self.to is None, self.data, self.access_list, len(self.authorizations))
            object.__setattr__(self, "_intrinsic_gas", found)
        return found

    def price(self, base_fee: int) -> int:
        """Return the price of a unit of gas, in wei."""
        return min(self.max_fee, base_fee + self.priority_fee)


def intrinsic_gas(is_creation: bool, data: bytes, access_list: AccessList = (), authorizations: int = 0) -> int:
    """Return the cost of a transaction's own bytes (EIP-2028, 2930, 3860, 7702)."""
    gas = 21_000 + bytes_gas(data)
    if is_creation:
        gas += 32_000 + 2 * ((len(data) + 31) // 32)
    for _, slots in access_list:
        gas += 2_400 + 1_900 * len(slots)
    return gas + GAS_PER_AUTHORIZATION * authorizations


def floor_gas(data: bytes, fork: Fork) -> int:
    """Return the least gas that a transaction with this data uses, whatever it does (EIP-7623); 0 before Prague."""
    if fork < Fork.PRAGUE:
        return 0
    zeros = data.count(0)
    return 21_000 + 10 * (zeros + 4 * (len(data) - zeros))


def decode(raw: bytes, chain_id: int, fork: Fork = FORKS[-1]) -> L2Transaction:
    """Read a raw transaction and recover its sender. ``fork`` is the newest by default.

    Raises InvalidTransaction by rule 1 (encoding), 2 (chain id) or 3 (signature).
    """
    if len(raw) > MAX_RAW_SIZE:
        raise InvalidTransaction(1, f"it has {len(raw)} bytes, at most {MAX_RAW_SIZE} are allowed")
    if not raw:
        raise InvalidTransaction(1, "it is empty")
    try:
        if raw[0] in _TYPED and not (raw[0] == SET_CODE and fork < Fork.PRAGUE):
            return _decode_typed(raw, chain_id)
        if raw[0] < 0xC0:
            types = "0, 1 and 2" if fork < Fork.PRAGUE else "0, 1, 2 and 4"
            raise InvalidTransaction(1, f"type {raw[0]} is none of {types}")
        return _decode_legacy(raw, chain_id)
    except rlp.RlpError as error:
        raise InvalidTransaction(1, str(error)) from error


def _decode_legacy(raw: bytes, chain_id: int) -> L2Transaction:
    fields = rlp.to_list(rlp.decode(raw), (9,))
    body = _body(fields[2:6])
    nonce, price = rlp.to_int(fields[0], _U64), rlp.to_int(fields[1])
    v, r, s = (rlp.to_int(item) for item in fields[6:])
    signed = [rlp.encode(item) for item in fields[:6]]
    named: int | None = None
    if v in (27, 28):
        parity = v - 27
    elif v >= 35:
        named, parity = (v - 35) // 2, (v - 35) % 2
        signed += [rlp.encode_int(named), b"\x80", b"\x80"]
    else:
        raise InvalidTransaction(1, f"v is {v}, expected 27, 28 or at least 35")
    if named is not None and named != chain_id:
        raise InvalidTransaction(2, f"it is signed for chain id {named}, this chain is {chain_id}")
    sender = _recover(keccak256(rlp.encode_list(signed)), parity, r, s)
    return L2Transaction(0, named, nonce, price, price, *body, (), sender, raw)


def _decode_typed(raw: bytes, chain_id: int) -> L2Transaction:
    type_id = raw[0]
    encoded = raw[1:]
    fields = rlp.to_list(rlp.decode(encoded), (_TYPED[type_id],))
    named, nonce = rlp.to_int(fields[0]), rlp.to_int(fields[1], _U64)
    priority = rlp.to_int(fields[2])
    highest = priority if type_id == 1 else rlp.to_int(fields[3])
    authorizations = _authorizations(fields.pop(9), fields[5]) if type_id == SET_CODE else ()
    body = _body(fields[-8:-4])
    access_list = _access_list(fields[-4])
    parity, r, s = map(rlp.to_int, fields[-3:])
    if named != chain_id:
        raise InvalidTransaction(2, f"it is signed for chain id {named}, this chain is {chain_id}")
    # The encoding is canonical, so what is signed is a part of it: all fields but the signature's three.
    signed = rlp.payload(encoded)[: -len(b"".join(map(rlp.encode_int, (parity, r, s))))]
    sender = _recover(keccak256(raw[:1] + rlp.encode_list([signed])), parity, r, s)
    return L2Transaction(type_id, named, nonce, priority, highest, *body, access_list, sender, raw, authorizations)


def _body(items: list[rlp.Item]) -> tuple[int, bytes | None, int, bytes]:
    """Return the gas limit, target, value and data."""
    gas_limit, to = rlp.to_int(items[0], _U64), rlp.to_bytes(items[1], (0, 20))
    return gas_limit, to or None, rlp.to_int(items[2]), rlp.to_bytes(items[3])


def _access_list(item: rlp.Item) -> AccessList:
    entries = []
    for entry in rlp.to_list(item):
        address, slots = rlp.to_list(entry, (2,))
        words = (int.from_bytes(rlp.to_bytes(slot, (32,)), "big") for slot in rlp.to_list(slots))
        entries.append((rlp.to_bytes(address, (20,)), tuple(words)))
    return tuple(entries)


def _authorizations(item: rlp.Item, to: rlp.Item) -> tuple[Authorization, ...]:
    """Read the authorisations of a transaction, which has at least one, and somebody to call (EIP-7702)."""
    found = []
    for entry in rlp.to_list(item):
        chain_id, delegate, nonce, parity, r, s = rlp.to_list(entry, (6,))
        numbers = rlp.to_int(nonce, _U64), rlp.to_int(parity, 2**8), rlp.to_int(r), rlp.to_int(s)
        found.append(Authorization(rlp.to_int(chain_id), rlp.to_bytes(delegate, (20,)), *numbers))
    if not found:
        raise InvalidTransaction(1, "it is of type 4 and has no authorisation, at least one is needed")
    if not to:
        raise InvalidTransaction(1, "it is of type 4 and creates a contract, which only types 0 to 2 may")
    return tuple(found)


def _recover(digest: bytes, parity: int, r: int, s: int) -> bytes:
    """Return the address whose key signed ``digest``; a high s is refused (EIP-2)."""
    if parity > 1:
        raise InvalidTransaction(3, f"parity is {parity}, expected 0 or 1")
    if not 0 < r < _ORDER or not 0 < s <= _ORDER // 2:
        raise InvalidTransaction(3, f"r {r:#x} or s {s:#x} is out of range")
    try:
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((parity,))
        key = PublicKey.from_signature_and_message(signature, digest, hasher=None)
    except Exception as error:
        # The library raises a bare Exception when r is the abscissa of no point.
        raise InvalidTransaction(3, "the signature recovers no key") from error
    return keccak256(key.format(compressed=False)[1:])[12:]


def check_declared(tx: L2Transaction, declared: int) -> None:
    """Raise InvalidTransaction by rule 4 if a transaction has more gas than its sender paid for on L1."""
    if tx.gas_limit > declared:
        raise InvalidTransaction(4, f"gas limit is {tx.gas_limit}, {declared} was declared on L1")


def validate(tx: L2Transaction, state: State, env: Env) -> None:
    """Raise InvalidTransaction by the first of rules 4 to 10 that ``tx`` breaks on a state, in the block of ``env``."""
    check_sender(tx, validate_input(tx, state, env), env.fork)


def validate_input(tx: L2Transaction, state: State, env: Env) -> AccountState:
    """Raise InvalidTransaction by the first of rules 4 to 9, which the step that takes the input decides.

    Returns the sender's account.
    """
    if tx.gas_limit > env.gas_limit:
        raise InvalidTransaction(4, f"gas limit is {tx.gas_limit}, at most {env.gas_limit} is allowed")
    if tx.max_fee < env.base_fee:
        raise InvalidTransaction(5, f"the highest fee is {tx.max_fee}, the base fee is {env.base_fee}")
    if tx.priority_fee > tx.max_fee:
        raise InvalidTransaction(5, f"the priority fee {tx.priority_fee} is above the highest fee {tx.max_fee}")
    if tx.to is None and len(tx.data) > MAX_INITCODE_SIZE:
        raise InvalidTransaction(6, f"initcode has {len(tx.data)} bytes, at most {MAX_INITCODE_SIZE} are allowed")
    if tx.gas_limit < tx.intrinsic_gas:
        raise InvalidTransaction(7, f"gas limit is {tx.gas_limit}, its bytes alone cost {tx.intrinsic_gas}")
    if tx.gas_limit < (floor := floor_gas(tx.data, env.fork)):
        raise InvalidTransaction(7, f"gas limit is {tx.gas_limit}, a transaction with its data uses {floor} at least")
    account = state.account(tx.sender)
    if account.nonce != tx.nonce:
        raise InvalidTransaction(8, f"nonce is {tx.nonce}, that of 0x{tx.sender.hex()} is {account.nonce}")
    if tx.nonce == _U64 - 1:
        raise InvalidTransaction(8, f"nonce {tx.nonce} is the last one, which nobody can use")
    needed = tx.gas_limit * tx.max_fee + tx.value + env.data_fee(tx.raw)
    if account.balance < needed:
        raise InvalidTransaction(9, f"0x{tx.sender.hex()} has {account.balance} wei, {needed} are needed")
    return account


def check_sender(tx: L2Transaction, account: AccountState, fork: Fork) -> None:
    """Raise InvalidTransaction by rule 10 if a transaction is from a contract; a delegated account is none."""
    code = account.code.data
    if code and delegate_in(code, fork) is None:
        raise InvalidTransaction(RULE_OF_CODE, f"sender 0x{tx.sender.hex()} has code")
