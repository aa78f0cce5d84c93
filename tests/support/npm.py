"""What tests say where the npm registry cannot be reached: nothing of the harness depends on these packages."""

from __future__ import annotations

NO_NPM = "no npm package: the registry cannot be reached, and the cache does not hold it"
"""Why a test that compares with somebody else's package is skipped."""
