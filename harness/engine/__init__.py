"""Bytecode compiled to Python, for L1 and L2. Its results equal those of the plain loop."""
