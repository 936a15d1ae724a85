"""The task hub on disk: one SQLite file, written by one thread.

Write-ahead log with `synchronous=FULL`: what was committed is there after `kill -9` and after power loss.
Recovery is reading back what `schema` has tables for.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from local.host import row_sums, schema
from local.host.commit_mark import CommitMark
from local.host.events import TERMINAL
from local.host.instance_query import InstanceQuery


class StoreClosed(RuntimeError):
    """The host has stopped or died."""


class StoreDamaged(RuntimeError):
    """The task hub cannot be trusted; the message says what is wrong and what to do."""


def damaged(folder: Path, what: str) -> StoreDamaged:
    """The refusal to go on with a task hub of which `what` is wrong."""
    reason = " ".join(what.split())
    return StoreDamaged(
        f"the task hub in {folder} is damaged ({reason}); put back a copy of the folder, or start with an empty one"
    )


class Row(NamedTuple):
    """One instance as stored. Times are stamps; input, output and custom status are JSON text."""

    id: str
    execution_id: str
    name: str
    version: str
    status: str
    input: str | None
    output: str | None
    custom_status: str | None
    created: str
    updated: str
    parent_id: str | None = None
    parent_execution_id: str | None = None
    parent_number: int | None = None


class Message(NamedTuple):
    """Something waiting to enter a history. `execution_id` None: for whichever execution is current."""

    id: int
    instance_id: str
    execution_id: str | None
    due: str | None
    event: str


class Activity(NamedTuple):
    """An activity that was scheduled and has not finished."""

    id: int
    instance_id: str
    execution_id: str
    number: int
    name: str
    input: str
    due: str | None
    """From when on it may be taken; None: an earlier version has scheduled it."""


class Store:
    """One connection for writing (used by the writer thread only) and one for reading committed state."""

    def __init__(self, folder: Path) -> None:
        """Open the folder's task hub, or begin one. Raises StoreDamaged."""
        self._path = folder / "taskhub.db"
        self._write = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._read = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._read_lock = threading.Lock()
        self._closed = False
        self._before = 0
        self._mark = CommitMark(folder / "taskhub.commits")
        try:
            self._write.execute("PRAGMA journal_mode=WAL")
            self._write.execute("PRAGMA synchronous=FULL")
            schema.bring_about(self._write)
            row_sums.keep(self._write)
            self._check()
        except sqlite3.DatabaseError as error:
            self.close()
            raise damaged(folder, str(error)) from error
        except StoreDamaged:
            self.close()
            raise

    def _check(self) -> None:
        """Refuse what a flipped byte has broken, and a write-ahead log that has lost its end."""
        found = self._write.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise damaged(self._path.parent, found)
        table = row_sums.changed(self._write)
        if table:
            raise damaged(self._path.parent, f"what it says under {table!r} is not what was written")
        commits = self._write.execute("SELECT commits FROM written").fetchone()[0]
        if commits < self._mark.count:
            lost = self._mark.count - commits
            raise damaged(self._path.parent, f"its last {lost} changes are missing")

    @contextmanager
    def readable(self, what: str) -> Iterator[None]:
        """Turns what goes wrong while stored texts are understood into StoreDamaged."""
        try:
            yield
        except (ValueError, TypeError, KeyError) as error:
            raise damaged(self._path.parent, f"{what} cannot be read: {type(error).__name__} {error}") from error

    def begin(self) -> int:
        """Open a transaction; the answer is to be given to `changed`."""
        self._write.execute("BEGIN")
        self._before = self._write.total_changes
        return self._before

    def changed(self, before: int) -> bool:
        """Whether anything was written since `begin` returned `before`."""
        return self._write.total_changes != before

    def commit(self) -> None:
        """Make the transaction durable."""
        if self.changed(self._before):
            (count,) = self._write.execute("UPDATE written SET commits = commits + 1 RETURNING commits").fetchone()
            self._write.execute("COMMIT")
            self._mark.put(count)
        else:
            self._write.execute("COMMIT")

    def rollback(self) -> None:
        """Forget the transaction; harmless when none is open."""
        if self._write.in_transaction:
            self._write.execute("ROLLBACK")

    def close(self) -> None:
        """Close both connections; an open transaction is forgotten."""
        with self._read_lock:
            self._closed = True
            self._read.close()
        self._mark.close()
        self._write.close()

    # Writing, inside a transaction.

    def put_instance(self, row: Row) -> None:
        """Insert or replace the instance."""
        marks = ",".join("?" * len(Row._fields))
        self._write.execute(f"INSERT OR REPLACE INTO instances VALUES ({marks})", row)  # noqa: S608 - only marks

    def instance(self, instance_id: str) -> Row | None:
        """The instance as the open transaction sees it."""
        found = self._write.execute("SELECT * FROM instances WHERE id=?", (instance_id,)).fetchone()
        return Row(*found) if found else None

    def update_instance(self, instance_id: str, updated: str, **values: str | None) -> None:
        """Set columns of one instance and its last-updated time."""
        columns = ",".join(f"{name}=?" for name in ("updated", *values))
        statement = f"UPDATE instances SET {columns} WHERE id=?"  # noqa: S608 - column names are ours
        self._write.execute(statement, (updated, *values.values(), instance_id))

    def append_history(self, instance_id: str, first: int, texts: Iterable[str]) -> None:
        """Write events under the numbers from `first` on."""
        rows = [(instance_id, first + index, text) for index, text in enumerate(texts)]
        self._write.executemany("INSERT INTO history VALUES (?,?,?)", rows)

    def add_message(self, instance_id: str, execution_id: str | None, due: str | None, event: str) -> Message:
        """Write a message and return it with its id."""
        columns = "(instance_id, execution_id, due, event)"
        values = (instance_id, execution_id, due, event)
        cursor = self._write.execute(f"INSERT INTO inbox {columns} VALUES (?,?,?,?)", values)  # noqa: S608 - constant
        return Message(int(cursor.lastrowid or 0), *values)

    def delete_messages(self, ids: Iterable[int]) -> None:
        """Remove messages that have entered a history."""
        self._write.executemany("DELETE FROM inbox WHERE id=?", [(number,) for number in ids])

    def postpone_message(self, message: Message, due: str) -> None:
        """Have a message be due later."""
        self._write.execute("UPDATE inbox SET due=? WHERE id=?", (due, message.id))

    def add_activity(
        self, instance_id: str, execution_id: str, number: int, name: str, payload: str, due: str
    ) -> Activity:
        """Write a scheduled activity and return it with its id."""
        columns = "(instance_id, execution_id, number, name, input, due)"
        values = (instance_id, execution_id, number, name, payload, due)
        statement = f"INSERT INTO activities {columns} VALUES (?,?,?,?,?,?)"  # noqa: S608 - constant
        return Activity(int(self._write.execute(statement, values).lastrowid or 0), *values)

    def postpone_activity(self, activity: Activity, due: str) -> None:
        """Have an activity be due later."""
        self._write.execute("UPDATE activities SET due=? WHERE id=?", (due, activity.id))

    def delete_activity(self, activity_id: int) -> None:
        """Remove a finished activity."""
        self._write.execute("DELETE FROM activities WHERE id=?", (activity_id,))

    def forget_history(self, instance_id: str) -> None:
        """Remove the history of the instance."""
        self._write.execute("DELETE FROM history WHERE instance_id=?", (instance_id,))

    def forget_execution(self, instance_id: str) -> None:
        """Remove the history and everything addressed to the current execution of the instance."""
        self.forget_history(instance_id)
        self._write.execute("DELETE FROM inbox WHERE instance_id=? AND execution_id IS NOT NULL", (instance_id,))

    def forget_messages(self, instance_id: str) -> None:
        """Remove whatever still waits for the instance."""
        self._write.execute("DELETE FROM inbox WHERE instance_id=?", (instance_id,))

    def forget_instance(self, instance_id: str) -> None:
        """Purge the instance."""
        self.forget_execution(instance_id)
        self.forget_messages(instance_id)
        self._write.execute("DELETE FROM instances WHERE id=?", (instance_id,))

    def put_schedule(self, function: str, last: str, following: str) -> None:
        """Remember when a timer function last ran and when it is due next."""
        self._write.execute("INSERT OR REPLACE INTO schedules VALUES (?,?,?)", (function, last, following))

    # Reading what was committed, from any thread.

    def row(self, instance_id: str) -> Row | None:
        """The instance, or None."""
        found = self._query("SELECT * FROM instances WHERE id=?", (instance_id,))
        return Row(*found[0]) if found else None

    def page(self, query: InstanceQuery, limit: int) -> list[Row]:
        """The first instances that are asked for, in the order of their IDs."""
        condition, values = query.condition()
        statement = f"SELECT * FROM instances WHERE {condition} ORDER BY id LIMIT ?"  # noqa: S608 - condition is ours
        return [Row(*found) for found in self._query(statement, (*values, limit))]

    def ids(self, query: InstanceQuery) -> list[str]:
        """The IDs of all instances that are asked for, in order."""
        condition, values = query.condition()
        statement = f"SELECT id FROM instances WHERE {condition} ORDER BY id"  # noqa: S608 - condition is ours
        return [name for (name,) in self._query(statement, tuple(values))]

    def unfinished(self) -> list[Row]:
        """The instances that have not ended, oldest first."""
        marks = ",".join("?" * len(TERMINAL))
        statement = f"SELECT * FROM instances WHERE status NOT IN ({marks}) ORDER BY created, rowid"  # noqa: S608 - marks
        return [Row(*found) for found in self._query(statement, tuple(TERMINAL))]

    def count_by_status(self) -> dict[str, int]:
        """How many instances are in each state."""
        return dict(self._query("SELECT status, COUNT(*) FROM instances GROUP BY status"))

    def history(self, instance_id: str) -> list[str]:
        """The events of the instance's current execution, in order."""
        statement = "SELECT event FROM history WHERE instance_id=? ORDER BY number"
        return [text for (text,) in self._query(statement, (instance_id,))]

    def messages(self) -> list[Message]:
        """All messages waiting, in order of arrival."""
        return [Message(*found) for found in self._query("SELECT * FROM inbox ORDER BY id")]

    def activities(self) -> list[Activity]:
        """All activities not finished, in order of scheduling."""
        return [Activity(*found) for found in self._query("SELECT * FROM activities ORDER BY id")]

    def schedule(self, function: str) -> tuple[str, str] | None:
        """When the timer function last ran and when it was due next, as stamps; None if it never ran."""
        found = self._query("SELECT last, next FROM schedules WHERE function=?", (function,))
        return (found[0][0], found[0][1]) if found else None

    def _query(self, statement: str, values: tuple[Any, ...] = ()) -> list[Any]:
        with self._read_lock:
            if self._closed:
                raise StoreClosed("the host has stopped")
            try:
                return self._read.execute(statement, values).fetchall()
            except sqlite3.DatabaseError as error:
                raise damaged(self._path.parent, str(error)) from error
