"""Names that do not exist, answered with those that do."""

from collections.abc import Iterable
from difflib import get_close_matches


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """The line for a name that does not exist: the nearest known one, or all of them.

    Only the last part of a dotted name is compared; `known` are the names within its section.
    """
    known = list(known)
    section, dot, last = name.rpartition(".")
    near = get_close_matches(last, known, n=1)
    hint = f"did you mean {section}{dot}{near[0]}?" if near else f"known are {', '.join(known) or 'none'}"
    return f"unknown {what} {name!r}; {hint}"
