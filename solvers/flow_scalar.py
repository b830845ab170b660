"""Passive scalars: bounded advection, diffusion, sources, exchange through the sides, buoyancy.

    ∂q/∂t + ∇·(u q) = κ ∇²q + s

Finite volumes. Values at faces come from van Leer's limited slopes (J. Comput. Phys. 14, 1974) on the upwind side: second
order where q is smooth, and with Heun's method, which averages two Euler steps (Shu & Osher, J. Comput. Phys. 77, 1988), no new
extrema in a divergence-free flow. Fields are flat, of (ny+2, nx+2) numbers; `flow_momentum` says where velocities stand.

The far tail of a scalar is cut off where its square would no longer be a normal number, below 1e-19 in float32: arithmetic with
numbers that small takes many times as long.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .flow_obstacle import Obstacle, hold
from .flow_sides import PERIODIC, Rim
from .stencil import ONE

Array = NDArray[Any]
SMALL, SMALL_SINGLE = (float(np.sqrt(np.finfo(kind).tiny)) for kind in (np.float64, np.float32))


class Passive(NamedTuple):
    """Properties of all scalars q; sides run west, east, south, north as in `boundary.Perimeter`.

    Attributes:
        diffusivity: κ, (scalars,) [m² s⁻¹].
        buoyancy: upward acceleration per unit of q, (scalars,) [m s⁻²].
        source: s, (scalars, ny+2, nx+2) [s⁻¹].
        exchange: conductance between the cells of a side and what is beyond, (scalars, 2 ny + 2 nx) [m s⁻¹].
        ambient: q beyond the sides; `held` says where it reigns on the side itself and so is what flows in.
        flux: further flux into the domain [m s⁻¹].
    """

    diffusivity: Array
    buoyancy: Array
    source: Array
    exchange: Array
    ambient: Array
    held: Array
    flux: Array


class Scratch(NamedTuple):
    """Scalars one Euler step ahead and as marked, (scalars, ny+2, nx+2), and slopes and fluxes of one scalar, (ny+2, nx+2)."""

    ahead: Array
    mark: Array
    slope_x: Array
    slope_y: Array
    flux_x: Array
    flux_y: Array


@njit(cache=True, nogil=True)
def transport(
    passive: Passive,
    scratch: Scratch,
    rim: Rim,
    obstacle: Obstacle,
    u: Array,
    v: Array,
    q: Array,
    out: Array,
    share: float,
    dt: float,
    dy: float,
    dx: float,
) -> None:
    """out += share (q + dt ∂q/∂t − out) for all scalars, (scalars, ny+2, nx+2)."""
    m, (_, _, sx, sy, fx, fy) = u.shape[1], scratch
    for n in range(q.shape[0]):
        fill_scalar_halo(q[n], passive.ambient[n], passive.held[n], rim)
        limit_slopes(q[n].ravel(), m, sx.ravel(), sy.ravel())
        flatten_at_obstacle(obstacle, m, sx.ravel(), sy.ravel())
        repeat_slopes(sx, sy, rim)
        by_x, by_y = passive.diffusivity[n] / dx, passive.diffusivity[n] / dy
        fluxes(q[n].ravel(), u.ravel(), v.ravel(), sx.ravel(), sy.ravel(), m, by_x, by_y, fx.ravel(), fy.ravel())
        hold(obstacle.u_faces, fx.ravel())
        hold(obstacle.v_faces, fy.ravel())
        exchange_at_sides(passive, n, q[n], u, v, rim, fx, fy)
        source = passive.source[n].ravel()
        gather(q[n].ravel(), fx.ravel(), fy.ravel(), source, m, dt / dx, dt / dy, dt, share, out[n].ravel())


@njit(cache=True, nogil=True)
def fill_scalar_halo(q: Array, ambient: Array, held: Array, rim: Rim) -> None:
    """Continue q beyond the sides: repeated, reflected about a held value, or the same."""
    ny, nx = q.shape[0] - 2, q.shape[1] - 2
    for j in range(1, ny + 1):
        west, east = j - 1, ny + j - 1
        q[j, 0] = 2 * ambient[west] - q[j, 1] if held[west] else q[j, 1]
        q[j, nx + 1] = 2 * ambient[east] - q[j, nx] if held[east] else q[j, nx]
        if rim.kinds[0] == PERIODIC:
            q[j, 0], q[j, nx + 1] = q[j, nx], q[j, 1]
    for i in range(1, nx + 1):
        south, north = 2 * ny + i - 1, 2 * ny + nx + i - 1
        q[0, i] = 2 * ambient[south] - q[1, i] if held[south] else q[1, i]
        q[ny + 1, i] = 2 * ambient[north] - q[ny, i] if held[north] else q[ny, i]
        if rim.kinds[2] == PERIODIC:
            q[0, i], q[ny + 1, i] = q[ny, i], q[1, i]


@njit(cache=True, nogil=True, error_model="numpy")
def limit_slopes(q: Array, m: int, slope_x: Array, slope_y: Array) -> None:
    """Half of van Leer's differences across each cell: the harmonic mean of both sides, 0 at extrema."""
    row, none = np.uint64(m), q.dtype.type(0)
    for k in range(row + ONE, np.uint64(q.size) - row - ONE):
        west, east, south, north = q[k] - q[k - ONE], q[k + ONE] - q[k], q[k] - q[k - row], q[k + row] - q[k]
        along_x, along_y = west * east, south * north
        slope_x[k] = along_x / (west + east) if along_x > none else none
        slope_y[k] = along_y / (south + north) if along_y > none else none


@njit(cache=True, nogil=True)
def flatten_at_obstacle(obstacle: Obstacle, m: int, slope_x: Array, slope_y: Array) -> None:
    """No slope across the cells that an obstacle bounds."""
    for n in range(obstacle.u_faces.size):
        slope_x[obstacle.u_faces[n]] = 0.0
        slope_x[obstacle.u_faces[n] - 1] = 0.0
    for n in range(obstacle.v_faces.size):
        slope_y[obstacle.v_faces[n]] = 0.0
        slope_y[obstacle.v_faces[n] - m] = 0.0


@njit(cache=True, nogil=True)
def repeat_slopes(slope_x: Array, slope_y: Array, rim: Rim) -> None:
    """Slopes beyond periodic sides."""
    ny, nx = slope_x.shape[0] - 2, slope_x.shape[1] - 2
    if rim.kinds[0] == PERIODIC:
        for j in range(ny + 2):
            slope_x[j, 0], slope_x[j, nx + 1] = slope_x[j, nx], slope_x[j, 1]
    if rim.kinds[2] == PERIODIC:
        for i in range(nx + 2):
            slope_y[0, i], slope_y[ny + 1, i] = slope_y[ny, i], slope_y[1, i]


@njit(cache=True, nogil=True, fastmath={"contract"})
def fluxes(
    q: Array, u: Array, v: Array, slope_x: Array, slope_y: Array, m: int, by_x: float, by_y: float, flux_x: Array, flux_y: Array
) -> None:
    """Advective and diffusive flux through west and south faces; `by_x` = κ/dx, `by_y` = κ/dy. Faces of the rim get nonsense."""
    row, half, spread_x, spread_y = np.uint64(m), q.dtype.type(0.5), q.dtype.type(by_x), q.dtype.type(by_y)
    for k in range(row, np.uint64(q.size)):
        west, here = q[k - ONE] + slope_x[k - ONE], q[k] - slope_x[k]
        flux_x[k] = half * (u[k] * (west + here) + abs(u[k]) * (west - here)) - spread_x * (q[k] - q[k - ONE])
    for k in range(row, np.uint64(q.size)):
        south, here = q[k - row] + slope_y[k - row], q[k] - slope_y[k]
        flux_y[k] = half * (v[k] * (south + here) + abs(v[k]) * (south - here)) - spread_y * (q[k] - q[k - row])


@njit(cache=True, nogil=True)
def exchange_at_sides(passive: Passive, n: int, q: Array, u: Array, v: Array, rim: Rim, flux_x: Array, flux_y: Array) -> None:
    """Fluxes of scalar n through the sides that are not periodic."""
    ny, nx = q.shape[0] - 2, q.shape[1] - 2
    if rim.kinds[0] != PERIODIC:
        for j in range(1, ny + 1):
            flux_x[j, 1] = inward(passive, n, j - 1, q[j, 1], u[j, 1])
            flux_x[j, nx + 1] = -inward(passive, n, ny + j - 1, q[j, nx], -u[j, nx + 1])
    if rim.kinds[2] != PERIODIC:
        for i in range(1, nx + 1):
            flux_y[1, i] = inward(passive, n, 2 * ny + i - 1, q[1, i], v[1, i])
            flux_y[ny + 1, i] = -inward(passive, n, 2 * ny + nx + i - 1, q[ny, i], -v[ny + 1, i])


@njit(cache=True, nogil=True)
def inward(passive: Passive, n: int, place: int, q: float, velocity: float) -> float:
    """Flux into the domain at a place of the perimeter, next to a cell with q, with a velocity inwards."""
    beyond = passive.ambient[n, place]
    carried = beyond if passive.held[n, place] and velocity > 0 else q
    return float(velocity * carried + passive.exchange[n, place] * (beyond - q) + passive.flux[n, place])


@njit(cache=True, nogil=True, fastmath={"contract"})
def gather(
    q: Array, flux_x: Array, flux_y: Array, source: Array, m: int, by_x: float, by_y: float, dt: float, share: float, out: Array
) -> None:
    """out += share (q + gain − out), 0 where next to nothing; `by_x` = dt/dx, `by_y` = dt/dy."""
    row, real, nothing = np.uint64(m), q.dtype.type, q.dtype.type(0)
    least = real(SMALL_SINGLE if q.itemsize == 4 else SMALL)
    part, along_x, along_y, time = real(share), real(by_x), real(by_y), real(dt)
    for k in range(row + ONE, np.uint64(q.size) - row - ONE):
        gain = along_x * (flux_x[k] - flux_x[k + ONE]) + along_y * (flux_y[k] - flux_y[k + row]) + time * source[k]
        new = out[k] + part * (q[k] + gain - out[k])
        out[k] = new if abs(new) > least else nothing


@njit(cache=True, nogil=True, fastmath={"contract"})
def buoy(q: Array, m: int, buoyancy: float, rv: Array) -> None:
    """Add the upward acceleration of a scalar to ∂v/∂t; `buoyancy` per unit of q."""
    row, half = np.uint64(m), q.dtype.type(0.5 * buoyancy)
    for k in range(row + ONE, np.uint64(q.size) - row - ONE):
        rv[k] += half * (q[k] + q[k - row])
