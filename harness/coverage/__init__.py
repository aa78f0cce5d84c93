"""Which lines, branches and functions of Solidity a run of tests executed."""
