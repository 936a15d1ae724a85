"""The machine fails the host: disks that are full, files that are cut or changed, parts that cannot end."""

from __future__ import annotations

import ctypes
import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.clock import Clock
from local.host.__main__ import main
from local.host.host import LocalHost
from local.host.invocations import Invocation, InvocationLog
from local.host.log_file import LogFile
from local.host.store import StoreDamaged
from local.host.writer import HostDied
from local.waiting import PATIENCE
from tests.local.host.driver import APPS, Driver, OpenHost


def test_a_log_that_cannot_be_written_fails_nothing_but_itself(
    open_host: OpenHost, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "data").mkdir()
    for name in ("invocations.jsonl", "host.log"):
        (tmp_path / "data" / name).symlink_to("/dev/full")
    driver = open_host("patterns")
    assert [driver.run("fan_out", [1, 2])["output"] for _ in range(3)] == [6, 6, 6]
    assert driver.run("raises")["runtimeStatus"] == "Failed"
    assert len(driver.invocations(function="double")) == 4
    told = [record.message for record in caplog.records if "cannot be written" in record.message]
    assert len(told) == 2


def test_a_log_goes_on_in_another_file_when_it_has_grown_enough(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "some.log", limit=100)
    for number in range(50):
        log.write(f"line {number:04}\n")
    log.close()
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["some.log", "some.old.log"]
    assert max(sizes) <= 100
    assert (tmp_path / "some.log").read_text().endswith("line 0049\n")


def test_the_record_of_invocations_is_bounded_and_read_back(tmp_path: Path) -> None:
    log = InvocationLog(tmp_path, limit=2000)
    for number in range(40):
        log.add(invocation(f"i-{number}"))
    log.close()
    with (tmp_path / "invocations.jsonl").open("a") as file:
        file.write('\n{"cut": \n[]\n{"function": "no instance"}\n')
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 4100
    again = InvocationLog(tmp_path)
    assert again.select()[-1]["instance_id"] == "i-39"
    again.close()


def invocation(instance_id: str) -> Invocation:
    """A record of some call."""
    when = "2030-01-01T12:00:00.000000Z"
    return Invocation("x", "f", instance_id, "activityTrigger", when, when, 1.0, 1.0, "succeeded", None, 1, 0)


def test_what_is_purged_is_forgotten_with_its_invocations(patterns: Driver) -> None:
    for name in ("one", "two"):
        patterns.run("fan_out", [1], instance_id=name)
    patterns.http.delete("/runtime/webhooks/durabletask/instances/one")
    assert {line["instance_id"] for line in patterns.invocations()} == {"two"}


@pytest.fixture
def left(open_host: OpenHost, tmp_path: Path) -> Path:
    """A data folder as a host left it that was killed while an instance waited."""
    driver = open_host("patterns")
    driver.start("approval", instance_id="waiting")
    driver.host.wait_for("waiting", "Running")
    # With its write-ahead log, which a host that ends, however it does in this process, would have written back.
    shutil.copytree(tmp_path / "data", tmp_path / "left", ignore=shutil.ignore_patterns("lock"))
    return tmp_path / "left"


def start(folder: Path) -> dict[str, Any]:
    """What became of the instance under another host."""
    clock = Clock(stepped=True)
    host = LocalHost(APPS / "patterns", data=folder, clock=clock)
    try:
        host.start()
        return host.wait_for("waiting", "Running")
    finally:
        host.stop()
        clock.close()


def cut_log(folder: Path) -> None:
    """Take away the second half of the write-ahead log."""
    log = folder / "taskhub.db-wal"
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])


def lose_log(folder: Path) -> None:
    """Take away all of it, and all that came before."""
    for path in folder.glob("taskhub.db*"):
        path.unlink()


def flip_bytes(folder: Path) -> None:
    """Overwrite a page of the database."""
    database = sqlite3.connect(folder / "taskhub.db")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    with (folder / "taskhub.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)


def spoil_header(folder: Path) -> None:
    """Make it no database at all."""
    (folder / "taskhub.db-wal").unlink()
    (folder / "taskhub.db").write_bytes(b"not a database, " * 1000)


def bad_event(folder: Path) -> None:
    """Put something else where an event should be."""
    database = sqlite3.connect(folder / "taskhub.db")
    with database:
        database.execute("UPDATE history SET event = 'no event' WHERE instance_id = 'waiting' AND number = 1")
    database.close()


def change_letter(folder: Path) -> None:
    """Have a history tell, in words that can be read, of another orchestration."""
    database = sqlite3.connect(folder / "taskhub.db")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    content = (folder / "taskhub.db").read_bytes()
    assert content.count(b'"Name":"approval"') == 1
    (folder / "taskhub.db").write_bytes(content.replace(b'"Name":"approval"', b'"Name":"approvel"'))


def lose_row(folder: Path) -> None:
    """Take away a message that waits."""
    database = sqlite3.connect(folder / "taskhub.db")
    with database:
        database.execute("INSERT INTO sums VALUES ('inbox', '7', 7)")
    database.close()


def test_what_was_left_is_taken_up(left: Path) -> None:
    assert start(left)["customStatus"] == {"waiting for": "approval"}


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (cut_log, r"its last \d+ changes are missing"),
        (lose_log, r"its last \d+ changes are missing"),
        (flip_bytes, ""),
        (spoil_header, "file is not a database"),
        (bad_event, "what it says under 'history' is not what was written"),
        (change_letter, "what it says under 'history' is not what was written"),
        (lose_row, "what it says under 'inbox' is not what was written"),
    ],
)
def test_a_task_hub_that_cannot_be_trusted_is_refused_and_the_folder_left_free(
    left: Path, spoil: Callable[[Path], None], told: str
) -> None:
    spoil(left)
    for _ in range(2):
        with pytest.raises(StoreDamaged, match=rf"is damaged \(.*{told}.*\); put back a copy of the folder, or"):
            start(left)


@pytest.mark.usefixtures("left_as_it_was")
def test_the_process_says_so_in_one_sentence(
    left: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(left)
    cut_log(left)
    assert main(["--app", str(APPS / "patterns"), "--data", str(left)]) == 1
    assert capsys.readouterr().err.startswith(f"local host: the task hub in {left} is damaged (its last ")


def test_a_host_of_which_a_part_cannot_end_leaves_its_folder_to_the_next(open_host: OpenHost) -> None:
    first = open_host("patterns")

    def fail() -> None:
        raise OSError("No space left on device")

    first.host._undo.append(fail)
    first.host.crash()
    assert first.host.crashed.is_set()
    assert open_host("patterns").run("wait", [])["output"] == []


def test_a_killed_writing_thread_ends_the_host_and_what_was_acknowledged_is_there(open_host: OpenHost) -> None:
    first = open_host("patterns")
    first.start("approval", instance_id="waiting")
    first.host.wait_for("waiting", "Running")
    writer = [thread for thread in threading.enumerate() if thread.name == "host-writer"][-1]
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(writer.ident or 0), ctypes.py_object(SystemExit))
    # It answers so itself while it still can, where its writer dies in a commit before.
    with pytest.raises((httpx.TransportError, HostDied)):
        first.start("approval", instance_id="never acknowledged")
    assert first.host.crashed.wait(PATIENCE)
    assert isinstance(first.host.crash_cause, SystemExit)
    second = open_host("patterns")
    assert second.host.wait_for("waiting", "Running")["customStatus"] == {"waiting for": "approval"}
