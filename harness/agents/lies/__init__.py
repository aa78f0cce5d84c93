"""Lies about L2: the step at which a liar departs from the machine, and what it claims from there on."""
