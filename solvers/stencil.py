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

Array = NDArray[Any]
TINY = 1e-300


class Stencil(NamedTuple):
    """The discrete heat equation of one problem, per metre of depth; all but `body` are (ny+2, nx+2).

    Attributes:
        west, south: conductance of the face on that side of a cell, 0 on the rim and at holes [W m⁻¹ K⁻¹].
        sink: exchange with fixed temperatures outside: sides and held holes [W m⁻¹ K⁻¹].
        supply: heat into the cell from sources and through the sides at T = 0 [W m⁻¹].
        body: whether a cell belongs to the body, (ny, nx).
        periodic_x, periodic_y: whether the halo repeats the opposite column or row.
        sound: whether conductivities are positive and all values finite.
    """

    west: Array
    south: Array
    sink: Array
    supply: Array
    body: Array
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
    """The stencil of fields (ny, nx), perimeter profiles and holes (no holes: both of size 0)."""
    ny, nx = conductivity.shape
    shape = (ny + 2, nx + 2)
    k, supply, sink = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    body = np.ones((ny, nx), dtype=np.bool_)
    sound, cells, total = True, 0, 0.0
    for j in range(ny):
        for i in range(nx):
            if hole.size and hole[j, i]:
                body[j, i] = False
            else:
                k[j + 1, i + 1] = conductivity[j, i]
                supply[j + 1, i + 1] = source[j, i] * (dx * dy)
                sound &= 0.0 < conductivity[j, i] < np.inf
                cells += 1
    fill_halo(k, periodic_x, periodic_y)
    west, south = face_conductances(k, dy / dx)
    add_sides(sink, supply, k, dy, dx, transfer, ambient, flux)
    if hole.size:
        add_holes(sink, supply, k, body, held, dy / dx, periodic_x, periodic_y)
    for j in range(1, ny + 1):
        for i in range(1, nx + 1):
            total += supply[j, i] + sink[j, i]
    sound &= cells > 0 and -np.inf < total < np.inf
    return Stencil(west, south, sink, supply, body, periodic_x, periodic_y, sound)


@njit(cache=True, nogil=True, error_model="numpy")
def face_conductances(k: Array, aspect: float) -> tuple[Array, Array]:
    """Harmonic means of k (0 in holes and beyond the rim) times `aspect` = dy/dx westwards, 1/aspect southwards."""
    west, south = np.zeros(k.shape), np.zeros(k.shape)
    for j in range(1, k.shape[0] - 1):
        for i in range(1, k.shape[1]):
            west[j, i] = 2.0 * aspect * k[j, i] * k[j, i - 1] / (k[j, i] + k[j, i - 1] + TINY)
    for j in range(1, k.shape[0]):
        for i in range(1, k.shape[1] - 1):
            south[j, i] = 2.0 / aspect * k[j, i] * k[j - 1, i] / (k[j, i] + k[j - 1, i] + TINY)
    return west, south


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
def heat_loss(x: Array, west: Array, south: Array, sink: Array, out: Array) -> None:
    """out = A x: heat that leaves each cell when the surroundings are at temperature 0."""
    for j in range(1, x.shape[0] - 1):
        for i in range(1, x.shape[1] - 1):
            out[j, i] = (
                west[j, i] * (x[j, i] - x[j, i - 1])
                + west[j, i + 1] * (x[j, i] - x[j, i + 1])
                + south[j, i] * (x[j, i] - x[j - 1, i])
                + south[j + 1, i] * (x[j, i] - x[j + 1, i])
                + sink[j, i] * x[j, i]
            )


def apply(stencil: Stencil, temperature: Array) -> Array:
    """A T on (ny, nx) [W m⁻¹]; cells outside the body give 0."""
    x, out = np.zeros_like(stencil.sink), np.zeros_like(stencil.sink)
    x[1:-1, 1:-1] = np.where(stencil.body, temperature, 0.0)
    fill_halo(x, stencil.periodic_x, stencil.periodic_y)
    heat_loss(x, stencil.west, stencil.south, stencil.sink, out)
    return out[1:-1, 1:-1]


def diagonal(stencil: Stencil) -> Array:
    """The diagonal of A, all that a cell exchanges per kelvin, (ny, nx) [W m⁻¹ K⁻¹]."""
    west, south = stencil.west, stencil.south
    neighbours = west[1:-1, 1:-1] + west[1:-1, 2:] + south[1:-1, 1:-1] + south[2:, 1:-1]
    return neighbours + stencil.sink[1:-1, 1:-1]
