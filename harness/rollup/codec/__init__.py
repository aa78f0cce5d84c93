"""The bytes of batches and messages."""
