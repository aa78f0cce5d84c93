"""The contracts that L2 begins with: a table of addresses, each with code and storage.

| what an entry is        | where the code comes from                                                            |
|-------------------------|--------------------------------------------------------------------------------------|
| ``"Counter"``           | a contract of the project, by its name or as ``"src/Counter.sol:Counter"``           |
| ``"@pkg/a/B.sol:B"``    | a source file below the project or its ``node_modules``, compiled                    |
| ``"0x6001..."``         | the code itself                                                                      |
| a contract type         | what a test holds                                                                    |
| a table: ``contract``   | any of the above                                                                     |
| ... with ``artifacts``  | a folder of compiled contracts, in which ``contract`` is looked up by its name        |
| ... with ``storage``    | slots and their values, as numbers or in hexadecimal                                 |
| ... with ``replace``    | true if the entry takes the place of a built-in contract                             |

No constructor runs, so a contract with immutables is refused. The genesis root commits to the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from eth_utils import to_canonical_address, to_checksum_address

from harness import config as configuration
from harness.chain.values.address import address_bytes
from harness.chain.values.value_errors import NotAnAddress
from harness.contracts.artifact import Artifact
from harness.contracts.project import Project, prebuilt_project
from harness.rollup.errors import (
    GenesisClash,
    GenesisCodeReserved,
    GenesisCodeTooLarge,
    GenesisUnfilled,
    GenesisWithoutCode,
    WrongRollupParameter,
)
from harness.rollup.machine.opening import HISTORY, L1_BLOCK, L1_FEE_VAULT

HISTORY_CODE = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff"
    "9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500"
)
"""The runtime code of EIP-2935's contract."""

PASSER: bytes = to_canonical_address("0x4200000000000000000000000000000000000016")
TOKEN_BRIDGE: bytes = to_canonical_address("0x4200000000000000000000000000000000000010")
FEE_VAULT: bytes = to_canonical_address("0x4200000000000000000000000000000000000011")

COMPILED: Mapping[bytes, str] = {
    PASSER: "L2ToL1MessagePasser",
    TOKEN_BRIDGE: "L2TokenBridge",
    FEE_VAULT: "FeeVault",
    L1_BLOCK: "L1Block",
    L1_FEE_VAULT: "FeeVault",
}
"""The built-in contracts that L2 begins with, at the addresses of the OP Stack's counterparts."""

BUILT_IN: Mapping[bytes, str] = {**COMPILED, HISTORY: "history of block hashes (EIP-2935)"}
"""The names of all that genesis holds already."""

MAX_CODE = 24_576
"""Bytes of the longest code (EIP-170)."""

_RESERVED = 0xEF
"""First byte of code that nobody can deploy (EIP-3541); designators begin with it (EIP-7702)."""

_PRECOMPILES = frozenset((*range(1, 0x12), 0x100))
_KEYS = ("artifacts", "code", "contract", "replace", "storage")
_WORD = 2**256


@dataclass(frozen=True, slots=True)
class Predeploy:
    """One contract of genesis; ``storage`` has pairs of slot and value, sorted, without zero values.

    ``replace`` says that it takes the place of a built-in contract. ``name`` is for messages.
    """

    address: bytes
    code: bytes
    storage: tuple[tuple[int, int], ...] = ()
    replace: bool = False
    name: str = field(default="the code", compare=False)

    @property
    def entry(self) -> dict[str, Any]:
        """The contract as an entry of a table that needs no project."""
        storage = {hex(slot): hex(value) for slot, value in self.storage}
        return {"code": "0x" + self.code.hex(), "storage": storage, "replace": self.replace}


def check_predeploys(predeploys: Iterable[Predeploy]) -> None:
    """Raise the error of the first contract that cannot be there.

    It is GenesisClash, GenesisWithoutCode, GenesisCodeTooLarge, GenesisCodeReserved, or WrongRollupParameter for an
    address that has not 20 bytes.
    """
    taken: dict[bytes, str] = {}
    for each in predeploys:
        if len(each.address) != 20:
            raise WrongRollupParameter("genesis", f"{each.name} at 0x{each.address.hex()}", "an address of 20 bytes")
        shown = to_checksum_address(each.address)
        if not each.code:
            raise GenesisWithoutCode(shown, each.name)
        if each.code[0] == _RESERVED:
            raise GenesisCodeReserved(shown, each.name)
        if len(each.code) > MAX_CODE:
            raise GenesisCodeTooLarge(shown, each.name, len(each.code), MAX_CODE)
        if int.from_bytes(each.address, "big") in _PRECOMPILES:
            raise GenesisClash(shown, each.name, "a precompile")
        if each.address in taken:
            raise GenesisClash(shown, each.name, f"{taken[each.address]} of the same table")
        if each.address in BUILT_IN and not each.replace:
            built_in = f"the built-in {BUILT_IN[each.address]}"
            raise GenesisClash(shown, each.name, built_in, "; replace = true replaces it")
        taken[each.address] = each.name


def table_of(predeploys: Iterable[Predeploy]) -> dict[str, dict[str, Any]]:
    """Return contracts as a table that `read_predeploys` turns into the same contracts, on any machine."""
    return {to_checksum_address(each.address): each.entry for each in predeploys}


def read_predeploys(table: object, root: Path | None = None) -> tuple[Predeploy, ...]:
    """Read a table of genesis; the contracts are sorted by address.

    ``root`` is the folder of the project whose contracts and folders the table names; None is the project around the
    current folder. Raises WrongRollupParameter, GenesisWithoutCode, GenesisUnfilled, and what `Project` raises for a
    contract that is not found.
    """
    if not isinstance(table, Mapping):
        raise WrongRollupParameter("genesis", table, "a table of addresses")
    reader = _Reader(root)
    return tuple(sorted((reader.read(key, entry) for key, entry in table.items()), key=lambda each: each.address))


class _Reader:
    def __init__(self, root: Path | None) -> None:
        self._root = root
        self._project: Project | None = None

    def read(self, key: object, entry: object) -> Predeploy:
        address = _address(key)
        where = f"genesis.{to_checksum_address(address)}"
        table = entry if isinstance(entry, Mapping) else {"contract": entry}
        for name in table:
            if name not in _KEYS:
                raise WrongRollupParameter(f"{where}.{name}", table[name], f"one of {', '.join(_KEYS)}")
        if ("contract" in table) == ("code" in table):
            raise WrongRollupParameter(where, dict(table), "a contract or its code")
        made = Predeploy(address, b"", _storage(where, table.get("storage", {})), _flag(where, table))
        if "code" in table or _is_code(table["contract"]):
            text = table.get("code", table.get("contract"))
            return replace(made, code=_code(where, text))
        artifact = self._artifact(where, table["contract"], table.get("artifacts"))
        if artifact.immutable_references or artifact.runtime_link_references:
            holes = "immutables" if artifact.immutable_references else "libraries"
            raise GenesisUnfilled(to_checksum_address(address), artifact.name, holes)
        if not artifact.runtime:
            raise GenesisWithoutCode(to_checksum_address(address), artifact.name)
        return replace(made, code=artifact.runtime, name=artifact.name)

    def _artifact(self, where: str, contract: object, folder: object) -> Artifact:
        held = getattr(contract, "artifact", contract)
        if isinstance(held, Artifact):
            return held
        if not isinstance(contract, str):
            raise WrongRollupParameter(f"{where}.contract", contract, "the name of a contract, or its type")
        root = self._folder()
        if folder is not None:
            if not isinstance(folder, str) or not (root / folder).is_dir():
                raise WrongRollupParameter(f"{where}.artifacts", folder, f"a folder below {root}")
            return prebuilt_project(root / folder, root)[contract]
        if self._project is None:
            self._project = Project.load(root)
        return self._project[contract]

    def _folder(self) -> Path:
        return self._root or configuration.root_above(Path.cwd()) or Path.cwd()


def _address(key: object) -> bytes:
    if isinstance(key, bytes) and len(key) == 20:
        return key
    try:
        return address_bytes(key)
    except NotAnAddress as problem:
        raise WrongRollupParameter(f"genesis.{key}", key, f"an address: {problem.reason}") from problem


def _flag(where: str, table: Mapping[str, Any]) -> bool:
    value = table.get("replace", False)
    if not isinstance(value, bool):
        raise WrongRollupParameter(f"{where}.replace", value, "true or false")
    return value


def _is_code(given: object) -> bool:
    return isinstance(given, bytes) or (isinstance(given, str) and given.startswith("0x"))


def _code(where: str, given: object) -> bytes:
    if isinstance(given, bytes):
        return given
    try:
        if not isinstance(given, str):
            raise TypeError
        return bytes.fromhex(given.removeprefix("0x"))
    except (TypeError, ValueError) as problem:
        raise WrongRollupParameter(f"{where}.code", given, "code in hexadecimal") from problem


def _storage(where: str, given: object) -> tuple[tuple[int, int], ...]:
    if not isinstance(given, Mapping):
        raise WrongRollupParameter(f"{where}.storage", given, "a table of slots and values")
    words: dict[int, int] = {}
    for key, value in given.items():
        slot = _word(f"{where}.storage", key)
        if slot in words:
            raise WrongRollupParameter(f"{where}.storage", key, "each slot once")
        words[slot] = _word(f"{where}.storage.{key}", value)
    return tuple(sorted((slot, value) for slot, value in words.items() if value))


def _word(where: str, given: object) -> int:
    try:
        value = int(given, 0) if isinstance(given, str) else given
    except ValueError:
        value = None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _WORD:
        raise WrongRollupParameter(where, given, "a number from 0 to 2**256 - 1, or the same in hexadecimal")
    return value
