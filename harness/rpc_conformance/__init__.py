"""The same JSON-RPC requests to both layers and to a node: shapes, error codes, and the cause of each difference."""
