"""L2's machine: its environment, its state, and how it executes an input."""

from harness.primitives import py_evm as py_evm  # before any module of this package imports py-evm
