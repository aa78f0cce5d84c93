"""Bases for stateful tests of Hypothesis: drawn sequences of rules, whose failures are scenario files."""
