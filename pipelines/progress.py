"""Progress with rate and remaining time: a bar on a terminal, plain lines elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Protocol

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from .console import quiet, say, terminal

SECONDS_BETWEEN_LINES = 10.0


class Advance(Protocol):
    """Told what is done, what there is in all, and a short note such as the current error."""

    def __call__(self, done: int, total: int, note: str = "") -> None: ...


@contextmanager
def progress(title: str, unit: str) -> Iterator[Advance]:
    """Show how a stage gets on.

    Args:
        title: what is being done, "generate" say.
        unit: what is counted, "samples" say.
    """
    with progress_of_several(unit) as begin:
        yield begin(title)


@contextmanager
def progress_of_several(unit: str) -> Iterator[Callable[[str], Advance]]:
    """Show how what is done side by side gets on; what is given begins one part by its title."""
    console = terminal()
    if quiet():
        yield lambda title: _unseen
    elif console.is_terminal:
        with Progress(
            TextColumn("{task.description:<18}"),
            BarColumn(),
            TaskProgressColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeRemainingColumn(),
            console=console,
        ) as bar:
            yield lambda title: _bar(bar, title, unit)
    else:
        yield lambda title: Lines(title, unit)


def _unseen(done: int, total: int, note: str = "") -> None:
    """Progress that nobody wants to see."""


def _bar(bar: Progress, title: str, unit: str) -> Advance:
    task = bar.add_task(title, total=None, note="")
    rate = Rate()

    def advance(done: int, total: int, note: str = "") -> None:
        bar.update(task, completed=done, total=total, note=f"{rate(done):.3g} {unit}/s {note}")

    return advance


class Rate:
    """Units per second since the first call, so that what a resumed run finds done does not count."""

    def __init__(self) -> None:
        self.start: tuple[float, int] | None = None

    def __call__(self, done: int) -> float:
        """The rate once `done` units are done [1/s]; 0 as long as it is unknown."""
        now = monotonic()
        self.start = self.start or (now, done)
        seconds, units = now - self.start[0], done - self.start[1]
        return units / seconds if units > 0 and seconds > 0 else 0.0


class Lines:
    """A plain line when a stage begins and ends, and every ten seconds between."""

    def __init__(self, title: str, unit: str) -> None:
        self.title, self.unit = title, unit
        self.rate = Rate()
        self.last = -SECONDS_BETWEEN_LINES

    def __call__(self, done: int, total: int, note: str = "") -> None:
        rate, now = self.rate(done), monotonic()
        if now - self.last < SECONDS_BETWEEN_LINES and done < total:
            return
        self.last = now
        speed = f", {rate:.3g} {self.unit}/s, {duration((total - done) / rate)} left" if rate > 0 and done < total else ""
        say(f"{self.title}: {done}/{total} {self.unit}{speed}{', ' + note if note else ''}")


def duration(seconds: float) -> str:
    """Seconds as people read them: 45 s, 12 min, 3.5 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def size(count: float) -> str:
    """Bytes as people read them."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"
