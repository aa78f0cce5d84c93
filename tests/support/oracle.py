"""The package of Ethereum's specification in Python. It is no dependency: it is fetched from PyPI at its first use."""

from __future__ import annotations

NO_SPECIFICATION = "no ethereum-execution: it is not in the cache folder, and PyPI is out of reach"
"""Why a test that compares with the specification is skipped."""
