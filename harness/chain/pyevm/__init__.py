"""L1 on py-evm, in the process of the test."""

from harness.primitives import py_evm as py_evm  # before any module of this package imports py-evm
