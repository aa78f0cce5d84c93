"""Bytecode compiled to Python, for L1 and L2. Its results equal those of the plain loop."""

from harness.primitives import py_evm as py_evm  # before any module of this package imports py-evm
