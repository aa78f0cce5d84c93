"""Attacks on somebody's contracts, played through an adapter, and the oracle that judges them by money and time."""
