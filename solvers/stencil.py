"""The five-point stencil of ∇·(k∇T) on cells: conductances of faces and exchange with the surroundings.

Integrated over a cell, the heat equation reads

    C dT/dt = b − A T,   (A T) = ∑_faces g (T − T_neighbour) + s T,   C = ρc dx dy

with g = k_face · (face length)/(distance between centres), k_face the harmonic mean; s and b collect sides, holes and source.
Arrays carry one halo cell: cell (j, i) of the grid stands at [j+1, i+1]. `west[j, i]` belongs to the face between cells
i−1 and i, `south[j, i]` to the one between j−1 and j.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .arena import Arena, grid

Array = NDArray[Any]
ASSEMBLED = 5  # grids that `assemble` takes from its arena
TINY = 1e-300
ONE = np.uint64(1)  # unsigned indices spare the check for negative ones, which would keep loops from vectorising


class Stencil(NamedTuple):
    """The discrete heat equation of one problem, per metre of depth; all but `body` are (ny+2, nx+2).

    Attributes:
        west, south: conductance of the face on that side of a cell, 0 on the rim and at holes [W m⁻¹ K⁻¹].
        sink: exchange with fixed temperatures outside: sides and held holes [W m⁻¹ K⁻¹].
        supply: heat into the cell from sources and through the sides at T = 0 [W m⁻¹].
        body: whether a cell belongs to the body, (ny, nx).
        held: whether any heat is exchanged with fixed temperatures.
        periodic_x, periodic_y: whether the halo repeats the opposite column or row.
        sound: whether conductivities are positive and all values finite.
    """

    west: Array
    south: Array
    sink: Array
    supply: Array
    body: Array
    held: bool
    periodic_x: bool
    periodic_y: bool
    sound: bool


@njit(cache=True, nogil=True)
def fill_halo(x: Array, periodic_x: bool, periodic_y: bool) -> None:
    """Repeat the opposite column and row in the halo where the grid is periodic."""
    if periodic_x:
        for j in range(x.shape[0]):
            x[j, 0] = x[j, x.shape[1] - 2]
            x[j, x.shape[1] - 1] = x[j, 1]
    if periodic_y:
        for i in range(x.shape[1]):
            x[0, i] = x[x.shape[0] - 2, i]
            x[x.shape[0] - 1, i] = x[1, i]


@njit(cache=True, nogil=True)
def copy_into(out: Array, x: Array) -> None:
    """out = x; loops compile a hundred times faster than slices, which carry their error messages along."""
    for j in range(x.shape[0]):
        for i in range(x.shape[1]):
            out[j, i] = x[j, i]


@njit(cache=True, nogil=True, error_model="numpy")
def assemble(
    arena: Arena,
    conductivity: Array,
    source: Array,
    dy: float,
    dx: float,
    transfer: Array,
    ambient: Array,
    flux: Array,
    periodic_x: bool,
    periodic_y: bool,
    hole: Array,
    held: Array,
) -> Stencil:
    """The stencil of fields (ny, nx), perimeter profiles and holes (no holes: both of size 0), in an arena."""
    ny, nx = conductivity.shape
    k, supply, sink = grid(arena, ny, nx), grid(arena, ny, nx), grid(arena, ny, nx)
    west, south = grid(arena, ny, nx), grid(arena, ny, nx)
    body = np.ones((ny, nx), dtype=np.bool_)
    sound = place(conductivity, source, dx * dy, k, supply)
    if hole.size:
        sound = cut(hole, k, supply, body)
    fill_halo(k, periodic_x, periodic_y)
    face_conductances(k, dy / dx, west, south)
    add_sides(sink, supply, k, dy, dx, transfer, ambient, flux)
    if hole.size:
        add_holes(sink, supply, k, body, held, dy / dx, periodic_x, periodic_y)
    lost = total(sink)
    sound &= -np.inf < total(supply) < np.inf and lost < np.inf
    return Stencil(west, south, sink, supply, body, lost > 0.0, periodic_x, periodic_y, sound)


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def total(cells: Array) -> float:
    """Sum over a grid whose halo is zero."""
    amount, flat = 0.0, cells.ravel()
    for i in range(flat.size):
        amount += flat[i]
    return amount


@njit(cache=True, nogil=True)
def place(conductivity: Array, source: Array, volume: float, k: Array, supply: Array) -> bool:
    """Fill the inside of k and supply; whether all conductivities are positive and finite."""
    bad = 0
    for j in range(conductivity.shape[0]):
        for i in range(conductivity.shape[1]):
            k[j + 1, i + 1] = conductivity[j, i]
            supply[j + 1, i + 1] = source[j, i] * volume
            bad += not 0.0 < conductivity[j, i] < np.inf
    return bad == 0


@njit(cache=True, nogil=True)
def cut(hole: Array, k: Array, supply: Array, body: Array) -> bool:
    """Take the hole out; whether a body is left, all of positive and finite conductivity."""
    cells, bad = 0, 0
    for j in range(hole.shape[0]):
        for i in range(hole.shape[1]):
            if hole[j, i]:
                body[j, i] = False
                k[j + 1, i + 1] = 0.0
                supply[j + 1, i + 1] = 0.0
            else:
                cells += 1
                bad += not 0.0 < k[j + 1, i + 1] < np.inf
    return cells > 0 and bad == 0


@njit(cache=True, nogil=True, error_model="numpy")
def face_conductances(k: Array, aspect: float, west: Array, south: Array) -> None:
    """Harmonic means of k (0 in holes and beyond the rim) times `aspect` = dy/dx westwards, 1/aspect southwards."""
    for j in range(1, k.shape[0] - 1):
        for i in range(1, k.shape[1]):
            west[j, i] = 2.0 * aspect * k[j, i] * k[j, i - 1] / (k[j, i] + k[j, i - 1] + TINY)
    for j in range(1, k.shape[0]):
        for i in range(1, k.shape[1] - 1):
            south[j, i] = 2.0 / aspect * k[j, i] * k[j - 1, i] / (k[j, i] + k[j - 1, i] + TINY)


@njit(cache=True, nogil=True, error_model="numpy")
def add_sides(sink: Array, supply: Array, k: Array, dy: float, dx: float, transfer: Array, ambient: Array, flux: Array) -> None:
    """Exchange through the four sides, half a cell of k in series with h; profiles as in `boundary.Perimeter`."""
    ny, nx = k.shape[0] - 2, k.shape[1] - 2
    for n in range(transfer.size):
        if n < 2 * ny:
            j, i, depth, length = 1 + n % ny, 1 + (n // ny) * (nx - 1), 0.5 * dx, dy
        else:
            j, i, depth, length = 1 + (n - 2 * ny) // nx * (ny - 1), 1 + (n - 2 * ny) % nx, 0.5 * dy, dx
        inner = k[j, i] / depth
        if np.isinf(transfer[n]):
            sink[j, i] += inner * length
            supply[j, i] += inner * length * ambient[n]
        elif inner > 0.0:
            share = inner / (inner + transfer[n])
            sink[j, i] += share * transfer[n] * length
            supply[j, i] += share * (transfer[n] * ambient[n] + flux[n]) * length


@njit(cache=True, nogil=True)
def add_holes(
    sink: Array,
    supply: Array,
    k: Array,
    body: Array,
    held: Array,
    aspect: float,
    periodic_x: bool,
    periodic_y: bool,
) -> None:
    """Exchange with held hole cells, whose temperature reigns on their faces; NaN in `held` is insulation."""
    ny, nx = body.shape
    for j in range(ny):
        for i in range(nx):
            if body[j, i] or np.isnan(held[j, i]):
                continue
            for dj, di in ((0, -1), (0, 1), (-1, 0), (1, 0)):
                m, n = j + dj, i + di
                if not (periodic_y or 0 <= m < ny) or not (periodic_x or 0 <= n < nx):
                    continue
                m, n = m % ny, n % nx
                g = 2.0 * k[m + 1, n + 1] * (aspect if dj == 0 else 1.0 / aspect)
                sink[m + 1, n + 1] += g
                supply[m + 1, n + 1] += g * held[j, i]


@njit(cache=True, nogil=True)
def heat_loss(stencil: Stencil, temperature: Array, out: Array) -> None:
    """out = A T: heat that leaves each cell when the surroundings are at temperature 0; halos of T filled, of out undefined."""
    x, loss = temperature.ravel(), out.ravel()
    west, south, sink = stencil.west.ravel(), stencil.south.ravel(), stencil.sink.ravel()
    m = np.uint64(temperature.shape[1])
    for i in range(m + ONE, np.uint64(x.size) - m - ONE):
        along_x = west[i] * (x[i] - x[i - ONE]) + west[i + ONE] * (x[i] - x[i + ONE])
        along_y = south[i] * (x[i] - x[i - m]) + south[i + m] * (x[i] - x[i + m])
        loss[i] = along_x + along_y + sink[i] * x[i]


def apply(stencil: Stencil, temperature: Array) -> Array:
    """A T on (ny, nx) [W m⁻¹]; cells outside the body give 0."""
    x = np.pad(np.where(stencil.body, temperature, 0.0), 1)
    out = np.zeros_like(x)
    fill_halo(x, stencil.periodic_x, stencil.periodic_y)
    heat_loss(stencil, x, out)
    return out[1:-1, 1:-1]


def diagonal(stencil: Stencil) -> Array:
    """The diagonal of A, all that a cell exchanges per kelvin, (ny, nx) [W m⁻¹ K⁻¹]."""
    west, south = stencil.west, stencil.south
    neighbours = west[1:-1, 1:-1] + west[1:-1, 2:] + south[1:-1, 1:-1] + south[2:, 1:-1]
    return neighbours + stencil.sink[1:-1, 1:-1]
