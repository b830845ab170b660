"""Passive scalars: bounded advection, diffusion, sources, exchange through the sides, buoyancy.

    ∂q/∂t + ∇·(u q) = κ ∇²q + s

Finite volumes, one sweep along x and one along y, in turns the one or the other first, which leaves second order (Strang, SIAM J.
Numer. Anal. 5, 1968), but for diffusion across a velocity that varies and at sides, which is of first order in time.
What a face lets pass in a step is the part of van Leer's limited line in the upwind cell that reaches it
(J. Comput. Phys. 23, 1977). The first sweep changes the fluid in a cell too, if it enters along one direction and leaves along
the other; q is its content over what then is there (Leonard, Lock & MacVean, Mon. Weather Rev. 124, 1996), so that no new
extrema arise in a divergence-free flow, a uniform q stays so, and nothing is lost. Fields are flat, of (ny+2, nx+2) numbers;
`flow_momentum` says where velocities stand.

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
NEARLY = 0.999  # of the step that would empty a cell along one direction before it is filled along the other
SMALL, SMALL_SINGLE = (float(np.sqrt(np.finfo(kind).tiny)) for kind in (np.float64, np.float32))


class Passive(NamedTuple):
    """Properties of all scalars q; sides run west, east, south, north as in `boundary.Perimeter`.

    Attributes:
        diffusivity: κ, (scalars,) [m² s⁻¹].
        buoyancy: upward acceleration per unit of q, (scalars,) [m s⁻²].
        source: s, (scalars, ny+2, nx+2) [s⁻¹]; `sourced` says of which scalars it is anything, (scalars,).
        emitted: the same of what vents bring, which comes with the fluid that they let in along y.
        exchange: conductance between the cells of a side and what is beyond, (scalars, 2 ny + 2 nx) [m s⁻¹].
        ambient: q beyond the sides; `held` says where it reigns on the side itself and so is what flows in.
        flux: further flux into the domain [m s⁻¹].
    """

    diffusivity: Array
    buoyancy: Array
    source: Array
    sourced: Array
    emitted: Array
    exchange: Array
    ambient: Array
    held: Array
    flux: Array


class Scratch(NamedTuple):
    """What a transport writes to, all but two (ny+2, nx+2).

    Attributes:
        mark: scalars as marked, (scalars, ny+2, nx+2).
        entered: of each scalar, what has come in through the sides less what has left, (scalars,) [m² times its unit], float64.
        room: fluid in each cell between sweeps.
        between, slope, spread, flux: one scalar between sweeps, its slopes, what diffusion alone makes of it, and its fluxes.
    """

    mark: Array
    entered: Array
    room: Array
    between: Array
    slope: Array
    spread: Array
    flux: Array


class Direction(NamedTuple):
    """The way of a sweep.

    Attributes:
        along, across: from one cell to the next along it, and from one line of cells to the next, in memory.
        cells, lines: of the domain.
        place: on the perimeter, of the first line at the side where lines begin; those where they end follow.
        spacing: of cells along it [m].
        face: length of the faces between them [m].
        periodic: whether lines close on themselves.
    """

    along: int
    across: int
    cells: int
    lines: int
    place: int
    spacing: float
    face: float
    periodic: bool


@njit(cache=True, nogil=True, error_model="numpy")
def largest_step(fastest: float, straight: float, spreading: float) -> float:
    """The largest step [s] that keeps scalars within bounds: dt with (1 − a dt) (1 − b dt) = d dt, less a thousandth.

    Of the fluid in a cell no more than a dt leaves, in either sweep. The mean of what stays is off by no more than b dt of a
    half-slope, which is within neighbours, and diffusion takes no more than d dt of it.

    Args:
        fastest: a = max(|u|/dx + |v|/dy) [s⁻¹].
        straight: b = max(|u|/dx, |v|/dy) [s⁻¹].
        spreading: d = 3κ/min(dx, dy)² [s⁻¹].
    """
    root = np.sqrt((fastest - straight) ** 2 + spreading * (2.0 * (fastest + straight) + spreading))
    return float(NEARLY / (0.5 * (fastest + straight + spreading + root)))


@njit(cache=True, nogil=True)
def transport(
    passive: Passive,
    scratch: Scratch,
    rim: Rim,
    obstacle: Obstacle,
    u: Array,
    v: Array,
    q: Array,
    dt: float,
    dy: float,
    dx: float,
    x_first: bool,
) -> None:
    """q += dt ∂q/∂t for all scalars, (scalars, ny+2, nx+2).

    Sources act before what happens along y, or after it, so that two transports in turns are the same forwards and backwards.
    Vents bring the fluid in along y, and what they emit with it.
    """
    ny, nx, m = q.shape[1] - 2, q.shape[2] - 2, q.shape[2]
    x = Direction(1, m, nx, ny, 0, dx, dy, rim.kinds[0] == PERIODIC)
    y = Direction(m, 1, ny, nx, 2 * ny, dy, dx, rim.kinds[2] == PERIODIC)
    eastward, northward, between, room = u.ravel(), v.ravel(), scratch.between, scratch.room.ravel()
    if x_first:
        make_room(eastward, x.along, m, dt / dx, room)
    else:
        make_room(northward, y.along, m, dt / dy, room)
    for n in range(q.shape[0]):
        if passive.sourced[n] and not x_first:
            supply(q[n].ravel(), passive.source[n].ravel(), dt)
        if x_first:
            sweep(passive, n, scratch, rim, x, obstacle.u_faces, eastward, q[n], True, dt, 0.0, between)
            sweep(passive, n, scratch, rim, y, obstacle.v_faces, northward, between, False, dt, dt, q[n])
        else:
            sweep(passive, n, scratch, rim, y, obstacle.v_faces, northward, q[n], True, dt, dt, between)
            sweep(passive, n, scratch, rim, x, obstacle.u_faces, eastward, between, False, dt, 0.0, q[n])
        if passive.sourced[n] and x_first:
            supply(q[n].ravel(), passive.source[n].ravel(), dt)


@njit(cache=True, nogil=True, fastmath={"contract"})
def supply(q: Array, source: Array, dt: float) -> None:
    """q += dt s."""
    time = q.dtype.type(dt)
    for k in range(q.size):
        q[k] += time * source[k]


@njit(cache=True, nogil=True)
def sweep(
    passive: Passive,
    n: int,
    scratch: Scratch,
    rim: Rim,
    way: Direction,
    held_faces: Array,
    u: Array,
    q: Array,
    first: bool,
    dt: float,
    emitting: float,
    out: Array,
) -> None:
    """Scalar n after what happens along one direction, `first` or after the other one, (ny+2, nx+2).

    Args:
        held_faces: those across this direction that touch an obstacle.
        u: the velocity along it, flat [m s⁻¹].
        emitting: for how long vents emit [s].
    """
    (_, entered, room, _, slope, spread, flux), m = scratch, q.shape[1]
    fill_scalar_halo(q, passive.ambient[n], passive.held[n], rim)
    flat, rooms, slopes, spreads, passed = q.ravel(), room.ravel(), slope.ravel(), spread.ravel(), flux.ravel()
    mixing, share = passive.diffusivity[n] / way.spacing, dt / way.spacing
    limit_slopes(flat, way.along, m, mixing * share, slopes, spreads)
    flatten_at_obstacle(held_faces, way.along, flat, slopes, spreads)
    for line in range(way.lines):
        first_cell, last_cell = ends_of(way, line)
        if way.periodic:
            for a in (slopes, spreads, rooms):
                a[first_cell - way.along], a[last_cell + way.along] = a[last_cell], a[first_cell]
        else:
            spreads[first_cell], spreads[last_cell] = flat[first_cell], flat[last_cell]
            place, inwards = way.place + line, u[first_cell]
            slopes[first_cell] = beside(passive, n, place, flat[first_cell], inwards, slopes[first_cell])
            place, inwards = place + way.lines, -u[last_cell + way.along]
            slopes[last_cell] = beside(passive, n, place, flat[last_cell], inwards, slopes[last_cell])
    fluxes(flat, spreads, u, slopes, rooms, first, way.along, m, mixing, share, passed)
    hold(held_faces, passed)
    if not way.periodic:
        for line in range(way.lines):
            first_cell, last_cell = ends_of(way, line)
            last_face = last_cell + way.along
            passed[first_cell] = inward(passive, n, way.place + line, flat[first_cell], u[first_cell])
            passed[last_face] = -inward(passive, n, way.place + way.lines + line, flat[last_cell], -u[last_face])
            entered[n] += dt * way.face * (passed[first_cell] - passed[last_face])
    gather(flat, passed, passive.emitted[n].ravel(), rooms, first, way.along, m, share, emitting, out.ravel())


@njit(cache=True, nogil=True)
def ends_of(way: Direction, line: int) -> tuple[int, int]:
    """The first and the last cell of a line, counted from 0, as indices of flat fields with halo."""
    before = (line + 1) * way.across
    return before + way.along, before + way.cells * way.along


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


@njit(cache=True, nogil=True, fastmath={"contract"})
def make_room(u: Array, along: int, m: int, by: float, room: Array) -> None:
    """Fluid in each cell after the first sweep, 1 before it; `by` is dt over the spacing and `along` one cell in memory."""
    row, to_next, share, one = np.uint64(m), np.uint64(along), u.dtype.type(by), u.dtype.type(1)
    for k in range(row + ONE, np.uint64(u.size) - row - ONE):
        room[k] = one - share * (u[k + to_next] - u[k])


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def limit_slopes(q: Array, along: int, m: int, mixing: float, slope: Array, spread: Array) -> None:
    """Half of van Leer's difference across each cell, the harmonic mean of both sides, 0 at extrema; and q + κ dt ∂²q.

    Args:
        mixing: κ dt over the square of the spacing.
    """
    row, to_next, none, share = np.uint64(m), np.uint64(along), q.dtype.type(0), q.dtype.type(mixing)
    for k in range(row + ONE, np.uint64(q.size) - row - ONE):
        before, after = q[k] - q[k - to_next], q[k + to_next] - q[k]
        both = before * after
        slope[k] = both / (before + after) if both > none else none
        spread[k] = q[k] + share * (after - before)


@njit(cache=True, nogil=True)
def flatten_at_obstacle(faces: Array, along: int, q: Array, slope: Array, spread: Array) -> None:
    """No slope across the cells on both sides of faces that an obstacle holds, and no look ahead at diffusion, as at sides."""
    for n in range(faces.size):
        for k in (faces[n], faces[n] - along):
            slope[k], spread[k] = 0.0, q[k]


@njit(cache=True, nogil=True, fastmath={"contract"})
def fluxes(
    q: Array,
    spread: Array,
    u: Array,
    slope: Array,
    room: Array,
    first: bool,
    along: int,
    m: int,
    mixing: float,
    by: float,
    flux: Array,
) -> None:
    """Advective and diffusive flux through the face before each cell.

    Of the line in the upwind cell the face sees the middle of what passes, 1 − |c| half-slopes from the centre for a Courant
    number c; less where the second sweep finds less than a full cell, or more would leave than the line allows. What passes has
    spread all the step, and spreads from where half of the step leaves it, which is second order in a uniform flow. Faces of the
    rim get nonsense.

    Args:
        mixing: κ over the spacing.
        by: dt over it.
    """
    row, to_last, real, nothing, one = np.uint64(m), np.uint64(along), q.dtype.type, q.dtype.type(0), q.dtype.type(1)
    half, courant = real(0.5 * mixing), real(by)
    for k in range(row, np.uint64(q.size)):
        full = one if first else min(one, min(room[k - to_last], room[k]))
        reach = full - courant * abs(u[k])
        before, after = spread[k - to_last] + reach * slope[k - to_last], spread[k] - reach * slope[k]
        down = (q[k - to_last] + spread[k - to_last]) - (q[k] + spread[k])
        flux[k] = u[k] * (before if u[k] > nothing else after) + half * down


@njit(cache=True, nogil=True)
def beside(passive: Passive, n: int, place: int, q: float, velocity: float, slope: float) -> float:
    """The slope across a cell at a side: no further than what comes in there, and none where q leaves through it."""
    if not passive.held[n, place] or velocity <= 0.0:
        return 0.0
    reach = abs(q - passive.ambient[n, place])
    return float(min(max(slope, -reach), reach))


@njit(cache=True, nogil=True)
def inward(passive: Passive, n: int, place: int, q: float, velocity: float) -> float:
    """Flux into the domain at a place of the perimeter, next to a cell with q, with a velocity inwards."""
    beyond = passive.ambient[n, place]
    carried = beyond if passive.held[n, place] and velocity > 0 else q
    return float(velocity * carried + passive.exchange[n, place] * (beyond - q) + passive.flux[n, place])


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def gather(
    q: Array, flux: Array, emitted: Array, room: Array, first: bool, along: int, m: int, by: float, dt: float, out: Array
) -> None:
    """out = q after a sweep, 0 where next to nothing; `by` is dt over the spacing, and vents emit for dt."""
    row, to_next, real, nothing = np.uint64(m), np.uint64(along), q.dtype.type, q.dtype.type(0)
    least, share, time = real(SMALL_SINGLE if q.itemsize == 4 else SMALL), real(by), real(dt)
    if first:
        for k in range(row + ONE, np.uint64(q.size) - row - ONE):
            new = (q[k] + share * (flux[k] - flux[k + to_next]) + time * emitted[k]) / room[k]
            out[k] = nothing if abs(new) <= least else new
    else:
        for k in range(row + ONE, np.uint64(q.size) - row - ONE):
            new = room[k] * q[k] + share * (flux[k] - flux[k + to_next]) + time * emitted[k]
            out[k] = nothing if abs(new) <= least else new


@njit(cache=True, nogil=True, fastmath={"contract"})
def buoy(q: Array, m: int, buoyancy: float, rv: Array) -> None:
    """Add the upward acceleration of a scalar to ∂v/∂t; `buoyancy` per unit of q."""
    row, half = np.uint64(m), q.dtype.type(0.5 * buoyancy)
    for k in range(row + ONE, np.uint64(q.size) - row - ONE):
        rv[k] += half * (q[k] + q[k - row])
