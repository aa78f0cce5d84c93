"""Lies about L2: where a liar departs from the machine, and what it claims from there on."""
