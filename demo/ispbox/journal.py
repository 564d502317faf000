# SPDX-License-Identifier: Apache-2.0
"""The journal seen from outside: a copy of the SQLite files, read with sqlite3 and compared between two moments."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from .shell import Failure

TRIES = 8


@dataclass(frozen=True)
class Journal:
    """Record number -> a digest of all of the record."""

    sound: bool  # PRAGMA integrity_check
    records: dict[int, bytes]

    @property
    def last(self) -> int:
        return max(self.records, default=0)

    def consecutive(self) -> bool:
        return bool(self.records) and len(self.records) == self.last - min(self.records) + 1

    def missing_from(self, later: Journal) -> int:
        """Records of this moment that a later copy lacks or shows otherwise."""
        return sum(later.records.get(number) != digest for number, digest in self.records.items())


def read(directory: Path) -> Journal:
    """posternd goes on writing meanwhile, so a copy torn by a checkpoint is possible and is taken again."""
    error: Exception | None = None
    for _ in range(TRIES):
        with tempfile.TemporaryDirectory() as copy:
            try:
                # The log first: records that move into the database in between are then in both, not in neither.
                for name in ("journal.db-wal", "journal.db"):
                    with suppress(FileNotFoundError):
                        shutil.copyfile(directory / name, Path(copy) / name)
                return _open(Path(copy) / "journal.db")
            except sqlite3.Error as torn:
                error = torn
        time.sleep(0.2)
    raise Failure(f"the journal in {directory} cannot be read: {error}")


def _open(file: Path) -> Journal:
    with closing(sqlite3.connect(file)) as database:
        sound = database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        records = {}
        for row in database.execute("SELECT sequence, at, kind, subject, ref, body, sum FROM records"):
            records[row[0]] = hashlib.sha256(repr(row).encode()).digest()
        if not sound:
            raise sqlite3.DatabaseError("integrity_check failed")
        return Journal(sound, records)
