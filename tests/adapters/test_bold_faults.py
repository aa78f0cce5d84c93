"""Copies of Arbitrum's BoLD with one line changed: the pack of bridges finds each."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.adapters.bold_bridge import BoldBridge
from harness.adapters.choosing import Chosen, KnownContracts
from harness.adapters.published import ARBITRUM, Published
from harness.attack.attack import Verdict
from harness.attack.bridge.pack import PACK
from harness.attack.runner import run_pack
from harness.contracts.bindings import ContractType
from tests.support.published import changed_copy, home_of, sample

OUTBOX, BRIDGE, ROLLUP = "bridge/AbsOutbox.sol", "bridge/AbsBridge.sol", "rollup/RollupUserLogic.sol"
COMPILED = {OUTBOX: "Outbox", BRIDGE: "Bridge", ROLLUP: "RollupUserLogic"}
FAULTS = {
    "a message executed twice": (OUTBOX, "if (_isSpent(bitOffset, replay)) revert AlreadySpent(index);", ""),
    "any root": (OUTBOX, "if (roots[calcRoot] == bytes32(0)) revert UnknownRoot(calcRoot);", ""),
    "a leaf behind the tree's end": (
        OUTBOX, "if (index >= 2 ** proof.length) revert PathNotMinimal(index, 2 ** proof.length);", ""
    ),
    "a sender that stays": (OUTBOX, "context = prevContext;", ""),
    "whoever executes as the sender": (OUTBOX, "sender: l2Sender,", "sender: msg.sender,"),
    "a root by anybody": (OUTBOX, "if (msg.sender != rollup) revert NotRollup(msg.sender, rollup);", ""),
    "a call by anybody": (BRIDGE, "if (!allowedOutboxes(msg.sender)) revert NotOutbox(msg.sender);", ""),
    "an assertion without a period": (
        ROLLUP, "block.number >= assertion.createdAtBlock + prevConfig.confirmPeriodBlocks,", "true,"
    ),
}  # fmt: skip
"""A file of the package's sources, a place in it, and what takes its place in a copy."""

LIBRARIES = {
    "@openzeppelin/contracts/": Published("npm", "@openzeppelin/contracts", "4.7.3", ""),
    "@openzeppelin/contracts-upgradeable/": Published("npm", "@openzeppelin/contracts-upgradeable", "4.7.3", ""),
}
"""What the package's sources import."""


class Changed(KnownContracts):
    """A project of which one contract is taken; the others are the package's."""

    def __init__(self, root: Path, folder: Path, name: str) -> None:
        super().__init__(root, folder)
        self._name = name

    def pointed_at(self, name: str) -> ContractType | None:
        return super().pointed_at(name) if name == self._name else None


def chosen(target: Path, fault: str) -> Chosen:
    file, old, new = FAULTS[fault]
    places = ", ".join(f'"{prefix}={home_of(each)}/"' for prefix, each in LIBRARIES.items())
    folder = Path(file).parent
    settings = f'contracts = "{folder}"\nlibraries = []\nremappings = [{places}]'
    root = changed_copy(home_of(ARBITRUM) / "src", target, file, old, new, settings)
    return Chosen("bold", BoldBridge, Changed(root, root / folder, COMPILED[file]))


@pytest.mark.parametrize("fault", sample(FAULTS))
def test_the_pack_finds_a_changed_line(tmp_path: Path, fault: str) -> None:
    *_, last = run_pack(PACK, chosen(tmp_path / "copy", fault), first_only=True)
    assert last.verdict is Verdict.FOUND, str(last)
