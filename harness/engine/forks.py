"""The opcodes of each fork as py-evm's functions; what py-evm lacks is written here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from eth.vm.forks.cancun.opcodes import CANCUN_OPCODES
from eth.vm.forks.prague.opcodes import PRAGUE_OPCODES
from eth.vm.opcode import as_opcode

from harness.engine.operations import clz_op
from harness.primitives.opcodes import Fork, Opcode

FUNCTIONS: Mapping[Fork, Mapping[int, Any]] = MappingProxyType(
    {
        Fork.CANCUN: CANCUN_OPCODES,
        Fork.PRAGUE: PRAGUE_OPCODES,
        Fork.OSAKA: {**PRAGUE_OPCODES, int(Opcode.CLZ): as_opcode(clz_op, Opcode.CLZ.name, 5)},
    }
)
"""By fork: what runs each defined opcode, by its byte."""
