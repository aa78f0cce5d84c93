"""The one table of opcodes, against py-evm's table of each fork."""

from __future__ import annotations

from importlib import import_module

import pytest

from harness.primitives.opcodes import CALLS, CREATES, PUSHES, Fork, Opcode, call_kind, opcodes_of

RENAMED = {"SHA3": "KECCAK256", "DIFFICULTY": "PREVRANDAO"}
"""Mnemonics that the Yellow Paper has changed since py-evm took them."""


@pytest.mark.parametrize("fork", [fork for fork in Fork if fork is not Fork.OSAKA], ids=lambda fork: fork.name)
def test_a_fork_has_the_opcodes_that_py_evm_gives_it(fork: Fork) -> None:
    module = import_module(f"eth.vm.forks.{fork.name.lower()}.opcodes")
    theirs = getattr(module, f"{fork.name}_OPCODES")
    names = {value: getattr(run, "__wrapped__", run).mnemonic for value, run in theirs.items()}
    assert {value: row.name for value, row in opcodes_of(fork).items()} == {
        value: RENAMED.get(name, name) for value, name in names.items()
    }


def test_osaka_adds_clz_alone() -> None:
    assert opcodes_of(Fork.OSAKA).keys() - opcodes_of(Fork.PRAGUE).keys() == {0x1E}


def test_no_fork_executes_invalid() -> None:
    assert all(0xFE not in opcodes_of(fork) for fork in Fork)


def test_every_operand_of_memory_is_taken_from_the_stack() -> None:
    for row in Opcode:
        for found in (row.reads, row.writes, row.window):
            if found is not None:
                assert max(found.offset_at, found.size_at or 0) < row.inputs, row.name


def test_a_push_leaves_one_item_more() -> None:
    assert len(PUSHES) == 33
    assert {(row.inputs, row.outputs) for row in PUSHES} == {(0, 1)}


def test_the_kind_of_a_call_is_read_from_the_code() -> None:
    for row in CALLS | CREATES:
        assert call_kind(bytes([0x5B, row]), 1) == row.name
    assert call_kind(b"\x00\x01", 1) == "CALL"
