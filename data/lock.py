"""One writer per run folder."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ..solvers.errors import UsageError
from .storage import PARTIAL, write_json, writing

LOCK = ".lock"
OWNER = ".writer.json"

_held: set[tuple[Path, int]] = set()


@contextmanager
def writer(run_folder: Path, patience: float = 0.0) -> Iterator[None]:
    """Be the only writer of a run folder, within this block.

    The operating system drops the lock when its process dies, so the lock of a dead process is simply taken
    over. A thread that already is the writer may ask again: the stages of a run nest.

    Args:
        patience: seconds to wait for another writer.
    Raises:
        UsageError: after that, if another process (or thread) is writing; names its pid and host.
    """
    with writing(run_folder):
        run_folder.mkdir(parents=True, exist_ok=True)
    key = (run_folder.resolve(), threading.get_ident())
    if key in _held:
        yield
        return
    lock = FileLock(run_folder / LOCK, timeout=patience)
    with writing(run_folder / LOCK):
        taken = _try(lock)
    if not taken:
        owner = _owner(run_folder)
        raise UsageError(
            f"{run_folder} is being written by {owner}; wait for it, or choose another folder"
        ) from None
    _held.add(key)
    try:
        for left in run_folder.glob(f".{OWNER}.*{PARTIAL}"):  # by a writer that was killed while it wrote its name
            left.unlink()
        write_json(run_folder / OWNER, {"pid": os.getpid(), "host": socket.gethostname()})
        yield
    finally:
        _held.discard(key)
        (run_folder / OWNER).unlink(missing_ok=True)
        lock.release()


def _try(lock: FileLock) -> bool:
    try:
        lock.acquire()
    except Timeout:
        return False
    return True


def _owner(run_folder: Path) -> str:
    try:
        owner = json.loads((run_folder / OWNER).read_text(encoding="utf-8"))
        return f"process {owner['pid']} on {owner['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process that is just starting"
