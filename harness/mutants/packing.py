"""Plays packs on changed copies of the contracts, each in a process forked from one that has imported all packs.

To import the harness, and to start the compiler, costs more than most mutants take to be found. So one process imports,
and its children play; and the process that starts them compiles what a change reaches, by one compiler for all.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

from harness.adapters.choosing import choose
from harness.attack.kinds import KINDS, pack_of
from harness.attack.runner import run_pack
from harness.attack.table import plain
from harness.contracts.project import VARIABLE, Project
from harness.errors import HarnessError

PATIENCE = 600
"""Seconds of processor time that a pack may take on one mutant, however busy the machine is."""
LONGEST = 2 * 3_600
"""Seconds that may pass until then: a pack that waits for something takes no processor time."""


class PackBroke(HarnessError):
    """A pack did not end by itself on a mutant."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"the pack {reason}")
        self.kind = kind
        self.reason = reason


def compile_reached(copy: Path, changed: Iterable[str]) -> None:
    """Compile each source that is one of those changed, or imports one; raises CompileFailed, CompilerNotFound."""
    shelf, places = Project.load(copy).sources, set(changed)
    if shelf is None:
        return
    for source in shelf.tree.own:
        if not places.isdisjoint(shelf.tree.closure(source)):
            shelf.unit(source.unit)


class Play:
    """One pack on the contracts of one copy, in a process of its own, up to the first finding."""

    def __init__(
        self, copy: Path, kind: str, attacks: Sequence[str], patience: int = PATIENCE, longest: float = LONGEST
    ) -> None:
        self.kind, self._patience, self._longest = kind, patience, longest
        self._answer, end = _context().Pipe(duplex=False)
        play = end, copy, kind, tuple(attacks), patience
        self._process: ForkServerProcess = _context().Process(target=_play, args=play)
        self._process.start()
        end.close()

    def stop(self) -> None:
        """End it, so that `outcomes` raises."""
        with suppress(ValueError):  # it has ended by itself
            self._process.kill()

    def outcomes(self) -> list[dict[str, Any]]:
        """Wait for the outcomes; raises PackBroke if there are none."""
        answer: list[dict[str, Any]] | str = ""
        is_late = False
        try:
            if not self._answer.poll(self._longest):
                self.stop()
                is_late = True
            answer = self._answer.recv()
        except EOFError:
            pass
        finally:
            self._answer.close()
            self._process.join()
        code = self._process.exitcode
        self._process.close()
        if isinstance(answer, list):
            return answer
        if is_late:
            raise PackBroke(self.kind, f"did not end within {self._longest} s")
        if code == -signal.SIGXCPU:
            raise PackBroke(self.kind, f"did not end within {self._patience} s of processor time")
        raise PackBroke(self.kind, f"ended with {code}{f': {answer}' if answer else ''}")


@cache
def _context() -> ForkServerContext:
    """Return the way to start processes. The one that they are forked from lives as long as this one does."""
    context = get_context("forkserver")
    built_in = [place for kind in KINDS for place in pack_of(kind).built_in.values()]
    modules = (
        __name__,
        "harness.chain.pyevm.backend",
        *KINDS.values(),
        *(place.partition(":")[0] for place in built_in),
    )
    context.set_forkserver_preload(list(modules))
    return context


def _play(answer: Connection, copy: Path, kind: str, attacks: tuple[str, ...], patience: int) -> None:
    """Play, and send the outcomes, or what kept the pack from its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that waits hears of Control-C, and stops this one
    resource.setrlimit(resource.RLIMIT_CPU, (patience, patience + 1))
    os.environ[VARIABLE] = str(copy)
    os.chdir(copy)
    try:
        pack = pack_of(kind)
        chosen = choose(kind, "built-in", pack.built_in, pack.protocol)
        answer.send(plain(run_pack(pack, chosen, only=attacks, first_only=True)))
    except HarnessError as problem:
        answer.send(str(problem))
