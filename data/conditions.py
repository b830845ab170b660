"""Whether conditions are those of a scenario: its name, variables, units, grid, coordinates, and physics in range."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from ..solvers.errors import IntegrityError, UsageError
from .members import MEMBER
from .scenario import Scenario, Variable

OFFSET = 1e-3  # of a cell, by which a coordinate may be off: float32 is enough


def differences(
    data: xr.Dataset,
    scenario: str,
    variables: Sequence[Variable],
    dims: tuple[str, str],
    outcomes: Sequence[Variable] = (),
) -> list[str]:
    """What of scenario, names, units and dimensions is not as expected, one phrase each.

    Args:
        data: with the dimension `sample`; what does not say its scenario or a unit is taken to have the right one.
        scenario: the name of the expected one.
        variables, dims: those that have to be there, along `sample` and `dims` in any order.
        outcomes: those among them that may have members too.
    """
    found = data.attrs.get("fieldgan_scenario", scenario)
    told = [] if found == scenario else [f"scenario {found!r} instead of {scenario!r}"]
    for v in variables:
        expected = ("sample", *v.dims(dims))
        if v.name not in data:
            told.append(f"no variable {v.name}")
            continue
        if (units := data[v.name].attrs.get("units", v.units)) != v.units:
            told.append(f"{v.name} in {units!r} instead of {v.units!r}")
        if set(data[v.name].dims) - ({MEMBER} if v in outcomes else set()) != set(expected):
            there, wanted = (", ".join(map(str, names)) for names in (data[v.name].dims, expected))
            told.append(f"{v.name} along ({there}) instead of ({wanted})")
    return told


def check_conditions(data: xr.Dataset, scenario: Scenario, source: str = "the data") -> None:
    """Refuse conditions that a scenario cannot have drawn.

    Raises:
        IntegrityError: listing all differences of scenario, variables, units, grid and coordinates.
        UsageError: for physics out of range; names value, limit and sample.
    """
    dims = scenario.domain.dims
    if found := differences(data, scenario.name, scenario.inputs, dims) or _grid_differences(data, scenario):
        raise IntegrityError(f"{source} does not fit scenario {scenario.name!r}: {'; '.join(found)}")
    for row in range(data.sizes["sample"] if scenario.check else 0):
        check_physics(data.isel(sample=row), scenario, source)


def check_physics(one: xr.Dataset, scenario: Scenario, source: str) -> None:
    """Refuse a sample with physics out of range, naming it."""
    assert scenario.check is not None
    try:
        scenario.check(scenario.plain(one))
    except UsageError as error:
        number = f"sample {int(one['sample'])} of " if "sample" in one.coords else ""
        raise UsageError(f"{number}{source}: {error}") from None


def _grid_differences(data: xr.Dataset, scenario: Scenario) -> list[str]:
    dims = scenario.domain.dims
    shape = tuple(data.sizes.get(name, 0) for name in dims)
    expected = scenario.domain.shape(shape[0])
    if min(shape) < 2:
        return [f"grid {shape} is smaller than (2, 2)"]
    if shape != expected:
        return [f"grid {shape} instead of {expected} along {dims}"]
    told = []
    for name, wanted in scenario.domain.coords(shape[0]).items():
        if name not in data.coords:
            continue
        centres, units = np.asarray(wanted.values), data[name].attrs.get("units", wanted.attrs.get("units"))
        if units != wanted.attrs.get("units"):
            told.append(f"coordinate {name} in {units!r} instead of {wanted.attrs['units']!r}")
        elif not _is_near(data[name], centres):
            ends = f"{centres[0]:g} to {centres[-1]:g}"
            told.append(f"coordinate {name} is not that of {len(centres)} cells with centres from {ends}")
    return told


def _is_near(coordinate: xr.DataArray, centres: np.ndarray) -> bool:
    if coordinate.dtype.kind not in "fiu" or coordinate.shape != centres.shape:
        return False
    return bool(np.abs(coordinate.values - centres).max() <= OFFSET * abs(centres[1] - centres[0]))
