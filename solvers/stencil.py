"""The five-point stencil of ∇·(k∇T) on cells: conductances of faces, exchange with the surroundings, and products.

Integrated over a cell, the equation reads

    C dT/dt = Σ_faces g (T_neighbour − T) − s T + b        C = ρc dx dy

with g = k_face · (face length)/(distance), k_face the harmonic mean; s and b collect the sides, the hole and the source.
All arrays carry one halo cell: cell (j, i) of the grid stands at [j+1, i+1]; `west[j, i]` is the face between cells
i−1 and i, `south[j, i]` the one between j−1 and j.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[Any]


class Stencil(NamedTuple):
    """Conductances of a grid, each (ny+2, nx+2) [W m⁻¹ K⁻¹ per metre of depth].

    Attributes:
        west, south: conductance of the face on that side of a cell; 0 on the rim and at holes.
        sink: exchange with fixed temperatures outside (sides and held holes).
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
def harmonic(a, b):
    return 2.0 * a * b / (a + b)


@njit(cache=True, nogil=True)
def face_conductances(k, solid, aspect, periodic_x, periodic_y):
    """West and south conductances of each cell; `aspect` = dy/dx."""
    ny, nx = k.shape
    west = np.zeros((ny + 2, nx + 2))
    south = np.zeros((ny + 2, nx + 2))
    for j in range(ny):
        for i in range(1, nx):
            if solid[j, i] * solid[j, i - 1] != 0.0:
                west[j + 1, i + 1] = aspect * harmonic(k[j, i], k[j, i - 1])
        if periodic_x and solid[j, 0] * solid[j, nx - 1] != 0.0:
            joint = aspect * harmonic(k[j, 0], k[j, nx - 1])
            west[j + 1, 1] = joint
            west[j + 1, nx + 1] = joint
    for j in range(1, ny):
        for i in range(nx):
            if solid[j, i] * solid[j - 1, i] != 0.0:
                south[j + 1, i + 1] = harmonic(k[j, i], k[j - 1, i]) / aspect
    for i in range(nx):
        if periodic_y and solid[0, i] * solid[ny - 1, i] != 0.0:
            joint = harmonic(k[0, i], k[ny - 1, i]) / aspect
            south[1, i + 1] = joint
            south[ny + 1, i + 1] = joint
    return west, south


@njit(cache=True, nogil=True)
def exchange(k, half, length, h, ambient, flux):
    """Conductance and supply of one wall face: half a cell of k in series with the transfer coefficient h."""
    inner = k / half
    if np.isinf(h):
        return inner * length, inner * length * ambient
    share = inner / (inner + h)
    return share * h * length, share * (h * ambient + flux) * length


@njit(cache=True, nogil=True)
def add_sides(sink, supply, k, solid, dy, dx, transfer, ambient, flux):
    """Exchange of all four sides; profiles run along west, east, south and north in turn."""
    ny, nx = k.shape
    for n in range(2 * ny + 2 * nx):
        if n < 2 * ny:
            j, i = n % ny, (n // ny) * (nx - 1)
            half, length = 0.5 * dx, dy
        else:
            j, i = ((n - 2 * ny) // nx) * (ny - 1), (n - 2 * ny) % nx
            half, length = 0.5 * dy, dx
        if solid[j, i] != 0.0:
            s, b = exchange(k[j, i], half, length, transfer[n], ambient[n], flux[n])
            sink[j + 1, i + 1] += s
            supply[j + 1, i + 1] += b


@njit(cache=True, nogil=True)
def add_hole(sink, supply, k, solid, held, dy, dx, periodic_x, periodic_y):
    """Exchange with held hole cells, whose temperature reigns on their faces; NaN in `held` is insulation."""
    ny, nx = k.shape
    for j in range(ny):
        for i in range(nx):
            if solid[j, i] == 0.0:
                continue
            for dj, di in ((0, -1), (0, 1), (-1, 0), (1, 0)):
                jn, im = j + dj, i + di
                if (jn < 0 or jn >= ny) and not periodic_y or (im < 0 or im >= nx) and not periodic_x:
                    continue
                jn, im = jn % ny, im % nx
                if solid[jn, im] == 0.0 and not np.isnan(held[jn, im]):
                    g = 2.0 * k[j, i] * (dx / dy if di == 0 else dy / dx)
                    sink[j + 1, i + 1] += g
                    supply[j + 1, i + 1] += g * held[jn, im]


@njit(cache=True, nogil=True)
def assemble(k, source, dy, dx, transfer, ambient, flux, periodic_x, periodic_y, solid, held):
    """The whole stencil of a heat problem from its fields (ny, nx) and perimeter profiles."""
    ny, nx = k.shape
    west, south = face_conductances(k, solid, dy / dx, periodic_x, periodic_y)
    sink = np.zeros((ny + 2, nx + 2))
    supply = np.zeros((ny + 2, nx + 2))
    sound = True
    for j in range(ny):
        for i in range(nx):
            if solid[j, i] != 0.0:
                supply[j + 1, i + 1] = source[j, i] * (dx * dy)
                sound &= 0.0 < k[j, i] < np.inf
    add_sides(sink, supply, k, solid, dy, dx, transfer, ambient, flux)
    if solid.min() == 0.0:
        add_hole(sink, supply, k, solid, held, dy, dx, periodic_x, periodic_y)
    body = solid != 0.0
    sound &= np.isfinite(supply.sum()) and np.isfinite(sink.sum()) and body.any()
    return Stencil(west, south, sink, supply, body, periodic_x, periodic_y, sound)


@njit(cache=True, nogil=True)
def fill_halo(x, periodic_x, periodic_y):
    """Repeat the opposite column and row in the halo where the grid is periodic."""
    if periodic_x:
        x[:, 0] = x[:, -2]
        x[:, -1] = x[:, 1]
    if periodic_y:
        x[0, :] = x[-2, :]
        x[-1, :] = x[1, :]


@njit(cache=True, nogil=True)
def heat_loss(x, west, south, sink, out):
    """out = A x: heat that flows out of each cell, neighbours and surroundings at their temperature (at 0)."""
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
