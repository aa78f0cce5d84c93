"""The results of a campaign in one SQLite file, each written as soon as it is there.

A case has at most one result, whatever died or was interrupted meanwhile: its digest is the table's key.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.campaigns.case import Case, Outcome, Verdict
from harness.errors import HarnessError

VERSION = 1
"""The version of the tables, as the file's `user_version`."""

_APPLICATION = 0x524F4C4C
"""Marks a file as one of ours, as its `application_id`: "ROLL" in ASCII."""

_PATIENCE = 60.0
"""Seconds to wait while another process writes a result."""

_TABLE = """
CREATE TABLE results (
    digest TEXT PRIMARY KEY, kind TEXT, name TEXT, seed INTEGER, point TEXT, l1 TEXT, data TEXT,
    verdict TEXT, reason TEXT, measures TEXT, replay TEXT, command TEXT, seconds REAL, worker TEXT
) WITHOUT ROWID
"""


class CampaignUnreadable(HarnessError):
    """A file holds no results of a campaign, or those of another version."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Result:
    """One row: a case, and what came of it."""

    case: Case
    outcome: Outcome


class Store:
    """The results of one file. Others may read it, and even write to it, meanwhile."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __len__(self) -> int:
        count: int = self._connection.execute("SELECT count(*) FROM results").fetchone()[0]
        return count

    def has(self, case: Case) -> bool:
        """Return whether the case has a result. One that crashed has none that counts: it is played again."""
        words = "SELECT 1 FROM results WHERE digest = ? AND verdict != ?"
        found = self._connection.execute(words, (case.digest, Verdict.CRASHED))
        return found.fetchone() is not None

    def add(self, case: Case, outcome: Outcome) -> bool:
        """Write a result at once; return False, and leave the first one, if the case has a result that counts."""
        row = (
            *(case.digest, case.kind, case.name, case.seed, case.point, case.l1, case.data),
            *(outcome.verdict, outcome.reason, json.dumps(dict(outcome.measures)), outcome.replay, outcome.command),
            *(outcome.seconds, outcome.worker),
        )
        with self._connection:
            words = "DELETE FROM results WHERE digest = ? AND verdict = ?"
            self._connection.execute(words, (case.digest, Verdict.CRASHED))
            holes = ", ".join("?" * len(row))
            added = self._connection.execute(f"INSERT OR IGNORE INTO results VALUES ({holes})", row)
        return added.rowcount == 1

    def __iter__(self) -> Iterator[Result]:
        rows = self._connection.execute("SELECT * FROM results ORDER BY name, point, l1, seed")
        for _, kind, name, seed, point, l1, data, verdict, reason, measures, replay, command, seconds, worker in rows:
            outcome = Outcome(Verdict(verdict), reason, json.loads(measures), replay, command, seconds, worker)
            yield Result(Case(kind, name, seed, l1, data, point), outcome)


@contextmanager
def open_store(path: Path, *, new: bool) -> Iterator[Store]:
    """Open a file of results; ``new`` allows that it is not there yet.

    Raises CampaignUnreadable for anything else than a file of results.
    """
    if not new and not path.is_file():
        raise CampaignUnreadable(path, "there is no such file, expected one that harness campaign wrote")
    connection = None
    try:
        # Who reads a report changes nothing, not even a file that holds nothing.
        where = f"{path.resolve().as_uri()}?mode={'rwc' if new else 'ro'}"
        connection = sqlite3.connect(where, timeout=_PATIENCE, uri=True)
        _check(connection, path, new=new)
        yield Store(connection)
    except sqlite3.OperationalError as problem:
        raise CampaignUnreadable(path, str(problem)) from None
    except sqlite3.DatabaseError as problem:
        raise CampaignUnreadable(path, f"no file of results: {problem}") from None
    finally:
        if connection is not None:
            connection.close()


def _check(connection: sqlite3.Connection, path: Path, *, new: bool) -> None:
    """Make the table in an empty file; raise CampaignUnreadable unless the file is one of ours.

    A file that need not be ``new`` must have the table.
    """
    (application,), (version,) = (
        connection.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")
    )
    is_empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if is_empty and not new:
        raise CampaignUnreadable(path, "it holds no results, expected a file that harness campaign wrote")
    if is_empty and (application, version) == (0, 0):
        with connection:
            connection.execute(_TABLE)
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
    elif application != _APPLICATION:
        raise CampaignUnreadable(path, "a database of another program, expected results of harness campaign")
    elif version != VERSION:
        raise CampaignUnreadable(path, f"its version is {version}, expected {VERSION}; use another file")
