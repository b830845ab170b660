"""Which fields of a variable figures show: its only one, or January, July and the mean of the year."""

from collections.abc import Callable
from dataclasses import dataclass

from ..data.scenario import Array, Variable

SHOWN_MONTHS = {"January": 0, "July": 6}


@dataclass(frozen=True)
class View:
    """One field (ny, nx) of those of a variable in a sample, (*axes, ny, nx); `name` is empty where there is only one."""

    name: str
    of: Callable[[Array], Array]

    def titled(self, rank: str) -> str:
        """The label of a row: which sample, and which of its fields."""
        return f"{rank}, {self.name}" if self.name else rank


def views(variable: Variable) -> list[View]:
    """What to show of a variable, the mean last."""
    if not variable.axes:
        return [View("", lambda a: a)]
    months = [View(name, lambda a, k=k: a[k]) for name, k in SHOWN_MONTHS.items()]  # type: ignore[misc]
    return [*months, View("mean", lambda a: a.mean(axis=0))]
