"""L1 on py-evm, in the process of the test."""
