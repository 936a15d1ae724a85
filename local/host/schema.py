"""The tables of the task hub.

`instances` and `history` are what people ask for; `inbox` holds messages not yet in a history (a timer is a message
with a due time) and `activities` the ones scheduled but not finished.
"""

from __future__ import annotations

import sqlite3

_TABLES = """
CREATE TABLE IF NOT EXISTS instances (
  id TEXT PRIMARY KEY, execution_id TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL,
  status TEXT NOT NULL, input TEXT, output TEXT, custom_status TEXT, created TEXT NOT NULL, updated TEXT NOT NULL,
  parent_id TEXT, parent_execution_id TEXT, parent_number INTEGER);
CREATE INDEX IF NOT EXISTS instances_by_age ON instances (created);
CREATE TABLE IF NOT EXISTS history (
  instance_id TEXT NOT NULL, number INTEGER NOT NULL, event TEXT NOT NULL,
  PRIMARY KEY (instance_id, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution_id TEXT, due TEXT, event TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS inbox_of ON inbox (instance_id);
CREATE TABLE IF NOT EXISTS activities (
  id INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution_id TEXT NOT NULL,
  number INTEGER NOT NULL, name TEXT NOT NULL, input TEXT NOT NULL, due TEXT);
CREATE TABLE IF NOT EXISTS written (commits INTEGER NOT NULL);
INSERT INTO written SELECT 0 WHERE NOT EXISTS (SELECT * FROM written);
CREATE TABLE IF NOT EXISTS schedules (function TEXT PRIMARY KEY, last TEXT NOT NULL, next TEXT NOT NULL);
"""


def bring_about(database: sqlite3.Connection) -> None:
    """Have the database hold the tables, and those that an earlier version has left in today's form."""
    database.executescript(_TABLES)
    columns = [name for _, name, *_ in database.execute("PRAGMA table_info(activities)")]
    if "due" not in columns:
        database.execute("ALTER TABLE activities ADD COLUMN due TEXT")
