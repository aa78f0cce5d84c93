"""Transactions that lead the machine through each kind of step: for tests, and for the pack of attacks on provers."""
