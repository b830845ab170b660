"""One writer per run folder."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fieldgan.data.lock import OWNER, writer
from fieldgan.data.storage import PARTIAL
from fieldgan.solvers.errors import FieldganError, UsageError

HOLD = """
import time
from pathlib import Path
from fieldgan.data.lock import writer
with writer(Path({!r})):
    print("held", flush=True)
    time.sleep(60)
"""


def holder(folder: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", HOLD.format(str(folder))], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_writer_is_refused_at_once_and_a_dead_one_is_replaced(tmp_path: Path) -> None:
    process = holder(tmp_path)
    start = time.monotonic()
    with pytest.raises(UsageError, match=f"process {process.pid} on {socket.gethostname()}"), writer(tmp_path):
        pass
    assert time.monotonic() - start < 1
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (tmp_path / ".writer.json").exists()
    with writer(tmp_path):
        assert str(os.getpid()) in (tmp_path / ".writer.json").read_text()
    assert not (tmp_path / ".writer.json").exists()


def test_stages_of_one_run_nest(tmp_path: Path) -> None:
    with writer(tmp_path), writer(tmp_path), writer(tmp_path / "." / ""):
        pass
    process = holder(tmp_path)
    process.kill()
    process.wait()


def test_the_lock_is_dropped_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), writer(tmp_path):
        raise ZeroDivisionError
    process = holder(tmp_path)
    process.kill()
    process.wait()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FieldganError, match="cannot write"), writer(tmp_path / "file" / "run"):
        pass


def test_what_a_killed_writer_left_of_its_name_goes(tmp_path: Path) -> None:
    left = tmp_path / f".{OWNER}.0123456789ab{PARTIAL}"
    left.write_text("{")
    with writer(tmp_path):
        assert not left.exists()
