"""Solidity sources, the compiler, artifacts, and typed bindings to deployed contracts."""
