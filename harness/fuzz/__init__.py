"""Cases drawn from a seed, and what judges them."""
