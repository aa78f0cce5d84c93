"""What a test holds: the rollup, its handles, the runner, the books, and the fixtures made of them."""
