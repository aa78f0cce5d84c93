"""Typed values and hashing: what every layer above agrees on."""
