"""A node of L2: it derives blocks from L1, and follows what the sequencer promises."""
