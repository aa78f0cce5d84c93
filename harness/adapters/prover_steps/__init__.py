"""True steps of the built-in machine, by what they are about."""
