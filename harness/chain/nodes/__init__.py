"""L1 on a node that speaks JSON-RPC: anvil, Hardhat, or any other."""
