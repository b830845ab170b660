"""Stacks in the wind, as the plume scenarios draw them, and their conditions on a grid.

Lengths count in heights of a reference stack, velocities in the wind at that height, buoyancy in their u²/H. The domain is 8 wide
and 4 high; west is where the wind comes from, and the ground is south. Stacks and buildings are drawn in whole cells of a grid of
32 rows, so that what is asked is what is solved, there and on grids of 64, 96 and 128 rows.
"""

from dataclasses import dataclass, replace

import numpy as np

from ...solvers.errors import UsageError
from ..scenario import Array, Fields, Variable, coarsen_by_mean

WIDTH, HEIGHT = 8.0, 4.0
STORED, TRUTH = 64, 128
CELL = HEIGHT / 32  # of walls that are drawn
STACK_AT = 1.5  # x of its middle, or as near to it as the lines of that grid are to a side
SOLID = 0.5  # share from which a cell is solid
FASTEST = 10.0  # wind that is solved
ROUNDING = 1e-4  # of float32 conditions

CELLS_DRAWN = {"stack_height": (6, 10), "stack_width": (2, 3)}  # whole numbers of them, uniform
DRAWN = {  # uniform
    "exit_velocity": (0.8, 3.0),
    "exit_buoyancy": (0.0, 3.0),
    "gust_intensity": (0.02, 0.3),
}
SHEAR = (0.05, 0.4)  # exponent of the wind profile
STABLE, UNSTABLE = (0.02, 0.4), (-0.05, -0.005)  # stratification, log-uniform and uniform
SOLVED = {
    "stack_height": (0.25, 3.0),
    "stack_width": (0.05, 0.6),
    "exit_velocity": (0.01, 10.0),
    "exit_buoyancy": (0.0, 10.0),
    "stratification": (-0.2, 1.0),
    "gust_intensity": (0.0, 0.5),
}

INPUTS = (
    Variable("obstacle", "1", "share of the cell that is solid: stack, building or terrain"),
    Variable("wind", "1", "mean wind at the inflow at this height, over that at height 1"),
    Variable("stack_height", "1", "height of the stack over that of the reference stack", scalar=True),
    Variable("stack_width", "1", "width of the stack, all of which is its mouth, in heights of the reference stack", scalar=True),
    Variable("exit_velocity", "1", "upward velocity of the exit gas over the wind at height 1", scalar=True),
    Variable("exit_buoyancy", "1", "buoyancy of the exit gas against the air at the mouth, in U²/H", scalar=True),
    Variable("stratification", "1", "square of the buoyancy frequency of the air, negative if unstable, in U²/H²", scalar=True),
    Variable("gust_intensity", "1", "root mean square of the gusts along the wind over the wind at height 1", scalar=True),
)


@dataclass(frozen=True)
class Building:
    """A box on the ground from `west` to `east`."""

    west: float
    east: float
    height: float

    def share(self, edge: Array, rise: Array) -> Array:
        """Share of each cell that it covers, (ny, nx), between edges x (nx+1,) and y (ny+1,)."""
        return np.asarray(np.outer(_overlap(rise, 0.0, self.height), _overlap(edge, self.west, self.east)))


@dataclass(frozen=True)
class Terrain:
    """Smooth hills: height = Σ a (1 + cos π (x − x₀)/w)/2 where |x − x₀| < w, with `hills` of (x₀, w, a)."""

    hills: tuple[tuple[float, float, float], ...]

    def height(self, x: Array) -> Array:
        """Of the ground at x, same shape."""
        middle, width, rise = np.array(self.hills).T[:, :, None]
        away = np.clip(np.abs(x - middle) / width, 0.0, 1.0)
        return np.asarray((rise * (1 + np.cos(np.pi * away)) / 2).sum(axis=0))

    def share(self, edge: Array, rise: Array) -> Array:
        """Share of each cell below the ground, (ny, nx), with the height at the middle of each column."""
        height = self.height((edge[1:] + edge[:-1]) / 2)
        return np.asarray(np.clip((height - rise[:-1, None]) / np.diff(rise)[:, None], 0.0, 1.0))


@dataclass(frozen=True)
class Chimney:
    """One problem: the scalar conditions by name, the exponent of the wind profile, and what else stands on the ground."""

    numbers: dict[str, float]
    shear: float
    ground: Building | Terrain | None = None


def draw_chimney(rng: np.random.Generator) -> Chimney:
    """Draw a chimney: a third of them alone, a third with a building, a third with terrain behind."""
    numbers = {name: CELL * float(rng.integers(*limits, endpoint=True)) for name, limits in CELLS_DRAWN.items()}
    numbers |= {name: float(rng.uniform(*limits)) for name, limits in DRAWN.items()}
    numbers["stratification"] = _draw_stratification(rng)
    shear = float(rng.uniform(*SHEAR))
    match rng.integers(3):
        case 0:
            return Chimney(numbers, shear)
        case 1:
            return Chimney(numbers, shear, _draw_building(rng))
        case _:
            return Chimney(numbers, shear, _draw_terrain(rng))


def draw_calmer(rng: np.random.Generator) -> Chimney:
    """The same chimney in weaker gusts: log-uniform, so that three in five lie below 0.1 where otherwise two in seven do."""
    chimney, (least, most) = draw_chimney(rng), DRAWN["gust_intensity"]
    share = (chimney.numbers["gust_intensity"] - least) / (most - least)
    return replace(chimney, numbers=chimney.numbers | {"gust_intensity": least * (most / least) ** share})


def _draw_stratification(rng: np.random.Generator) -> float:
    """A third each stable, neutral and unstable."""
    match rng.integers(3):
        case 0:
            return float(np.exp(rng.uniform(*np.log(STABLE))))
        case 1:
            return 0.0
        case _:
            return float(rng.uniform(*UNSTABLE))


def _draw_building(rng: np.random.Generator) -> Building:
    """Behind the stack, or one time out of four before it."""
    width, height = float(rng.uniform(0.25, 1.2)), float(rng.uniform(0.2, 0.9))
    if rng.uniform() < 0.25:
        width = min(width, 0.6)
        west = float(rng.uniform(0.4, 1.1 - width))
    else:
        west = float(rng.uniform(2.2, 5.5))
    west, east, height = (CELL * max(1, _nearest(length / CELL)) for length in (west, west + width, height))
    return Building(west, east, height)


def _draw_terrain(rng: np.random.Generator) -> Terrain:
    """One to three hills between x = 2 and 7, no higher than 0.7 together."""
    hills = []
    for _ in range(rng.integers(1, 4)):
        width = float(rng.uniform(0.5, 2.0))
        hills.append((float(rng.uniform(2 + width, 7 - width)), width, float(rng.uniform(0.15, 0.7))))
    top = float(Terrain(tuple(hills)).height(np.linspace(2.0, 7.0, 501)).max())
    return Terrain(tuple((x, width, a * min(1.0, 0.7 / top)) for x, width, a in hills))


def _overlap(edges: Array, low: float, high: float) -> Array:
    """Share of each cell between `edges` that lies between two places."""
    return np.asarray(np.diff(np.clip(edges, low, high)) / np.diff(edges))


def render_chimney(chimney: Chimney, resolution: int) -> dict[str, Array]:
    """The conditions of a chimney on resolution × 2 resolution cells; see INPUTS. The stack fills whole cells."""
    rise, edge = np.linspace(0, HEIGHT, resolution + 1), np.linspace(0, WIDTH, 2 * resolution + 1)
    share = np.zeros((resolution, 2 * resolution)) if chimney.ground is None else chimney.ground.share(edge, rise)
    scalars = {name: np.array(value) for name, value in chimney.numbers.items()}
    share[stack_cells(scalars, resolution)] = 1.0
    exponent = 1 + chimney.shear
    wind = np.diff(rise**exponent) / (exponent * np.diff(rise))
    return {"obstacle": share, "wind": np.repeat(wind[:, None], 2 * resolution, axis=1), **scalars}


def stack_cells(conditions: Fields, resolution: int) -> tuple[slice, slice]:
    """Rows and columns that the stack fills on a grid: whole cells, at least one of each, as near to its size as they can be.

    On grids finer than the stored one of `plume` the stack is that of the stored one, so that to refine is to solve the same
    problem. Its west side is on a line of the grid of walls that are drawn.
    """
    cell = HEIGHT / min(resolution, STORED)
    height, width = (float(conditions[name]) for name in ("stack_height", "stack_width"))
    rows, columns = (max(1, _nearest(length / cell)) for length in (height, width))
    first = _nearest(CELL * _nearest((STACK_AT - width / 2) / CELL) / cell)
    finer = max(1.0, resolution / STORED)
    top, west, east = (_nearest(edge * finer) for edge in (rows, first, first + columns))
    return slice(0, top), slice(west, east)


def solid_cells(conditions: Fields) -> Array:
    """Cells that are solid, (ny, nx) bool: those of the obstacle, and the stack whether it shows it or not."""
    solid = np.asarray(conditions["obstacle"] >= SOLID)
    solid[stack_cells(conditions, solid.shape[0])] = True
    return solid


def _nearest(value: float) -> int:
    """The nearest whole number, halves upwards."""
    return int(np.floor(value + 0.5))


def coarsen_chimney(conditions: Fields, factor: int) -> Fields:
    """Conditions on a grid coarser by `factor`, with the stack that this grid has."""
    resolution = conditions["obstacle"].shape[0]
    ground = conditions["obstacle"].copy()
    ground[stack_cells(conditions, resolution)] = 0.0
    coarse = dict(coarsen_by_mean({**conditions, "obstacle": ground}, factor))
    coarse["obstacle"][stack_cells(conditions, resolution // factor)] = 1.0
    return coarse


def check_chimney(conditions: Fields) -> None:
    """Refuse conditions that describe no chimney in the wind.

    Raises:
        UsageError: for values out of range, a wind that differs along its way, a mouth that obstacles cover.
    """
    ranges = {"obstacle": (0.0, 1.0), "wind": (0.0, FASTEST), **SOLVED}
    for name, (low, high) in ranges.items():
        wrong = ~((conditions[name] >= low - ROUNDING) & (conditions[name] <= high + ROUNDING))
        if wrong.any():
            value = np.atleast_1d(conditions[name])[np.atleast_1d(wrong)][0]
            raise UsageError(f"{name} has the value {value:g}; use {low:g} to {high:g}")
    if (spread := np.ptp(conditions["wind"], axis=1).max()) > ROUNDING:
        raise UsageError(f"wind differs by {spread:g} along its way; repeat the profile of the inflow in all columns")
    _check_stack(conditions)


def _check_stack(conditions: Fields) -> None:
    solid = conditions["obstacle"] >= SOLID
    rows, columns = stack_cells(conditions, solid.shape[0])
    if solid[rows.stop, columns].any():
        raise UsageError(f"obstacle covers the mouth of the stack at height {float(conditions['stack_height']):g}; leave it free")
