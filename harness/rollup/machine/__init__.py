"""L2's machine: its environment, its state, and how it executes an input."""
