"""A checksum for every row of the task hub: SQLite notices a page that is broken, but not a letter that has changed.

Kept in a table of its own by triggers of the connection that writes, and compared when a host opens the task hub.
"""

from __future__ import annotations

import sqlite3
import zlib

# By table, what names a row in it.
_KEYS = {
    "instances": "{row}.id",
    "history": "{row}.instance_id || ' ' || {row}.number",
    "inbox": "{row}.id",
    "activities": "{row}.id",
    "schedules": "{row}.function",
}
_TABLE = "CREATE TABLE sums (kind TEXT, row_key TEXT, sum INTEGER, PRIMARY KEY (kind, row_key)) WITHOUT ROWID"


def keep(database: sqlite3.Connection) -> None:
    """Have this connection keep the sums of what it writes; rows that an earlier version has left get theirs now."""
    database.create_function("row_sum", -1, _sum, deterministic=True)
    database.execute("BEGIN")
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'sums'").fetchone():
        database.execute(_TABLE)
        for table in _KEYS:
            of_row = f"'{table}', {_key(table, table)}, {_row_sum(database, table, table)}"
            database.execute(f"INSERT INTO sums SELECT {of_row} FROM {table}")  # noqa: S608 - names of ours
    for table in _KEYS:
        new = f"'{table}', {_key(table, 'NEW')}, {_row_sum(database, table, 'NEW')}"
        put = f"INSERT OR REPLACE INTO sums VALUES ({new})"  # noqa: S608 - names of ours
        remove = f"DELETE FROM sums WHERE kind = '{table}' AND row_key = CAST({_key(table, 'OLD')} AS TEXT)"  # noqa: S608
        for change, step in (("INSERT", put), ("UPDATE", put), ("DELETE", remove)):
            database.execute(
                f"CREATE TEMP TRIGGER sum_{table}_{change} AFTER {change} ON main.{table} BEGIN {step}; END"
            )
    database.execute("COMMIT")


def changed(database: sqlite3.Connection) -> str | None:
    """A table in which a row is not as it was written, or is gone; None: all are there."""
    for table in _KEYS:
        of_row = f"kind = '{table}' AND row_key = CAST({_key(table, table)} AS TEXT)"
        total = _row_sum(database, table, table)
        wrong = f"SELECT 1 FROM {table} LEFT JOIN sums ON {of_row} WHERE sum IS NOT {total} LIMIT 1"  # noqa: S608 - ours
        counts = f"SELECT (SELECT COUNT(*) FROM {table}) = (SELECT COUNT(*) FROM sums WHERE kind = '{table}')"  # noqa: S608
        if database.execute(wrong).fetchone() or not database.execute(counts).fetchone()[0]:
            return table
    return None


def _sum(*values: object) -> int:
    return zlib.crc32(repr(values).encode(errors="surrogatepass"))


def _key(table: str, row: str) -> str:
    return _KEYS[table].format(row=row)


def _row_sum(database: sqlite3.Connection, table: str, row: str) -> str:
    columns = [name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")]
    return f"row_sum({', '.join(f'{row}.{name}' for name in columns)})"
