"""Bytecode compiled to Python, for L1 and L2: the answers of the plain loop, sooner."""
