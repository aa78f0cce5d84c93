"""Reads Ethereum's state tests (``GeneralStateTests``) with their results for Cancun (``post.Cancun``)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from coincurve import PrivateKey

from harness.primitives import rlp
from harness.primitives.hashing import keccak256
from harness.proofs.errors import StateTestUnreadable
from harness.rollup.machine.environment import RING_SIZE, Env, Ring, ring_of
from harness.rollup.machine.execution import Log
from harness.rollup.machine.state import State

FORK = "Cancun"
CHAIN_ID = 1
_TOP = {"_info", "env", "post", "pre", "transaction", "config"}
_ENV = {
    "currentBaseFee", "currentBeaconRoot", "currentBlobBaseFee", "currentCoinbase", "currentDifficulty",
    "currentExcessBlobGas", "currentGasLimit", "currentNumber", "currentRandom", "currentTimestamp",
    "currentWithdrawalsRoot", "parentBlobGasUsed", "parentExcessBlobGas", "previousHash", "blockHashes",
}  # fmt: skip
_TRANSACTION = {
    "accessLists", "authorizationList", "blobVersionedHashes", "data", "gasLimit", "gasPrice", "initcodes",
    "maxFeePerBlobGas", "maxFeePerGas", "maxPriorityFeePerGas", "nonce", "secretKey", "sender", "to", "value",
}  # fmt: skip
_POST = {"expectException", "hash", "indexes", "logs", "state", "txbytes"}
_INDEXES = {"data", "gas", "value"}
_BLOB_FEE_FRACTION = 3_338_477


@dataclass(frozen=True)
class Case:
    """One transaction of a state test and its published result."""

    path: Path
    directory: str
    name: str
    document: dict[str, Any]
    post: dict[str, Any]

    @cached_property
    def env(self) -> Env:
        """The test's block. L1's block number is 0."""
        env = self.document["env"]
        return Env(
            number=_int(env["currentNumber"]),
            timestamp=_int(env["currentTimestamp"]),
            coinbase=_bytes(env["currentCoinbase"]),
            gas_limit=_int(env["currentGasLimit"]),
            prev_randao=_int(env.get("currentRandom", env.get("currentDifficulty", "0x0"))).to_bytes(32, "big"),
            base_fee=_int(env.get("currentBaseFee", "0x0a")),
            blob_base_fee=blob_base_fee(_int(env.get("currentExcessBlobGas", "0x0"))),
            chain_id=CHAIN_ID,
            l1_block=0,
        )

    @cached_property
    def ring(self) -> Ring:
        """The hashes of the blocks before. State tests define that of block n as the Keccak of its decimal digits."""
        number = self.env.number
        first = max(0, number - RING_SIZE)
        return ring_of([(n, keccak256(str(n).encode())) for n in range(first, number)])

    @cached_property
    def state(self) -> State:
        """The prestate, empty accounts included."""
        state = State()
        for address, account in self.document["pre"].items():
            state = state.with_account(
                _bytes(address),
                nonce=_int(account["nonce"]),
                balance=_int(account["balance"]),
                code=_bytes(account["code"]),
                storage={_int(slot): _int(value) for slot, value in account["storage"].items()},
                keep_empty=True,
            )
        return state

    @cached_property
    def raw(self) -> bytes:
        """The signed transaction: the test's bytes, or a signature over the test's fields."""
        given = self.post.get("txbytes")
        return _bytes(given) if given else _sign(self.document["transaction"], self.post["indexes"])

    @property
    def expected_root(self) -> bytes:
        """The published state root."""
        return _bytes(self.post["hash"])

    @property
    def expected_logs(self) -> bytes:
        """The published hash of the logs' RLP."""
        return _bytes(self.post["logs"])

    @property
    def expects_exception(self) -> str | None:
        """Why the transaction is invalid; None if it is valid."""
        return self.post.get("expectException")

    @property
    def is_blob(self) -> bool:
        """Whether the transaction carries blobs, which L2 skips."""
        return "maxFeePerBlobGas" in self.document["transaction"]


def blob_base_fee(excess: int) -> int:
    """Return the price of blob gas, by EIP-4844's series for the exponential."""
    total, term, index = 0, _BLOB_FEE_FRACTION, 1
    while term > 0:
        total += term
        term = term * excess // (_BLOB_FEE_FRACTION * index)
        index += 1
    return total // _BLOB_FEE_FRACTION


def logs_hash(logs: tuple[Log, ...]) -> bytes:
    """Return keccak256 of the logs' RLP, as state tests publish it."""
    return keccak256(rlp.encode([[log.address, list(log.topics), log.data] for log in logs]))


def find_cases(root: Path) -> Iterator[Case]:
    """Yield every case with a result for the fork, in the order of paths. ``root`` is a folder or one file.

    Raises StateTestUnreadable if a file is not JSON, lacks a field, or has an unknown one.
    """
    if not root.exists():
        raise StateTestUnreadable(str(root), "no such file or folder")
    files = [root] if root.is_file() else sorted(root.rglob("*.json"))
    base = root.parent if root.is_file() else root
    for path in files:
        directory = str(path.parent.relative_to(base))
        for name, document in _load(path).items():
            posts = document["post"].get(FORK, [])
            for post in posts:
                indexes = post["indexes"]
                label = f"{name}[d{indexes['data']}g{indexes['gas']}v{indexes['value']}]"
                yield Case(path, directory, label, document, post)


def _load(path: Path) -> dict[str, Any]:
    try:
        documents = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise StateTestUnreadable(str(path), f"no JSON: {error}") from error
    if not isinstance(documents, dict):
        raise StateTestUnreadable(str(path), f"a {type(documents).__name__} where an object of tests is expected")
    for name, document in documents.items():
        _check(path, name, document, _TOP, {"env", "post", "pre", "transaction"})
        _check(path, f"{name}.env", document["env"], _ENV, {"currentNumber", "currentTimestamp", "currentCoinbase"})
        _check(path, f"{name}.transaction", document["transaction"], _TRANSACTION, {"data", "gasLimit", "value"})
        posts = document["post"].get(FORK, []) if isinstance(document["post"], dict) else None
        if not isinstance(posts, list):
            raise StateTestUnreadable(str(path), f"{name}.post is no object of lists of results by fork")
        for post in posts:
            where = f"{name}.post.{FORK}"
            _check(path, where, post, _POST, {"hash", "indexes", "logs"})
            _check(path, f"{where}.indexes", post["indexes"], _INDEXES, _INDEXES)
    return documents


def _check(path: Path, where: str, fields: object, known: set[str], needed: set[str]) -> None:
    if not isinstance(fields, dict):
        raise StateTestUnreadable(str(path), f"{where} is a {type(fields).__name__}, expected an object")
    unknown = sorted(set(fields) - known)
    missing = sorted(needed - set(fields))
    if unknown:
        raise StateTestUnreadable(str(path), f"{where} has unknown fields {', '.join(unknown)}")
    if missing:
        raise StateTestUnreadable(str(path), f"{where} lacks {', '.join(missing)}")


def _sign(fields: dict[str, Any], indexes: dict[str, int]) -> bytes:
    """Encode and sign a transaction. It may be one that no client makes: numbers of any size, blobs without hashes."""
    lists = fields.get("accessLists")
    entries = lists[indexes["data"]] if lists else None
    type_id = 3 if "maxFeePerBlobGas" in fields else 2 if "maxFeePerGas" in fields else 0 if entries is None else 1
    fees = [_int(fields["gasPrice"])] if type_id < 2 else [_int(fields[f"max{f}FeePerGas"]) for f in ("Priority", "")]
    items: list[rlp.Item] = [rlp.minimal(number) for number in (_int(fields["nonce"]), *fees)]
    items += [
        rlp.minimal(_int(fields["gasLimit"][indexes["gas"]])),
        _bytes(fields.get("to", "")),
        rlp.minimal(_int(fields["value"][indexes["value"]])),
        _bytes(fields["data"][indexes["data"]]),
    ]
    if type_id:
        listed: list[rlp.Item] = [
            [_bytes(entry["address"]), [_word(key) for key in entry["storageKeys"]]] for entry in entries or ()
        ]
        items = [rlp.minimal(CHAIN_ID), *items, listed]
    if type_id == 3:
        items += [rlp.minimal(_int(fields["maxFeePerBlobGas"])), [_word(h) for h in fields["blobVersionedHashes"]]]
    prefix = bytes([type_id]) if type_id else b""
    signature = PrivateKey(_word(fields["secretKey"])).sign_recoverable(
        keccak256(prefix + rlp.encode(items)), hasher=None
    )
    parity = signature[64] + (0 if type_id else 27)
    r, s = (int.from_bytes(signature[at : at + 32], "big") for at in (0, 32))
    return prefix + rlp.encode([*items, *map(rlp.minimal, (parity, r, s))])


def _int(text: str) -> int:
    """Parse a number in hex, or in decimal as old files have it. "0x" is 0."""
    if text == "0x":
        return 0
    return int(text.removeprefix("0x:bigint "), 16 if text.startswith("0x") else 10)


def _bytes(text: str) -> bytes:
    digits = text.removeprefix("0x")
    return bytes.fromhex(digits if len(digits) % 2 == 0 else "0" + digits)


def _word(text: str) -> bytes:
    return _int(text).to_bytes(32, "big")
