"""py-evm is imported without the tables of its BLS12-381 precompiles, and answers as before."""

from __future__ import annotations

import subprocess
import sys

import pytest

IN_TURN = {
    "bls12_g1_add": 256, "bls12_g1_msm": 160, "bls12_g2_add": 512, "bls12_g2_msm": 288, "bls12_pairing_check": 384,
    "bls12_map_fp_to_g1": 64, "bls12_map_fp2_to_g2": 128,
}  # fmt: skip
"""py-evm's precompiles from address 11 on, each with the length of an input that it takes."""

CODE = """
import sys
from types import SimpleNamespace

import harness.{room}
from eth.vm.forks.prague.computation import PragueComputation
assert "py_ecc.optimized_bls12_381" not in sys.modules

def answer(run, data):
    spent = []
    computation = SimpleNamespace(msg=SimpleNamespace(data=data, data_as_bytes=data), output=b"")
    computation.consume_gas = lambda amount, reason: spent.append(amount)
    try:
        returned = run(computation) is computation
    except Exception as error:
        return type(error), str(error)
    return spent, computation.output, returned

first = PragueComputation._precompiles[bytes(19) + bytes([11])]
answer(first, b"")
from eth.precompiles import bls12_381
for address, (name, size) in enumerate({in_turn!r}.items(), start=11):
    deferred, own = PragueComputation._precompiles[bytes(19) + bytes([address])], getattr(bls12_381, name)
    assert deferred is not own and own.__module__.startswith("eth.precompiles.bls12_381.")
    right, short = answer(own, bytes(size)), answer(own, bytes(size - 1))
    assert type(right[0]) is list and type(short[0]) is type, (name, right, short)
    assert [answer(deferred, bytes(size)), answer(deferred, bytes(size - 1))] == [right, short], name
"""


@pytest.mark.parametrize("room", ["chain.pyevm.evm", "rollup.machine.evm", "engine.forks", "proofs.recorder"])
def test_py_evms_own_precompiles_are_imported_when_they_are_called(room: str) -> None:
    code = CODE.format(room=room, in_turn=IN_TURN)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
