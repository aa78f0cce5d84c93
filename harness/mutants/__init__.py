"""Deliberately broken contracts, each a patch that names the test which must catch it.

A patch under ``tests/mutants/<group>`` is a unified diff with two lines ahead of it:

    Breaks: what goes wrong, in a sentence
    Caught-by: tests/contracts/channel/test_payment_channel_close.py::test_close_succeeds

The runner copies the contracts, sees that test pass on the copy, applies the patch and runs the test again: now it
has to fail, by what it says about the contracts. A test that cannot even start has caught nothing.
"""

from __future__ import annotations

from harness.mutants.patches import Mutant, MutantUnreadable, PatchMismatch, find
from harness.mutants.trial import Trial, Trials, Verdict, run

__all__ = ["Mutant", "MutantUnreadable", "PatchMismatch", "Trial", "Trials", "Verdict", "find", "run"]
