"""Attacks on light clients and bridges of chains sealed by QBFT."""
