"""The provable machine: recorder, state hashes, witnesses, and the proof of any step on L1."""
