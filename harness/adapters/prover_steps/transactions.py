"""Signed transactions: those that L2 takes, and those that break one of its rules, by the number of the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.adapters.prover_steps.bench import (
    BASE_FEE,
    CHAIN_ID,
    CODED,
    POOR,
    RICH,
    SPENT,
    TARGET,
    address,
)
from harness.primitives import rlp
from harness.primitives.hashing import keccak256
from harness.primitives.signatures import ORDER, sign_digest
from harness.rollup.codec.messages import Deposit
from harness.rollup.machine.environment import TX_GAS_CAP

INITCODE = bytes.fromhex("600160005360016000f3")
NOBODY = b"\x12" * 20
DATA = b"\x00" * 10 + b"\x07" * 1_000
FLOOR = 21_000 + 10 * 10 + 40 * 1_000
"""The floor (EIP-7623) of a transaction with that data."""
INTRINSIC = 21_000 + 10 * 4 + 16 * 1_000


def sign(account: Any = RICH, **given: Any) -> bytes:
    """Return a signed transaction; None leaves a field out."""
    known: dict[str, Any] = {"nonce": 0, "gas": 100_000, "value": 3, "to": TARGET, "data": b"", "chainId": CHAIN_ID}
    if not {"maxFeePerGas", "accessList"} & set(given):
        known["gasPrice"] = 10
    merged = {name: value for name, value in {**known, **given}.items() if value is not None}
    return bytes(account.sign_transaction(merged).raw_transaction)


def set_code(account: Any = RICH, authority: Any = POOR, authority_nonce: int = 0, **given: Any) -> bytes:
    """Return a signed transaction that has an authority delegate to the target."""
    one = authority.sign_authorization({"chainId": CHAIN_ID, "address": TARGET, "nonce": authority_nonce})
    fees = {"maxFeePerGas": 12, "maxPriorityFeePerGas": 1, "accessList": [], "authorizationList": [one]}
    return sign(account, **(fees | given))


def _legacy(change: Callable[[list[Any]], object]) -> bytes:
    items: list[Any] = list(rlp.decode(sign()))
    change(items)
    return rlp.encode(items)


def _respelt(change: Callable[[list[Any]], object]) -> bytes:
    """Return a transaction of type 4 with its fields changed, signed again."""
    raw = set_code()
    items: list[Any] = list(rlp.decode(raw[1:]))
    change(items)
    parity, r, s = sign_digest(RICH.key, keccak256(raw[:1] + rlp.encode(items[:-3])))
    items[-3:] = [rlp.minimal(number) for number in (parity, r, s)]
    return raw[:1] + rlp.encode(items)


def _put(at: int, value: Any) -> Callable[[list[Any]], object]:
    return lambda items: items.__setitem__(at, value)


def _tuple(at: int, value: Any) -> Callable[[list[Any]], object]:
    return lambda items: items[9][0].__setitem__(at, value)


def taken() -> Mapping[str, bytes]:
    """Return transactions that L2 takes, each with the nonce 0."""
    place = "0x" + TARGET.hex()
    slots = [{"address": place, "storageKeys": [f"0x{n:064x}" for n in (0, 5, 0)]}]
    return {
        "type 0": sign(),
        "type 0, unprotected": sign(chainId=None),
        "type 1": sign(gasPrice=9, accessList=[{"address": place, "storageKeys": []}]),
        "type 2": sign(maxFeePerGas=12, maxPriorityFeePerGas=1),
        "type 2, tip cut by the maximum": sign(maxFeePerGas=8, maxPriorityFeePerGas=8),
        "type 2, with slots": sign(maxFeePerGas=8, maxPriorityFeePerGas=0, accessList=slots),
        "type 4": set_code(),
        "type 4, with slots": set_code(accessList=slots),
        "to nobody": sign(to=NOBODY),
        "to a precompile": sign(to=(4).to_bytes(20, "big"), data=b"\x01" * 40),
        "to itself": sign(to=address(RICH)),
        "creation that collides": sign(to=None, data=INITCODE),
        "the last wei": sign(POOR, gas=21_000, value=4, to=NOBODY),
        "the highest gas limit": sign(gas=TX_GAS_CAP),
        "at its floor": sign(gas=FLOOR, data=DATA, to=NOBODY),
        "above its floor": sign(gas=FLOOR + 9_000, data=DATA, to=NOBODY),
        "just enough for its authorisation": set_code(gas=46_000, to=NOBODY),
    }


def skipped() -> Mapping[str, bytes]:
    """Return transactions that L2 skips; the name begins with the rule that they break."""
    minimal_one = b"\x00\x01"
    return {
        "1: no bytes": b"",
        "1: noise": b"\xc3\x01\x02\x03",
        "1: a byte left over": sign() + b"\x00",
        "1: type 3": b"\x03" + sign(maxFeePerGas=12, maxPriorityFeePerGas=1)[1:],
        "1: too long": sign(data=bytes(50_000)),
        "1: a field too many": _legacy(lambda items: items.append(b"")),
        "1: a field too few": _legacy(lambda items: items.pop()),
        "1: a nonce with a leading zero": _legacy(_put(0, minimal_one)),
        "1: a nonce of 65 bits": _legacy(_put(0, b"\x01" + bytes(8))),
        "1: a gas limit of 65 bits": _legacy(_put(2, b"\x01" + bytes(8))),
        "1: a value of 257 bits": _legacy(_put(4, b"\x01" + bytes(32))),
        "1: a target of 19 bytes": _legacy(_put(3, b"\x01" * 19)),
        "1: a list for a number": _legacy(_put(0, [])),
        "1: no authorisation": _respelt(_put(9, [])),
        "1: authorisations of nobody to call": _respelt(_put(5, b"")),
        "1: authorisations that are no list": _respelt(_put(9, b"\x01")),
        "1: an authorisation that is no list": _respelt(_put(9, [b"\x01"])),
        "1: an authorisation without s": _respelt(lambda items: items[9][0].pop()),
        "1: an authorisation with a seventh field": _respelt(lambda items: items[9][0].append(b"")),
        "1: an authorisation of 19 bytes": _respelt(_tuple(1, b"\x01" * 19)),
        "1: an authorisation with a nonce of 65 bits": _respelt(_tuple(2, b"\x01" + bytes(8))),
        "1: an authorisation with a parity of 9 bits": _respelt(_tuple(3, b"\x01\x00")),
        "1: an authorisation with r of 257 bits": _respelt(_tuple(4, b"\x01" + bytes(32))),
        "2: another chain": sign(chainId=900),
        "3: r of nothing": _legacy(_put(7, b"")),
        "3: r of the order": _legacy(_put(7, ORDER.to_bytes(32, "big"))),
        "3: r of no point": _legacy(_put(7, b"\x05")),
        "3: a high s": _legacy(_put(8, (ORDER - 1).to_bytes(32, "big"))),
        "4: gas above the cap": sign(gas=TX_GAS_CAP + 1),
        "5: price below the base fee": sign(gasPrice=BASE_FEE - 1),
        "5: tip above the maximum": sign(maxFeePerGas=8, maxPriorityFeePerGas=9),
        "6: initcode too long": sign(to=None, data=bytes(49_153), gas=TX_GAS_CAP),
        "7: gas below the intrinsic": sign(gas=20_999),
        "7: gas below that of the data": sign(gas=21_000 + 15, data=b"\x01"),
        "7: gas below the floor": sign(gas=FLOOR - 1, data=DATA, to=NOBODY),
        "7: gas at the intrinsic": sign(gas=INTRINSIC, data=DATA, to=NOBODY),
        "7: gas below that of its authorisation": set_code(gas=45_999),
        "8: a nonce too high": sign(nonce=1),
        "8: the last nonce": sign(SPENT, nonce=2**64 - 1),
        "9: a wei too little": sign(POOR, gas=21_000, value=5),
        "9: a cost that wraps": sign(gasPrice=2**255, gas=65_536),
        "10: a sender with code": sign(CODED),
    }


def deposits() -> Mapping[str, Deposit]:
    """Return deposits that run, that do not, and that collide."""
    rich, poor, spent = address(RICH), address(POOR), address(SPENT)
    return {
        "call": Deposit(rich, TARGET, 5, 5, 60_000, b"\x00\x01" * 20),
        "gift to nobody": Deposit(poor, b"\x31" * 20, 10**18, 10**18, 21_000, b""),
        "nothing to nobody": Deposit(b"\x32" * 20, b"\x33" * 20, 0, 0, 21_000, b""),
        "value not covered": Deposit(poor, TARGET, 1, 10**18, 60_000, b""),
        "creation not covered": Deposit(poor, None, 1, 10**18, 90_000, INITCODE),
        "creation": Deposit(poor, None, 7, 7, 90_000, INITCODE),
        "creation that collides": Deposit(rich, None, 7, 7, 90_000, INITCODE),
        "the last nonce": Deposit(spent, TARGET, 5, 5, 60_000, b""),
        "creation with the last nonce": Deposit(spent, None, 0, 0, 90_000, INITCODE),
        "to a precompile": Deposit(poor, (2).to_bytes(20, "big"), 5, 5, 60_000, b"\x01"),
        "from an account with code": Deposit(address(CODED), TARGET, 0, 1, 60_000, b""),
        "to the sender": Deposit(poor, poor, 9, 9, 21_000, b""),
    }


def scant_deposits() -> Mapping[str, Deposit]:
    """Return deposits with just enough gas to begin, and with less, which the built-in inbox does not take."""
    stranger = b"\x5d" * 20
    return {
        **{f"with {gas} gas": Deposit(stranger, NOBODY, 9, 4, gas, DATA) for gas in (FLOOR, FLOOR - 1, 37_039, 0)},
        **{f"creation with {gas} gas": Deposit(stranger, None, 9, 4, gas, b"") for gas in (53_000, 52_999)},
    }
