"""Exact flows put on the staggered grid, profiles through the middle of computed ones, and their extrema."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from ..exact_flow import Exact

Array = NDArray[Any]


def sample(
    exact: Callable[[Array, Array], Any], shape: tuple[int, int], spacing: tuple[float, float], corner: tuple[float, float]
) -> Exact:
    """Velocity on the faces and pressure at the centres of (ny, nx) cells whose south-west corner is (x, y) [m].

    Where the flow has no pressure, its third field stands in p.
    """
    (ny, nx), (dy, dx) = shape, spacing
    x, y = (start + step * np.arange(n + 1) for start, step, n in zip(corner, (dx, dy), (nx, ny), strict=True))
    middle_x, middle_y = x[:-1] + dx / 2, y[:-1] + dy / 2
    on_vertical, on_horizontal = exact(x, middle_y[:, None])[0], exact(middle_x, y[:, None])[1]
    return Exact(on_vertical, on_horizontal, exact(middle_x, middle_y[:, None])[2])


def across(values: Array, low: float, high: float) -> CubicSpline:
    """Profile over [0, 1] through values at the centres of n equal cells and both ends."""
    n = len(values)
    places = np.concatenate([[0.0], (np.arange(n) + 0.5) / n, [1.0]])
    return CubicSpline(places, np.concatenate([[low], values, [high]]))


def extrema(profile: CubicSpline) -> tuple[float, float]:
    """Least and largest value of a profile over [0, 1]."""
    turning = profile.derivative().roots(extrapolate=False)
    values = profile(np.concatenate([[0.0, 1.0], turning]))
    return float(values.min()), float(values.max())
