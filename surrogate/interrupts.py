"""SIGINT and SIGTERM wait for a good moment: they set a flag, and the loop stops when its state is saved."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """Stopped by a signal, with the state saved; a process that ends by it exits with 128 + signal number."""

    def __init__(self, signal_number: int, message: str) -> None:
        super().__init__(message)
        self.signal_number = signal_number
        self.exit_code = 128 + signal_number


@contextmanager
def deferred_signals() -> Iterator[Callable[[], int]]:
    """Yield a function that tells which signal asked to stop (0: none); only the main thread hears any."""
    received = 0

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal received
        received = number

    if threading.current_thread() is not threading.main_thread():
        yield lambda: 0
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
