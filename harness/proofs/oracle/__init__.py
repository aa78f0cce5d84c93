"""Compares the machines of both layers with Ethereum's specification in Python, step by step."""
