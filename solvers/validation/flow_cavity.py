"""The lid-driven cavity: profiles against Ghia's tables, extrema and the main vortex against finer and spectral solutions.

Ghia's own error, against the spectral solution at Re 1000, is 0.006 in u and 0.012 in v; so are the gates.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RectBivariateSpline

from ..flow import Flow
from ..flow_newton import NewtonFlow, solve_newton
from ..flow_sides import FlowSides, Wall
from .checks import Check, check, observed_order
from .ghia import REYNOLDS, u_on_the_vertical, v_on_the_horizontal
from .staggered import across, extrema

Array = NDArray[Any]
GHIA = "Ghia, Ghia & Shin (1982) J. Comput. Phys. 48, 387, Tables I, II, III and V"
MARCHI = "Marchi, Suero & Araki (2009) J. Braz. Soc. Mech. Sci. 31, 186, 1024² with Richardson extrapolation"
BOTELLA = "Botella & Peyret (1998) Comput. Fluids 27, 421, spectral"
CELLS = 128
GATES = (0.01, 0.02)  # of u and v against the tables
CENTRES = {100: (-0.103423, 0.6172, 0.7344), 400: (-0.113909, 0.5547, 0.6055), 1000: (-0.117929, 0.5313, 0.5625)}  # Ghia: ψ, x, y
LANDMARKS = ("least u on x = 1/2", "largest v on y = 1/2", "least v on y = 1/2", "streamfunction in the centre of the vortex")
FINER = {  # cavities that are known better than any grid of ours: landmarks and source
    100: ((-0.2140424, 0.1795728, -0.2538030), MARCHI),
    1000: ((-0.3885698, 0.3769447, -0.5270771, -0.1189366), BOTELLA),
}
GRIDS = (96, 192)


class Profiles(NamedTuple):
    """u over y on x = 1/2 and v over x on y = 1/2, as splines that include the walls."""

    u: Any
    v: Any


def cavities() -> list[Check]:
    """All checks of the cavity."""
    return [
        *(one for reynolds in REYNOLDS for one in _against_ghia(reynolds, solve_newton(cavity(reynolds, CELLS)))),
        *(one for reynolds in FINER for one in _against_finer(reynolds)),
        marching_meets_newton(),
    ]


def cavity(reynolds: float, cells: int) -> Flow:
    """Unit square, lid at speed 1 eastwards."""
    return Flow((cells, cells), (1 / cells, 1 / cells), 1 / reynolds, FlowSides(north=Wall(1.0)))


def profiles(flow: Any) -> Profiles:
    """The profiles of a cavity with an even number of cells a side."""
    half = flow.u.shape[0] // 2
    return Profiles(across(flow.u[:, half], 0.0, 1.0), across(flow.v[half], 0.0, 0.0))


def deviations(reynolds: int, flow: Any) -> tuple[float, float]:
    """Largest deviations of u and v from Ghia's tables [m s⁻¹]."""
    (y, u), (x, v), computed = u_on_the_vertical(reynolds), v_on_the_horizontal(reynolds), profiles(flow)
    return float(np.abs(computed.u(y) - u).max()), float(np.abs(computed.v(x) - v).max())


def _against_ghia(reynolds: int, flow: NewtonFlow) -> list[Check]:
    """Ghia's centres are points of a grid of 1/128 or 1/256."""
    names = (
        "largest deviation of u on x = 1/2",
        "largest deviation of v on y = 1/2",
        LANDMARKS[-1],
        "x of the centre",
        "y of the centre",
    )
    values, published = (*deviations(reynolds, flow), *vortex(flow.psi)), (0.0, 0.0, *CENTRES[reynolds])
    tolerances = (*GATES, 0.005 * abs(published[2]), 0.004, 0.004)
    return [check(_case(reynolds), *numbers, GHIA) for numbers in zip(names, values, published, tolerances, strict=True)]


def _against_finer(reynolds: int) -> list[Check]:
    """Landmarks extrapolated from two grids by the order that the solver declares, and the order itself."""
    published, source = FINER[reynolds]
    coarse, fine = (landmarks(solve_newton(cavity(reynolds, n)))[: len(published)] for n in GRIDS)
    ratio = (GRIDS[1] / GRIDS[0]) ** Flow.order
    limits, case = (ratio * fine - coarse) / (ratio - 1), _case(reynolds)
    names = (f"{name}, extrapolated" for name in LANDMARKS)
    order = observed_order([1 / n for n in GRIDS], [abs(values[0] - published[0]) for values in (coarse, fine)])
    return [
        *(check(case, name, x, y, 0.001 * abs(y), source) for name, x, y in zip(names, limits, published, strict=False)),
        check(case, f"order in space of the {LANDMARKS[0]}", order, Flow.order, 0.15, source),
    ]


def landmarks(flow: NewtonFlow) -> Array:
    """Least u, largest and least v of the profiles, and the streamfunction in the centre of the vortex."""
    computed = profiles(flow)
    least, largest = extrema(computed.v)
    return np.array([extrema(computed.u)[0], largest, least, vortex(flow.psi)[0]])


def vortex(psi: Array) -> tuple[float, float, float]:
    """Least streamfunction in the unit square and where it is, between the points by splines: ψ, x, y."""
    side = np.linspace(0, 1, len(psi))
    row, column = np.unravel_index(psi.argmin(), psi.shape)
    around = np.linspace(-side[1], side[1], 401)
    y, x = side[row] + around, side[column] + around
    near = RectBivariateSpline(side, side, psi)(y, x)
    at = np.unravel_index(near.argmin(), near.shape)
    return float(near[at]), float(x[at[1]]), float(y[at[0]])


def marching_meets_newton() -> Check:
    """Two ways to the same discrete flow."""
    flow = cavity(400, 64)
    marched, solved = flow.steady(1e-7), solve_newton(flow)
    apart = max(float(np.abs(marched.u - solved.u).max()), float(np.abs(marched.v - solved.v).max()))
    return check(_case(400), "largest distance of marching to Newton, 64²", apart, 0.0, 2e-6, "the same discrete equations")


def _case(reynolds: int) -> str:
    return f"lid-driven cavity, Re {reynolds}"
