"""A deployment of the library probe, shared by the tests of the prover's libraries."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="module")
def probe(l1: Any, contracts: Any, accounts: Any) -> Any:
    return contracts["LibraryProbe"].deploy(l1, sender=accounts.alice)
