"""The pack of attacks on dispute games, and the table on which they are played and judged."""
