"""From what a user names to a configuration and a scenario; loads no torch, so that mistakes are answered at once."""

from collections.abc import Mapping
from typing import Any

from ..data.scenario import Scenario
from ..data.scenarios import scenario as scenario_named
from ..solvers.errors import UsageError
from .config import RunConfig, resolve
from .presets import preset


def configure(scenario: str | Scenario, size: str, *layers: Mapping[str, Any]) -> tuple[RunConfig, Scenario]:
    """The resolved configuration of a run, and its scenario with the options chosen.

    Raises:
        UsageError: for an unknown scenario, and for unknown or impossible settings.
    """
    if isinstance(scenario, Scenario):
        config = resolve(scenario.options, preset(size, scenario.name), *layers)
        if config.scenario != scenario.options:
            raise UsageError("a scenario that is made already has its options; leave the section [scenario] out")
        return config, scenario
    config = resolve(scenario_named(scenario).options, preset(size, scenario), *layers)
    return config, scenario_named(scenario, **config.scenario)
