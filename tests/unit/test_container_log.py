"""What a failure tells of a container's log: the user's exception, whatever the server writes around it."""

import pytest

from contracts.container_log import LOG_LIMIT_BYTES, kept, telling
from contracts.errors import ScoringScriptFailed
from contracts.failure import LOG_TAIL_LIMIT

SERVER = "/azureml-envs/lib/python3.11/site-packages/azureml_inference_server_http/server/user_script.py"
RAISED = f"""Initializing logger
2026-01-01 04:35:23,683 I [18] azmlinfsrv.user_script - Invoking user's init function
2026-01-01 04:35:23,683 I [18] azmlinfsrv.print - reading weights
2026-01-01 04:35:23,684 E [18] azmlinfsrv - Encountered Exception Traceback (most recent call last):
  File "{SERVER}", line 119, in invoke_init
    self._user_init()
  File "/var/azureml-app/code/score.py", line 5, in init
    load("weights.bin")
  File "/var/azureml-app/code/loading.py", line 9, in load
    raise FileNotFoundError(name)
FileNotFoundError: weights.bin

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "{SERVER}", line 121, in invoke_init
    raise UserScriptException(ex) from ex
azureml_inference_server_http.server.user_script.UserScriptException: Caught an unhandled exception

"""
AFTERWARDS = "".join(f"2026-01-01 04:35:23,684 I [18] azmlinfsrv -     file-{n}.bin\n" for n in range(200))
OWN = """Traceback (most recent call last):
  File "/var/azureml-app/code/score.py", line 5, in init
    load("weights.bin")
  File "/var/azureml-app/code/loading.py", line 9, in load
    raise FileNotFoundError(name)
FileNotFoundError: weights.bin"""


def test_the_users_own_frames_are_at_the_end_whatever_the_server_writes_after_them() -> None:
    told = telling(RAISED + AFTERWARDS)

    assert told.endswith(OWN)
    assert "reading weights" in told
    assert "UserScriptException" not in told
    assert "file-1.bin" not in told


def test_the_last_of_several_exceptions_is_told() -> None:
    second = RAISED.replace("FileNotFoundError: weights.bin", "ValueError: too late")

    assert telling(RAISED + second).endswith("ValueError: too late")


def test_an_exception_of_several_lines_is_kept_whole() -> None:
    long = RAISED.replace("FileNotFoundError: weights.bin", "ValueError: first line\nsecond line")

    assert telling(long).endswith("ValueError: first line\nsecond line")


def test_a_log_without_an_exception_of_the_users_is_told_as_it_is() -> None:
    for log in ("", AFTERWARDS, 'Traceback (most recent call last):\n  File "/usr/lib/python3.11/x.py", line 1\nE: x'):
        assert telling(log) == log


def test_a_failure_keeps_the_cause_within_its_limit() -> None:
    error = ScoringScriptFailed("no").with_log("x" * 5000 + "\n" + RAISED + AFTERWARDS)

    assert error.log_tail is not None
    assert error.log_tail.endswith(OWN)
    assert len(error.log_tail) <= LOG_TAIL_LIMIT


SECRET = "AccountKey=" + "c" * 86 + "=="


def test_a_short_log_is_kept_as_it_is_without_its_secrets() -> None:
    assert kept(f"{RAISED}{SECRET}\n") == f"{RAISED}AccountKey=[redacted]\n"
    assert kept("") == ""


@pytest.mark.parametrize("line", ["loss 0.1\n", "é" * 40 + "\n", "x" * 5000 + "\n", "a\ud800b\n"])
def test_of_a_long_log_whole_lines_of_its_end_are_kept(line: str) -> None:
    log = "first\n" + line * (3 * LOG_LIMIT_BYTES // len(line)) + "ValueError: last"

    written = kept(log).encode()

    assert LOG_LIMIT_BYTES - 6000 < len(written) <= LOG_LIMIT_BYTES
    notice, *lines, last = written.decode().split("\n")
    assert "left out" in notice
    assert {f"{one}\n" for one in lines} == {line.encode(errors="replace").decode()}
    assert last == "ValueError: last"


def test_a_secret_that_the_cut_would_tear_is_not_kept_in_part() -> None:
    # Line after line, so that wherever it is cut, it is in one.
    assert "ccc" not in kept(f"{SECRET}\n" * (3 * LOG_LIMIT_BYTES // len(SECRET)))
