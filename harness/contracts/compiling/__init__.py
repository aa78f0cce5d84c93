"""From Solidity files to artifacts: sources, imports, compilers, and what was built elsewhere."""
