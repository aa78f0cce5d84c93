"""The rollup: batches, derivation from L1, execution, output roots."""
