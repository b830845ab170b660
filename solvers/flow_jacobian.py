"""The steady vorticity equation of the staggered grid and its derivative by the streamfunction.

The curl of the discrete momentum equation at an inner corner knows no pressure,

    0 = (δ_yy − δ_xx) UV + δ_x δ_y (U² − V²) + ν (δ_xx + δ_yy) ω

with UV and the vorticity ω at corners, and U² − V² at centres, all of averages of two faces: the very equation that
`flow_momentum.accelerate` marches, in ψ alone. It reaches two corners far.
"""

from typing import Any

from numba import njit
from numpy.typing import NDArray

from .flow_sides import HELD

Array = NDArray[Any]


@njit(cache=True, nogil=True)
def jacobian(psi: Array, dy: float, dx: float, viscosity: float, kinds: Array, share: float, out: Array) -> None:
    """Coefficients of δψ(j+dj−2, i+di−2) in the equation of inner corner (j, i).

    Args:
        psi: (ny+1, nx+1) [m² s⁻¹].
        kinds: of the sides, as in `flow_sides.Rim`.
        share: 1 for the derivative, 0 for Picard's linearisation, which keeps the velocities that carry.
        out: (ny−1, nx−1, 5, 5) [m⁻² s⁻¹]; corners of the rim stay 0.
    """
    ny, nx = psi.shape[0] - 1, psi.shape[1] - 1
    out[:] = 0.0
    for j in range(1, ny):
        for i in range(1, nx):
            row = out[j - 1, i - 1]
            for dj, di in ((1, 0), (-1, 0), (0, 1), (0, -1), (0, 0)):
                weight_y = -2.0 / dy**2 if dj == di else dj**2 / dy**2
                weight_x = -2.0 / dx**2 if dj == di else di**2 / dx**2
                spread(row, j + dj, i + di, dj, di, ny, nx, dy, dx, viscosity * (weight_x + weight_y), kinds)
                if 0 < j + dj < ny and 0 < i + di < nx:
                    carry = (weight_y - share * weight_x, share * weight_y - weight_x)
                    shear(row, psi, j + dj, i + di, dj, di, 0.25 / (dx * dy), carry)
            for dj in (0, -1):
                for di in (0, -1):
                    sign = 1.0 if dj == di else -1.0
                    stretch(row, psi, j + dj, i + di, dj, di, dy, dx, sign * (1.0 + share) / (dx * dy))


@njit(cache=True, nogil=True)
def spread(row: Array, j: int, i: int, dj: int, di: int, ny: int, nx: int, dy: float, dx: float, w: float, kinds: Array) -> None:
    """Add w δω at corner (j, i); on a held side only the corner next to it counts, twice, and on a sliding one nothing."""
    if i == 0 or i == nx:
        if kinds[0 if i == 0 else 1] == HELD:
            row[2 + dj, 2] -= 2.0 * w / dx**2
    elif j == 0 or j == ny:
        if kinds[2 if j == 0 else 3] == HELD:
            row[2, 2 + di] -= 2.0 * w / dy**2
    else:
        row[2 + dj, 2 + di] += w * (2.0 / dx**2 + 2.0 / dy**2)
        row[2 + dj, 1 + di] -= w / dx**2
        row[2 + dj, 3 + di] -= w / dx**2
        row[1 + dj, 2 + di] -= w / dy**2
        row[3 + dj, 2 + di] -= w / dy**2


@njit(cache=True, nogil=True)
def shear(row: Array, psi: Array, j: int, i: int, dj: int, di: int, scale: float, carry: tuple[float, float]) -> None:
    """Add carry · (V δU, U δV) at inner corner (j, i), where U = δ_y ψ and V = −δ_x ψ over two cells."""
    along_y, along_x = psi[j + 1, i] - psi[j - 1, i], psi[j, i + 1] - psi[j, i - 1]
    by_u, by_v = -scale * carry[0] * along_x, -scale * carry[1] * along_y
    row[3 + dj, 2 + di] += by_u
    row[1 + dj, 2 + di] -= by_u
    row[2 + dj, 3 + di] += by_v
    row[2 + dj, 1 + di] -= by_v


@njit(cache=True, nogil=True)
def stretch(row: Array, psi: Array, j: int, i: int, dj: int, di: int, dy: float, dx: float, w: float) -> None:
    """Add w (U δU − V δV) at the centre of cell (j, i), with U and V from its four corners."""
    rising, falling = psi[j + 1, i + 1] - psi[j, i], psi[j + 1, i] - psi[j, i + 1]
    by_u, by_v = 0.25 * w * (rising + falling) / dy**2, 0.25 * w * (rising - falling) / dx**2
    row[3 + dj, 3 + di] += by_u - by_v
    row[2 + dj, 2 + di] -= by_u - by_v
    row[3 + dj, 2 + di] += by_u + by_v
    row[2 + dj, 3 + di] -= by_u + by_v
