"""The scenarios by name: an explicit dict of those that fieldgan ships, and the entry points of those that others do."""

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

from ...solvers.errors import UsageError
from ..names import unknown
from ..scenario import Scenario
from .cavity import cavity
from .climate import climate
from .heat import heat
from .plume import plume
from .plume_mean import plume_mean
from .wake import wake
from .weather import weather

SCENARIOS: dict[str, Callable[..., Scenario]] = {
    "heat": heat,
    "cavity": cavity,
    "wake": wake,
    "climate": climate,
    "weather": weather,
    "plume": plume,
    "plume-mean": plume_mean,
}

ENTRY_POINT_GROUP = "fieldgan.scenarios"


def known() -> list[str]:
    """Names of all scenarios, shipped and installed."""
    return sorted({*SCENARIOS, *(entry.name for entry in entry_points(group=ENTRY_POINT_GROUP))})


def scenario(name: str, **options: Any) -> Scenario:
    """The scenario of that name, with the physics options it takes.

    An entry point of the group `fieldgan.scenarios` may name a Scenario or a function that returns one.

    Raises:
        UsageError: for an unknown name, an option the scenario does not have, or a value out of range.
    """
    make = SCENARIOS.get(name) or _installed(name)
    if isinstance(make, Scenario):
        make = _without_options(make)
    try:
        return make(**options)
    except TypeError as error:
        raise UsageError(f"scenario {name!r} does not take these options: {error}") from error


def _installed(name: str) -> Any:
    found = [entry for entry in entry_points(group=ENTRY_POINT_GROUP) if entry.name == name]
    if not found:
        raise UsageError(unknown("scenario", name, known()))
    return found[0].load()


def _without_options(fixed: Scenario) -> Callable[[], Scenario]:
    return lambda: fixed
