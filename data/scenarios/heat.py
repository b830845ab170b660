"""Scenario `heat`: steady conduction through a composite plate.

    −∇·(k ∇T) = q   on the unit square, less its holes

with random inclusions and layers of up to four materials, power densities q, and sides that are held at a temperature profile,
convective (−k ∂T/∂n = h (T − T∞)) or insulated. Temperatures count from a reference. The PDE is linear in (q, T_sides, T_holes).
"""

from functools import partial
from typing import NotRequired, TypedDict

import numpy as np
from scipy.ndimage import uniform_filter

from ...solvers.errors import UsageError
from ...solvers.heat import imbalance, residual, solve_steady
from ...solvers.regrid import block_mean
from ...solvers.steady import Method
from ..scenario import Array, Fields, Scenario, Symmetry, Variable
from .plate import HALF_COUPLED, draw_plate, render_plate

STORED, TRUTH = 64, 256
NARROWEST = 3 / STORED  # finer structure cannot be learned from averages
TRUTH_TOLERANCE = 1e-9
SHARES = ("transfer_x", "transfer_y", "hole", "hole_held")
LARGEST = 1e30  # of temperatures and power densities, so that their squares stay finite
ROUNDING = 1e-6  # of float32 shares
EXTREME = 80.0  # |ln k| beyond which k leaves the range of float32
LADDER_TOLERANCE = 1e-4  # adds less than a hundredth to the mean error of any rung (DECISIONS.md)

INPUTS = (
    Variable("log_conductivity", "1", "natural logarithm of the conductivity in W m-1 K-1"),
    Variable("source", "W m-3", "power density", linearity="linear"),
    Variable("transfer_x", "1", "transfer number h/(h + 10 W m-2 K-1) of the west and east sides; 0 insulated, 1 held"),
    Variable("transfer_y", "1", "transfer number h/(h + 10 W m-2 K-1) of the south and north sides; 0 insulated, 1 held"),
    Variable("ambient_x", "K", "temperature of, or beyond, the west and east sides", linearity="affine", where="transfer_x"),
    Variable("ambient_y", "K", "temperature of, or beyond, the south and north sides", linearity="affine", where="transfer_y"),
    Variable("hole", "1", "share of the cell that is hole"),
    Variable("hole_held", "1", "share of the cell that is a hole held at a temperature"),
    Variable("hole_temperature", "K", "temperature of the held hole", linearity="affine", where="hole_held"),
)
TARGETS = (Variable("temperature", "K", "temperature above the reference", linearity="affine"),)

TRANSPOSED = {"transfer_x": "transfer_y", "transfer_y": "transfer_x", "ambient_x": "ambient_y", "ambient_y": "ambient_x"}
SYMMETRIES = tuple(
    Symmetry(transpose, flip_y, flip_x, swap=TRANSPOSED if transpose else {})
    for transpose in (False, True)
    for flip_y in (False, True)
    for flip_x in (False, True)
)


class Setting(TypedDict):
    """The arguments of the heat solver, see `solvers.heat.solve_steady`."""

    conductivity: Array
    source: Array
    spacing: tuple[float, float]
    transfer: tuple[Array, Array, Array, Array]
    ambient: tuple[Array, Array, Array, Array]
    hole: NotRequired[Array]
    hole_temperature: NotRequired[Array]


def heat(contrast: float = 100.0, phases: int = 4, holes: float = 0.25, narrowest: float = NARROWEST) -> Scenario:
    """The scenario `heat`.

    Args:
        contrast: largest ratio of two conductivities, 1 to 1000.
        phases: largest number of materials, 2 to 4.
        holes: share of plates with holes, 0 to 1.
        narrowest: narrowest inclusion as a share of the plate, 0.005 to 0.2; three stored cells by default.
    Raises:
        UsageError: for an option out of range.
    """
    options = {"contrast": contrast, "phases": phases, "holes": holes, "narrowest": narrowest}
    for name, (low, high) in {"contrast": (1, 1000), "phases": (2, 4), "holes": (0, 1), "narrowest": (0.005, 0.2)}.items():
        if not low <= options[name] <= high:
            raise UsageError(f"scenario.{name}={options[name]} is out of range; use {low} to {high}")
    return Scenario(
        name="heat",
        summary="steady conduction through a composite plate with random inclusions, sides, sources and holes",
        inputs=INPUTS,
        targets=TARGETS,
        stored_resolution=STORED,
        truth_resolution=TRUTH,
        draw=partial(draw_plate, contrast=contrast, phases=phases, holes=holes, narrowest=narrowest),
        render=render_plate,
        simulate=partial(simulate, tolerance=TRUTH_TOLERANCE),
        schemes={
            "multigrid": partial(simulate, tolerance=LADDER_TOLERANCE),
            "direct": partial(simulate, method="direct"),
        },
        coarsen=coarsen,
        residual=relative_residual,
        defect=defect,
        check=check,
        boundary_error=boundary_error,
        hole="hole",
        symmetries=SYMMETRIES,
        options=options,
    )


def simulate(conditions: Fields, seed: int = 0, tolerance: float = TRUTH_TOLERANCE, method: Method = "multigrid") -> Fields:
    """Temperature on the grid of the conditions; the seed plays no part, as the problem is deterministic."""
    temperature = solve_steady(**problem(conditions), tolerance=tolerance, method=method).temperature
    insulated = _insulated(conditions)
    return {"temperature": temperature if insulated is None else _continued(temperature, insulated)}


def relative_residual(conditions: Fields, targets: Fields) -> float:
    """‖L_h T − f‖/‖f‖ with the solver's own stencil."""
    return residual(temperature=targets["temperature"], **problem(conditions))


def defect(conditions: Fields, targets: Fields) -> Fields:
    """How much each cell would have to warm to be in balance with its neighbours [K]."""
    return {"temperature": imbalance(temperature=targets["temperature"], **problem(conditions))}


def boundary_error(conditions: Fields, targets: Fields) -> float:
    """How far the temperature, extrapolated to the held sides, is from what holds them: median over the range of the field."""
    setting, t = problem(conditions), targets["temperature"]
    walls = (1.5 * t[:, 0] - 0.5 * t[:, 1], 1.5 * t[:, -1] - 0.5 * t[:, -2], 1.5 * t[0] - 0.5 * t[1], 1.5 * t[-1] - 0.5 * t[-2])
    held = [np.isinf(h) for h in setting["transfer"]]
    misses = [np.abs(w - a)[h] for w, a, h in zip(walls, setting["ambient"], held, strict=True)]
    return float(np.median(np.concatenate(misses)) / np.ptp(t)) if np.any(held) else 0.0


def check(conditions: Fields) -> None:
    """Refuse conditions that describe no plate.

    Raises:
        UsageError: for a value that is not finite, a share or transfer number outside 0 to 1, a conductivity beyond float32.
    """
    for name, values in conditions.items():
        low, high = (0, 1) if name in SHARES else (-EXTREME, EXTREME) if name == "log_conductivity" else (-LARGEST, LARGEST)
        _refuse_outside(name, values, low, high)
    excess = conditions["hole_held"] - conditions["hole"]
    if (largest := excess.max()) > ROUNDING:
        raise UsageError(f"hole_held exceeds hole by {largest:g}; use values from 0 to that of hole, of which it is a part")


def _refuse_outside(name: str, values: Array, low: float, high: float) -> None:
    slack = ROUNDING * max(1.0, abs(high))
    wrong = values[~((values >= low - slack) & (values <= high + slack))]
    if wrong.size:
        raise UsageError(f"{name} has the value {wrong[0]:g} in {wrong.size} cells; use {low:g} to {high:g}")


def problem(conditions: Fields) -> Setting:
    """The problem that these conditions encode, as the heat solver takes it."""
    log_conductivity = conditions["log_conductivity"]
    ny, nx = log_conductivity.shape
    tx, ty, ax, ay = (conditions[name] for name in ("transfer_x", "transfer_y", "ambient_x", "ambient_y"))
    setting: Setting = {
        "conductivity": np.exp(log_conductivity),
        "source": conditions["source"],
        "spacing": (1 / ny, 1 / nx),
        "transfer": (_coefficient(tx[:, 0]), _coefficient(tx[:, -1]), _coefficient(ty[0]), _coefficient(ty[-1])),
        "ambient": (ax[:, 0], ax[:, -1], ay[0], ay[-1]),
    }
    hole = conditions["hole"] > 0.5
    if hole.any():
        held = conditions["hole_held"] > 0.5 * conditions["hole"]
        setting["hole"] = hole
        setting["hole_temperature"] = np.where(held, conditions["hole_temperature"], np.nan)
    return setting


def _coefficient(transfer: Array) -> Array:
    """Heat transfer coefficient h [W m-2 K-1] of a transfer number t = h/(h + h½); a held side, t = 1, has h = inf."""
    held = transfer >= 1 - 1e-6
    return np.where(held, np.inf, HALF_COUPLED * transfer / np.where(held, 1, 1 - transfer))


def coarsen(conditions: Fields, factor: int) -> Fields:
    """Conditions on a grid coarser by `factor`: averages (of ln k: geometric means), those of the sides along the sides only."""
    coarse = {name: block_mean(conditions[name], factor) for name in ("log_conductivity", "source", "hole", "hole_held")}
    weight = block_mean(conditions["hole_held"], factor)
    heat = block_mean(conditions["hole_held"] * conditions["hole_temperature"], factor)
    coarse["hole_temperature"] = np.divide(heat, weight, out=np.zeros_like(heat), where=weight > 0)
    shape = coarse["source"].shape
    for name in ("transfer_x", "ambient_x"):
        coarse[name] = np.zeros(shape)
        coarse[name][:, [0, -1]] = conditions[name][:, [0, -1]].reshape(shape[0], factor, 2).mean(axis=1)
    for name in ("transfer_y", "ambient_y"):
        coarse[name] = np.zeros(shape)
        coarse[name][[0, -1]] = conditions[name][[0, -1]].reshape(2, shape[1], factor).mean(axis=2)
    return coarse


def _insulated(conditions: Fields) -> Array | None:
    """Cells of insulated holes, or None where there are none."""
    if not conditions["hole"].any():
        return None
    cells = (conditions["hole"] > 0.5) & (conditions["hole_held"] <= 0.5 * conditions["hole"])
    return cells if cells.any() else None


def _continued(temperature: Array, insulated: Array) -> Array:
    """Insulated holes filled from their rims inwards, so that mixed cells on any grid average over something smooth."""
    rows, columns = (np.flatnonzero(insulated.any(axis=axis)) for axis in (1, 0))
    box = np.s_[max(rows[0] - 1, 0) : rows[-1] + 2, max(columns[0] - 1, 0) : columns[-1] + 2]
    filled, known = temperature.copy(), ~insulated[box]
    inside = filled[box]
    while known.any() and not known.all():
        weight = uniform_filter(known.astype(float), 3, mode="constant")
        ring = (weight > 1e-6) & ~known
        inside[ring] = (uniform_filter(np.where(known, inside, 0.0), 3, mode="constant")[ring]) / weight[ring]
        known |= ring
    return filled
