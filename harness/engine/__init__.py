"""Bytecode compiled to Python, for L1 and L2: the same answers as the plain loop, sooner."""
