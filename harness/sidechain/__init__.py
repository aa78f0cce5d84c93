"""A chain of its own, sealed by validators in the manner of QBFT, and its light client and bridge on L1."""
