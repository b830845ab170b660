"""Which scenario a data set comes from."""

import json

import xarray as xr

from ..solvers.errors import UsageError
from .scenario import Scenario
from .scenarios import scenario


def scenario_of(dataset: xr.Dataset) -> Scenario:
    """The registered scenario that generated a data set, with the options it had.

    Raises:
        UsageError: for data that come from no scenario, or from one that is not installed here.
    """
    name = dataset.attrs.get("fieldgan_scenario")
    if not name:
        raise UsageError("these data come from no scenario, so there is no solver for them; give one in Python")
    identity = json.loads(dataset.attrs.get("fieldgan_identity") or "{}")
    return scenario(name, **identity.get("options", {}))
