"""The machine that L2 is: its environment, its state, and how it executes an input."""
