"""Values of a chain: accounts, units, transactions and how they are encoded."""
