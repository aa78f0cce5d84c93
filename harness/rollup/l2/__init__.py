"""L2 as a chain, with the same interface as L1."""
