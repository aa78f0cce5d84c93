"""The forks whose rules L2 can follow, and their words in ENV and BATCH."""

from __future__ import annotations

from harness.primitives.opcodes import Fork
from harness.rollup.errors import UnknownFork

FORKS = (Fork.CANCUN, Fork.PRAGUE, Fork.OSAKA)
"""In the order of their words: 0, 1, 2."""

DEFAULT_FORK = Fork.OSAKA
"""The fork of a rollup that names none."""


def fork_word(fork: Fork) -> int:
    """Return the number of a fork in ENV and BATCH."""
    return fork - Fork.CANCUN


def fork_of(word: int) -> Fork:
    """Return the fork of a number in ENV or BATCH; raises UnknownFork."""
    if not 0 <= word < len(FORKS):
        raise UnknownFork(word, tuple(map(fork_name, FORKS)))
    return FORKS[word]


def fork_named(name: object) -> Fork:
    """Return the fork that a setting names; raises UnknownFork."""
    for fork in FORKS:
        if name == fork_name(fork):
            return fork
    raise UnknownFork(name, tuple(map(fork_name, FORKS)))


def fork_name(fork: Fork) -> str:
    """Return a fork's name in settings."""
    return fork.name.lower()


def proven_on(fork: Fork) -> tuple[str, ...]:
    """Return the forks of an L1 that can prove a fork of L2, by their names in settings, the newest last.

    MODEXP of the forks before Osaka has inputs that an L1 of Osaka cannot compute.
    """
    return ("prague", "osaka") if fork >= Fork.OSAKA else ("prague",)


__all__ = ["DEFAULT_FORK", "FORKS", "Fork", "fork_name", "fork_named", "fork_of", "fork_word", "proven_on"]
