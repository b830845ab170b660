"""What a person reads while a command works; all of it on stderr, so that stdout holds results only."""

import sys
from typing import Literal

from rich.console import Console

Verbosity = Literal["quiet", "normal", "verbose"]
_verbosity: Verbosity = "normal"


def set_verbosity(verbosity: Verbosity) -> None:
    """How much to say from now on."""
    global _verbosity
    _verbosity = verbosity


def verbosity() -> Verbosity:
    """How much is said."""
    return _verbosity


def quiet() -> bool:
    """Whether only errors are to be said."""
    return _verbosity == "quiet"


def verbose() -> bool:
    """Whether tracebacks are wanted."""
    return _verbosity == "verbose"


def terminal() -> Console:
    """The console for progress; rich finds out about colours, NO_COLOR and width."""
    return Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """A line for people, unless they asked for quiet."""
    if not quiet():
        warn(text)


def warn(text: str) -> None:
    """A line for people, even when they asked for quiet."""
    try:
        print(text, file=sys.stderr, flush=True)
    except (OSError, ValueError):  # closed stderr is no reason to stop a run
        return
