"""What the door of the climate solver refuses, and what it reports of runs that went wrong."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .errors import NumericalError, UnstableStep, UsageError

if TYPE_CHECKING:
    from .climate import Climate

Array = NDArray[Any]
MONTHS = 12
POSITIVE = ("solar_constant", "co2", "land_capacity", "ocean_capacity", "ice_capacity")


def check_climate(c: "Climate") -> None:
    """Refuse a planet that makes no sense."""
    _check_land(np.asarray(c.land))
    for name in POSITIVE:
        if not 0 < getattr(c, name) < np.inf:
            raise UsageError(f"{name}={getattr(c, name)} is out of range; use a positive number")
    if not (np.isfinite(c.longwave[0]) and 0 < c.longwave[1] < np.inf):
        raise UsageError(f"longwave={c.longwave} is out of range; use A and B with B > 0, or the planet runs away")
    if not 0 <= c.ice_albedo <= 1:
        raise UsageError(f"ice_albedo={c.ice_albedo} is out of range; use 0 to 1")
    a, b = c.albedo
    if not (0 <= a + b <= 1 and 0 <= a - b / 2 <= 1):
        raise UsageError(f"albedo={c.albedo} leaves 0 to 1 at the equator or a pole; use a + b and a − b/2 within")
    if not np.isfinite(c.ice_onset):
        raise UsageError(f"ice_onset={c.ice_onset} is not finite; use a temperature in °C, -1000 for a planet without ice")
    if not 0 <= c.ice_width < np.inf:
        raise UsageError(f"ice_width={c.ice_width} K is out of range; use 0 for a step or more for a ramp")
    if c.steps < MONTHS or c.steps % MONTHS:
        raise UsageError(f"steps={c.steps} a year do not fit into months; use a multiple of {MONTHS}")
    _check_rows(c)


def _check_land(land: Array) -> None:
    if land.ndim != 2 or len(land) < 2 or land.shape[1] < 1:
        raise UsageError(f"land has the shape {land.shape}; use (nlat, nlon) with at least 2 rows")
    if land.dtype != np.float64:
        raise UsageError(f"land has the type {land.dtype}; use float64 shares of land")
    outside = ~((land >= 0) & (land <= 1))
    if outside.any():
        raise UsageError(f"land has the value {land[outside][0]:g} in {outside.sum()} cells; use shares from 0 to 1")


def _check_rows(c: "Climate") -> None:
    """Diffusivity and wind: one value or one for each row."""
    for name, least in (("diffusivity", 0.0), ("wind", -np.inf)):
        values = np.asarray(getattr(c, name))
        if values.shape not in ((), (len(c.land),)):
            raise UsageError(f"{name} has the shape {values.shape}; use one value or {len(c.land)}, one for each row")
        if not (np.isfinite(values).all() and (values >= least).all()):
            raise UsageError(f"{name}={values.min():g} is out of range; use finite values{' ≥ 0' if least == 0 else ''}")


def check_dt(dt: float, limit: float) -> None:
    """Refuse a step that is not positive or not stable."""
    if not dt > 0:
        raise UsageError(f"dt={dt} s is out of range; use a positive step")
    if dt > limit:
        raise UnstableStep(f"dt={dt:.6g} s exceeds the stable {limit:.6g} s; use more steps a year, dt <= {limit:.6g}")


def check_temperature(temperature: Array, shape: tuple[int, int]) -> None:
    """Refuse a state that does not fit."""
    if temperature.shape != shape:
        raise UsageError(f"the state has the shape {temperature.shape}; use {shape}, that of the land")
    if not np.isfinite(temperature).all():
        raise UsageError(f"the state has {(~np.isfinite(temperature)).sum()} cells that are not finite; use temperatures in °C")


def check_outcome(temperature: Array, time: float) -> None:
    """Stop where a run blew up."""
    wrong = np.argwhere(~np.isfinite(temperature))
    if len(wrong):
        raise NumericalError(
            f"climate: the temperature of {place(wrong[0], temperature.shape)} is not finite after {time:.4g} s; "
            "use more steps a year"
        )


def place(cell: Array, shape: tuple[int, ...]) -> str:
    """Where a cell (row, column) lies, for people."""
    lat = (cell[0] + 0.5) * 180 / shape[0] - 90
    lon = (cell[1] + 0.5) * 360 / shape[1]
    return f"latitude {lat:.1f}°, longitude {lon:.1f}°"
