"""Advection and diffusion of momentum on a staggered grid, and the velocities beyond the sides.

    ∂u/∂t = −∂(uu)/∂x − ∂(uv)/∂y + ν ∇²u + f_x,   ∂v/∂t likewise

Conservative central differences of second order (Harlow & Welch, Phys. Fluids 8, 1965): uu and vv at centres and uv at
corners from averages of two faces. All fields have (ny+2, nx+2) numbers: cell (j, i) stands at [j+1, i+1], `u` there is on
its west face, `v` on its south face, so that the east side is column nx+1 of u, the north side row ny+1 of v; the rest is halo.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .flow_sides import HELD, PERIODIC, Rim
from .stencil import ONE

Array = NDArray[Any]


@njit(cache=True, nogil=True)
def fill_velocity_halo(u: Array, v: Array, rim: Rim) -> None:
    """Continue u beyond south and north and v beyond west and east, and repeat what is periodic."""
    if rim.kinds[0] == PERIODIC:
        repeat_columns(u)
        repeat_columns(v)
    else:
        reflect(v[:, 0], v[:, 1], rim.along_west, rim.kinds[0])
        reflect(v[:, -1], v[:, -2], rim.along_east, rim.kinds[1])
    if rim.kinds[2] == PERIODIC:
        repeat_rows(u)
        repeat_rows(v)
    else:
        reflect(u[0], u[1], rim.along_south, rim.kinds[2])
        reflect(u[-1], u[-2], rim.along_north, rim.kinds[3])


@njit(cache=True, nogil=True)
def reflect(beyond: Array, inside: Array, along: Array, kind: int) -> None:
    """Ghosts that make the mean of both `along` a held side, and the gradient zero elsewhere; the first entry is no face."""
    for i in range(1, inside.size):
        beyond[i] = 2 * along[i - 1] - inside[i] if kind == HELD else inside[i]


@njit(cache=True, nogil=True)
def repeat_columns(x: Array) -> None:
    """Column 0 beyond the seam, and the last one, which repeats column 1."""
    for j in range(x.shape[0]):
        x[j, 0] = x[j, x.shape[1] - 2]
        x[j, x.shape[1] - 1] = x[j, 1]


@njit(cache=True, nogil=True)
def repeat_rows(x: Array) -> None:
    """Row 0 beyond the seam, and the last one, which repeats row 1."""
    for i in range(x.shape[1]):
        x[0, i] = x[x.shape[0] - 2, i]
        x[x.shape[0] - 1, i] = x[1, i]


@njit(cache=True, nogil=True, fastmath={"contract"})
def accelerate(
    u: Array, v: Array, m: int, dy: float, dx: float, viscosity: float, fx: float, fy: float, ru: Array, rv: Array
) -> None:
    """ru, rv = ∂u/∂t, ∂v/∂t but for the pressure, on flat fields with rows of m numbers; faces of the rim get nonsense."""
    row, real = np.uint64(m), u.dtype.type
    over_x, over_y, shear_x, shear_y = real(0.25 / dx), real(0.25 / dy), real(viscosity / dx**2), real(viscosity / dy**2)
    force_x, force_y, two = real(fx), real(fy), real(2)
    for k in range(row + ONE, np.uint64(u.size) - row - ONE):
        west, east = u[k] + u[k - ONE], u[k] + u[k + ONE]
        south, north = v[k] + v[k - row], v[k] + v[k + row]
        corner = (u[k] + u[k - row]) * (v[k] + v[k - ONE])
        above = (u[k] + u[k + row]) * (v[k + row] + v[k + row - ONE])
        right = (u[k + ONE] + u[k + ONE - row]) * (v[k] + v[k + ONE])
        drift_u = over_x * (east * east - west * west) + over_y * (above - corner)
        drift_v = over_x * (right - corner) + over_y * (north * north - south * south)
        spread_u = shear_x * (u[k + ONE] - two * u[k] + u[k - ONE]) + shear_y * (u[k + row] - two * u[k] + u[k - row])
        spread_v = shear_x * (v[k + ONE] - two * v[k] + v[k - ONE]) + shear_y * (v[k + row] - two * v[k] + v[k - row])
        ru[k] = force_x - drift_u + spread_u
        rv[k] = force_y - drift_v + spread_v


@njit(cache=True, nogil=True)
def accelerate_rim(u: Array, v: Array, dy: float, dx: float, rim: Rim, ru: Array, rv: Array) -> None:
    """Tendencies of faces on the rim: 0 where the velocity is prescribed, convective where it leaves, repeated if periodic."""
    ny, nx = u.shape[0] - 2, u.shape[1] - 2
    west, east, south, north = 0.0, 0.0, 0.0, 0.0
    for j in range(1, ny + 1):
        west, east = max(west, -u[j, 2]), max(east, u[j, nx])
    for i in range(1, nx + 1):
        south, north = max(south, -v[2, i]), max(north, v[ny, i])
    west, east = west / dx if rim.open[0] else 0.0, east / dx if rim.open[1] else 0.0
    south, north = south / dy if rim.open[2] else 0.0, north / dy if rim.open[3] else 0.0
    for j in range(ny + 2):
        ru[j, 0] = 0.0
        periodic = rim.kinds[0] == PERIODIC
        ru[j, nx + 1] = ru[j, 1] if periodic else east * (u[j, nx] - u[j, nx + 1])
        ru[j, 1] = ru[j, 1] if periodic else west * (u[j, 2] - u[j, 1])
    for i in range(nx + 2):
        periodic = rim.kinds[2] == PERIODIC
        rv[ny + 1, i] = rv[1, i] if periodic else north * (v[ny, i] - v[ny + 1, i])
        rv[1, i] = rv[1, i] if periodic else south * (v[2, i] - v[1, i])


@njit(cache=True, nogil=True)
def balance_outflow(u: Array, v: Array, dy: float, dx: float, rim: Rim, emission: float) -> None:
    """Shift the velocities through all outflow sides by one amount so that as much leaves as enters, backflow stopped before.

    Args:
        emission: what vents let in [m² s⁻¹].
    """
    ny, nx = u.shape[0] - 2, u.shape[1] - 2
    stop_backflow(u, v, rim)
    length = dy * ny * (rim.open[0] + rim.open[1]) + dx * nx * (rim.open[2] + rim.open[3])
    surplus = -emission
    for j in range(1, ny + 1):
        surplus += dy * (u[j, nx + 1] - u[j, 1])
    for i in range(1, nx + 1):
        surplus += dx * (v[ny + 1, i] - v[1, i])
    shift = u.dtype.type(surplus / length if length > 0.0 else 0.0)
    for j in range(1, ny + 1):
        u[j, 1] += shift if rim.open[0] else 0
        u[j, nx + 1] -= shift if rim.open[1] else 0
    for i in range(1, nx + 1):
        v[1, i] += shift if rim.open[2] else 0
        v[ny + 1, i] -= shift if rim.open[3] else 0


@njit(cache=True, nogil=True)
def stop_backflow(u: Array, v: Array, rim: Rim) -> None:
    """Nothing enters through the sides that are one-way."""
    ny, nx = u.shape[0] - 2, u.shape[1] - 2
    for j in range(1, ny + 1):
        u[j, 1] = min(u[j, 1], 0) if rim.one_way[0] else u[j, 1]
        u[j, nx + 1] = max(u[j, nx + 1], 0) if rim.one_way[1] else u[j, nx + 1]
    for i in range(1, nx + 1):
        v[1, i] = min(v[1, i], 0) if rim.one_way[2] else v[1, i]
        v[ny + 1, i] = max(v[ny + 1, i], 0) if rim.one_way[3] else v[ny + 1, i]


@njit(cache=True, nogil=True, fastmath={"contract"})
def take_step(x: Array, now: Array, before: Array, a: float, b: float) -> None:
    """x += a now − b before, on flat fields."""
    new, old = x.dtype.type(a), x.dtype.type(b)
    for k in range(x.size):
        x[k] += new * now[k] - old * before[k]


@njit(cache=True, nogil=True)
def fastest_rates(u: Array, v: Array, dy: float, dx: float) -> tuple[float, float]:
    """Largest |u|/dx + |v|/dy, and largest of either, of the cells, each with the faster face of a pair [s⁻¹]; not finite where
    the flow is not."""
    nothing = 0.0 * square(u, v)
    both, either = largest_rates(u, v, 1.0 / dy, 1.0 / dx)
    return both + nothing, either + nothing


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "reassoc", "contract"})
def largest_rates(u: Array, v: Array, by_y: float, by_x: float) -> tuple[float, float]:
    """The same, blind to what is not a number."""
    both, either = 0.0, 0.0
    for j in range(1, u.shape[0] - 1):
        along, south, north = u[j, 1:], v[j, 1:], v[j + 1, 1:]
        for i in range(along.size - 1):
            x, y = by_x * max(abs(along[i]), abs(along[i + 1])), by_y * max(abs(south[i]), abs(north[i]))
            both, either = max(both, x + y), max(either, max(x, y))
    return both, either


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def square(u: Array, v: Array) -> float:
    """∑ u² + v² over all faces but the last ones north and east."""
    total = 0.0
    for j in range(1, u.shape[0] - 1):
        along, across = u[j, 1:-1], v[j, 1:-1]
        for i in range(along.size):
            total += along[i] * along[i] + across[i] * across[i]
    return total
