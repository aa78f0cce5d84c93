"""Reads Ethereum's state tests: those of ethereum/tests (``GeneralStateTests``) and those of execution-spec-tests.

A file holds tests by name. A test has one transaction in variants, and by fork the results of some of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from coincurve import PrivateKey

from harness.chain.values.rules import OSAKA_RULES, PRAGUE_RULES, BlobRules
from harness.primitives import rlp
from harness.primitives.hashing import keccak256
from harness.primitives.opcodes import Fork
from harness.proofs.errors import StateTestUnreadable
from harness.rollup.machine.environment import RING_SIZE, Env, Ring, ring_of
from harness.rollup.machine.state import State

FORKS: Mapping[str, Fork] = MappingProxyType(
    {fork.name.title(): fork for fork in (Fork.CANCUN, Fork.PRAGUE, Fork.OSAKA)}
)
"""The forks that a layer may speak, by the names that state tests give them."""

L2_FORKS = (Fork.CANCUN, Fork.PRAGUE, Fork.OSAKA)
"""The forks that L2 speaks."""

_OTHER_FORKS = {
    "Frontier", "Homestead", "EIP150", "EIP158", "Byzantium", "Constantinople", "ConstantinopleFix", "Istanbul",
    "MuirGlacier", "Berlin", "London", "ArrowGlacier", "GrayGlacier", "Paris", "Merge", "Shanghai", "BPO1", "BPO2",
}  # fmt: skip
"""Forks whose results are passed over."""

_DEFAULT_CHAIN_ID = 1
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
_CANCUN_BLOBS = BlobRules(3, 6, 6, 3_338_477, is_bounded=False)


@dataclass(frozen=True)
class Case:
    """One transaction of a state test and what must come of it by a fork's rules."""

    path: Path
    directory: str
    name: str
    fork: Fork
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
            blob_base_fee=self.blobs.base_fee(self.excess_blob_gas),
            chain_id=self.chain_id,
            l1_block=0,
            fork=self.fork,
        )

    @property
    def chain_id(self) -> int:
        """The chain id that the test names; 1 if it names none."""
        given = self.document.get("config", {}).get("chainid")
        return _DEFAULT_CHAIN_ID if given is None else _int(given)

    @property
    def excess_blob_gas(self) -> int:
        """The block's excess blob gas."""
        return _int(self.document["env"].get("currentExcessBlobGas", "0x0"))

    @property
    def blobs(self) -> BlobRules:
        """The fork's blobs, with the numbers that the test gives, if it gives any."""
        usual = {Fork.CANCUN: _CANCUN_BLOBS, Fork.PRAGUE: PRAGUE_RULES.blobs, Fork.OSAKA: OSAKA_RULES.blobs}[self.fork]
        given = self.document.get("config", {}).get("blobSchedule", {}).get(self.fork.name.title())
        if given is None:
            return usual
        most = _int(given["max"])
        per_transaction = min(most, usual.per_transaction) if self.fork >= Fork.OSAKA else most
        fraction = _int(given["baseFeeUpdateFraction"])
        return BlobRules(_int(given["target"]), most, per_transaction, fraction, usual.is_bounded)

    @cached_property
    def ring(self) -> Ring:
        """The hashes of the blocks before. State tests define that of block n as the Keccak of its decimal digits."""
        number = self.env.number
        first = max(0, number - RING_SIZE)
        return ring_of([(n, keccak256(str(n).encode())) for n in range(first, number)])

    def accounts(self) -> dict[bytes, tuple[int, int, bytes, dict[int, int]]]:
        """Return the prestate by address, empty accounts included: nonce, balance, code and storage."""
        return {
            _bytes(address): (
                _int(account["nonce"]),
                _int(account["balance"]),
                _bytes(account["code"]),
                {_int(slot): _int(value) for slot, value in account["storage"].items()},
            )
            for address, account in self.document["pre"].items()
        }

    @cached_property
    def state(self) -> State:
        """The prestate as L2 holds it."""
        state = State()
        for address, (nonce, balance, code, storage) in self.accounts().items():
            state = state.with_account(
                address, nonce=nonce, balance=balance, code=code, storage=storage, keep_empty=True
            )
        return state

    @cached_property
    def raw(self) -> bytes:
        """The signed transaction: the test's bytes, or a signature over the test's fields."""
        given = self.post.get("txbytes")
        if given:
            return _bytes(given)
        return _sign(self.document["transaction"], self.post["indexes"], self.chain_id)

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


def logs_hash(logs: Iterable[tuple[bytes, tuple[bytes, ...], bytes]]) -> bytes:
    """Return keccak256 of the logs' RLP, as state tests publish it; a log is an address, its topics and its data."""
    return keccak256(rlp.encode([[address, list(topics), data] for address, topics, data in logs]))


def find_cases(root: Path, forks: Sequence[Fork] = L2_FORKS) -> Iterator[Case]:
    """Yield every case with a result for one of ``forks`` below ``root`` (a folder or one file), in order of paths.

    Raises StateTestUnreadable if a file is not JSON, has unknown fields, or has a test with results for unknown forks
    only.
    """
    names = [fork.name.title() for fork in forks]
    if not root.exists():
        raise StateTestUnreadable(str(root), "no such file or folder")
    files = [root] if root.is_file() else sorted(root.rglob("*.json"))
    base = root.parent if root.is_file() else root
    for path in files:
        directory = str(path.parent.relative_to(base))
        for name, document in _load(path).items():
            given = [fork for fork in names if fork in document["post"]]
            for fork in given:
                for post in document["post"][fork]:
                    indexes = post["indexes"]
                    variant = f"d{indexes['data']}g{indexes['gas']}v{indexes['value']}"
                    label = f"{name}[{variant}]" if len(given) == 1 else f"{name}[{fork} {variant}]"
                    yield Case(path, directory, label, FORKS[fork], document, post)


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
        _check_results(path, name, document["post"])
    return documents


def _check_results(path: Path, name: str, results: object) -> None:
    if not isinstance(results, dict) or not all(isinstance(posts, list) for posts in results.values()):
        raise StateTestUnreadable(str(path), f"{name}.post is no object of lists of results by fork")
    if results and not results.keys() & (FORKS.keys() | _OTHER_FORKS):
        unknown, known = ", ".join(map(repr, results)), ", ".join(FORKS)
        raise StateTestUnreadable(str(path), f"{name}.post has results for {unknown} alone, expected one of {known}")
    for fork in results.keys() & FORKS.keys():
        for post in results[fork]:
            where = f"{name}.post.{fork}"
            _check(path, where, post, _POST, {"hash", "indexes", "logs"})
            _check(path, f"{where}.indexes", post["indexes"], _INDEXES, _INDEXES)


def _check(path: Path, where: str, fields: object, known: set[str], needed: set[str]) -> None:
    if not isinstance(fields, dict):
        raise StateTestUnreadable(str(path), f"{where} is a {type(fields).__name__}, expected an object")
    unknown = sorted(set(fields) - known)
    missing = sorted(needed - set(fields))
    if unknown:
        raise StateTestUnreadable(str(path), f"{where} has unknown fields {', '.join(unknown)}")
    if missing:
        raise StateTestUnreadable(str(path), f"{where} lacks {', '.join(missing)}")


def _sign(fields: dict[str, Any], indexes: dict[str, int], chain_id: int) -> bytes:
    """Encode and sign a transaction. It may be one that no client makes: numbers of any size, blobs without hashes."""
    lists = fields.get("accessLists")
    entries = lists[indexes["data"]] if lists else None
    by_field = (("authorizationList", 4), ("maxFeePerBlobGas", 3), ("maxFeePerGas", 2))
    untold = 0 if entries is None else 1
    type_id = next((number for field, number in by_field if field in fields), untold)
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
        items = [rlp.minimal(chain_id), *items, listed]
    if type_id == 3:
        items += [rlp.minimal(_int(fields["maxFeePerBlobGas"])), [_word(h) for h in fields["blobVersionedHashes"]]]
    if type_id == 4:
        items.append([_authorization(entry) for entry in fields["authorizationList"]])
    prefix = bytes([type_id]) if type_id else b""
    signature = PrivateKey(_word(fields["secretKey"])).sign_recoverable(
        keccak256(prefix + rlp.encode(items)), hasher=None
    )
    parity = signature[64] + (0 if type_id else 27)
    r, s = (int.from_bytes(signature[at : at + 32], "big") for at in (0, 32))
    return prefix + rlp.encode([*items, *map(rlp.minimal, (parity, r, s))])


def _authorization(entry: dict[str, str]) -> list[rlp.Item]:
    numbers = (_int(entry[name]) for name in ("chainId", "nonce", "yParity" if "yParity" in entry else "v", "r", "s"))
    chain_id, *rest = map(rlp.minimal, numbers)
    return [chain_id, _bytes(entry["address"]), *rest]


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
