"""JSON-RPC over a chain in this process: the methods, and the shapes of their answers."""
