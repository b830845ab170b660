"""Smoke in a uniform wind against exact solutions of diffusion, and the formulas of practice against their tables."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..boundary import Dirichlet, Sides
from ..briggs import buoyancy_flux, final_rise, ground_concentration, spreads
from ..exact_plume import line_plume, line_variance
from ..flow import Flow, Scalar
from ..flow_sides import FlowSides, FreeSlip, Inflow, Outflow
from .briggs_tables import CONCENTRATIONS, EMISSION, HEIGHT, RISES, SPREADS, WIND
from .checks import Check, check, error_and_order

LINE = "closed form, Carslaw & Jaeger, Conduction of Heat in Solids (1959), §10.7"
MOMENTS = "moments of the equation"
ISC3 = "EPA, User's Guide for ISC3, vol. II (1995), eqs. 1-9 to 1-18"
ATDL = "Briggs (1973) ATDL-79"
TURNER = "Turner (1970) Workbook, AP-26"
DIFFUSIVITY, SOURCE, SIZE = 0.02, 0.3, 0.1  # κ, height of a line source, size of a wide one; the wind is 1
SIDES = FlowSides(Inflow(1.0), Outflow(), FreeSlip(), FreeSlip())


def dispersion() -> list[Check]:
    """Profiles, variances and tables."""
    return [*error_and_order("smoke over the ground", line_error, 48, 1e-3, LINE), *spreading(), *practice()]


def line_error(n: int) -> float:
    """Largest error behind a line source over the ground over the largest concentration, on n cells a metre.

    From half a metre behind the source, where c is exact, to half a metre before the end, where the outflow feels no gradient. By
    short steps: in cells at the sides diffusion is of first order in time, which by the longest ones doubles the error.
    """
    (ny, nx), begin = (2 * n, 3 * n), 0.5
    y, x = (np.arange(ny)[:, None] + 0.5) / n, begin + (np.arange(nx) + 0.5) / n
    exact = line_plume(x, y, SOURCE, 1.0, DIFFUSIVITY)
    smoke = Scalar(DIFFUSIVITY, Sides(west=Dirichlet(line_plume(begin, y[:, 0], SOURCE, 1.0, DIFFUSIVITY))))
    flow = Flow((ny, nx), (1 / n, 1 / n), DIFFUSIVITY, SIDES, scalars=[smoke])
    error = flow.steady(1e-6, flow.start(1.0, scalars=[exact]), courant=0.2).scalars[0] - exact
    return float(np.abs(error[:, : -n // 2]).max() / exact.max())


def spreading(n: int = 32) -> list[Check]:
    """Variance across the wind behind a wide source in the middle, by a straight line from half to two and a half metres."""
    y, x = (np.arange(3 * n)[:, None] + 0.5) / n - 1.5, (np.arange(4 * n) + 0.5) / n - 1.0
    source = np.exp(-(x**2 + y**2) / (2 * SIZE**2))
    smoke = Scalar(DIFFUSIVITY, source=source * n**2 / source.sum())
    flow = Flow((3 * n, 4 * n), (1 / n, 1 / n), DIFFUSIVITY, SIDES, scalars=[smoke])
    c = flow.steady(1e-6, flow.start(1.0)).scalars[0]
    part = (x > 0.5) & (x < 2.5)
    growth, begun = np.polyfit(x[part], (c * y**2).sum(axis=0)[part] / c.sum(axis=0)[part], 1)
    case, (first, later) = "smoke of a wide source", line_variance([0.0, 1.0], SIZE, 1.0, DIFFUSIVITY)
    return [
        check(case, "growth of its variance over 2κ/u", growth / (later - first), 1.0, 1e-3, MOMENTS),
        check(case, "variance at the source over σ₀² + 4κ²/u²", begun / first, 1.0, 5e-3, MOMENTS),
        check(case, "smoke passing over smoke emitted", c.sum(axis=0)[part].mean() / n, 1.0, 1e-5, "conservation"),
    ]


def practice() -> list[Check]:
    """Largest deviations of the formulas from their tables, as shares."""
    rises = [(_rise(row), row[6:]) for row in RISES]
    spread = [([*spreads(name, x), *spreads(name, x, urban=True)], sigmas) for name, x, *sigmas in SPREADS]
    smoke = [(ground_concentration(name, x, EMISSION, WIND, HEIGHT), known) for name, x, known in CONCENTRATIONS]
    return [
        _table("Briggs' final rise", rises, ISC3),
        _table("Briggs' spreads", spread, ATDL),
        _table("Gaussian plume on the ground", smoke, TURNER),
    ]


def _table(case: str, pairs: Sequence[tuple[ArrayLike, ArrayLike]], source: str) -> Check:
    worst = max(float(np.abs(np.divide(ours, known) - 1).max()) for ours, known in pairs)
    return check(case, "largest relative deviation", worst, 0.0, 1e-6, source)


def _rise(row: tuple[float, ...]) -> tuple[float, ...]:
    flux = buoyancy_flux(*row[:4])
    return (flux, *final_rise(flux, *row[4:6]))
