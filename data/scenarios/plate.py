"""The random composite plate of the scenario `heat`: what is drawn, and how it is rendered on a grid."""

from dataclasses import dataclass

import numpy as np

from .composite import Array, Blob, Box, Disc, coverage, draw_box, draw_disc, draw_inclusion

SIDES = ("west", "east", "south", "north")
HALF_COUPLED = 10.0  # heat transfer coefficient [W m-2 K-1] that is encoded as 1/2


@dataclass(frozen=True)
class Side:
    """A side of the plate: heat transfer coefficient (inf: held, 0: insulated) and temperature c0 + c1 s + Σ c_m cos(mπs)."""

    coefficient: float
    profile: tuple[float, ...]

    def temperature(self, s: Array) -> Array:
        """Temperature of the side or of the fluid beyond it at the share s of its length [K]."""
        offset, slope, *waves = self.profile
        return offset + slope * (s - 0.5) + sum(c * np.cos((m + 1) * np.pi * s) for m, c in enumerate(waves))


@dataclass(frozen=True)
class Hole:
    """A round hole, its rim held at a temperature [K] or insulated (None)."""

    disc: Disc
    temperature: float | None


@dataclass(frozen=True)
class Plate:
    """One problem: logarithms of conductivity by inclusion, power densities by patch, four sides, holes."""

    matrix: float
    inclusions: tuple[tuple[Disc | Box | Blob, float], ...]
    sources: tuple[tuple[Disc | Box, float], ...]
    sides: tuple[Side, Side, Side, Side]
    holes: tuple[Hole, ...]


def draw_plate(rng: np.random.Generator, contrast: float, phases: int, holes: float, narrowest: float) -> Plate:
    """Draw a composite plate.

    Args:
        contrast: largest ratio of two conductivities; each plate has its own largest ratio, log-uniform up to this one.
        phases: largest number of materials, at least two.
        holes: share of plates that have one or two.
        narrowest: width of the narrowest inclusion [m].
    """
    materials = rng.uniform(0.0, rng.uniform(0.0, np.log(contrast)), rng.integers(2, phases + 1))
    inclusions = tuple(
        (draw_inclusion(rng, narrowest), float(materials[1 + i % (len(materials) - 1)]))
        for i in range(rng.integers(len(materials) - 1, 6))
    )
    conductivity = float(np.exp(materials[0]))
    sides = _draw_sides(rng, conductivity)
    sources = _draw_sources(rng, conductivity, narrowest)
    drilled = _draw_holes(rng, narrowest) if rng.random() < holes else ()
    return Plate(float(materials[0]), inclusions, sources, sides, drilled)


def _draw_sources(rng: np.random.Generator, conductivity: float, narrowest: float) -> tuple[tuple[Disc | Box, float], ...]:
    """Up to three patches, each strong enough to warm or cool a plate of the matrix by tens of kelvin."""
    patches: list[tuple[Disc | Box, float]] = []
    for _ in range(rng.integers(0, 4)):
        patch = draw_disc(rng, narrowest) if rng.random() < 0.5 else draw_box(rng, narrowest)
        area = np.pi * patch.radius**2 if isinstance(patch, Disc) else patch.width * patch.height
        patches.append((patch, float(rng.choice([-1, 1]) * rng.uniform(20, 200) * conductivity / area)))
    return tuple(patches)


def _draw_sides(rng: np.random.Generator, conductivity: float) -> tuple[Side, Side, Side, Side]:
    """Held, convective or insulated sides, of which one is held at least, and two exchange heat."""
    kinds = rng.choice(["held", "convective", "insulated"], p=[0.5, 0.3, 0.2], size=4)
    while not np.any(kinds == "held") or np.count_nonzero(kinds != "insulated") < 2:
        kinds[rng.integers(4)] = "held"
    west, east, south, north = (_draw_side(rng, kind, conductivity) for kind in kinds)
    return west, east, south, north


def _draw_side(rng: np.random.Generator, kind: str, conductivity: float) -> Side:
    """A side with a smooth profile; convective ones have a Biot number of 0.5 to 20 over the length of the plate."""
    profile = (rng.uniform(-50, 50), rng.uniform(-40, 40), *(rng.normal(0, 15, 3) / np.arange(1, 4)))
    biot = np.exp(rng.uniform(np.log(0.5), np.log(20)))
    coefficient = {"held": np.inf, "insulated": 0.0, "convective": biot * conductivity}[kind]
    return Side(float(coefficient), tuple(map(float, profile)))


def _draw_holes(rng: np.random.Generator, narrowest: float) -> tuple[Hole, ...]:
    """One or two round holes that leave `narrowest` between them."""
    wanted, holes = rng.integers(1, 3), [_draw_hole(rng)]
    while len(holes) < wanted:
        first, second = holes[0].disc, (hole := _draw_hole(rng)).disc
        if second(np.array(first.x), np.array(first.y)) > first.radius + narrowest:
            holes.append(hole)
    return tuple(holes)


def _draw_hole(rng: np.random.Generator) -> Hole:
    x, y = rng.uniform(0.2, 0.8, 2)
    disc = Disc(x, y, rng.uniform(0.05, 0.12))
    return Hole(disc, float(rng.uniform(-50, 50)) if rng.random() < 0.5 else None)


def render_plate(plate: Plate, resolution: int) -> dict[str, Array]:
    """The conditions of a plate on a grid of resolution² cells; see the scenario's variables for their meaning.

    Mixed cells get the geometric mean of the conductivities in them, the best of the usual averages here (DECISIONS.md).
    """
    log_conductivity = np.full((resolution, resolution), plate.matrix)
    for shape, value in plate.inclusions:
        log_conductivity += coverage(shape, resolution) * (value - log_conductivity)
    source = np.zeros_like(log_conductivity)
    for patch, power in plate.sources:
        source += power * coverage(patch, resolution)
    return {
        "log_conductivity": log_conductivity,
        "source": source,
        **_render_sides(plate.sides, resolution),
        **_render_holes(plate.holes, resolution),
    }


def _render_sides(sides: tuple[Side, Side, Side, Side], resolution: int) -> dict[str, Array]:
    """Transfer numbers h/(h + h½) and temperatures in the cells along the sides; apart for x and y, as a corner has both."""
    s = (np.arange(resolution) + 0.5) / resolution
    fields = {name: np.zeros((resolution, resolution)) for name in ("transfer_x", "transfer_y", "ambient_x", "ambient_y")}
    rims: tuple[tuple[str, tuple[int | slice, int | slice]], ...] = (
        ("x", (slice(None), 0)), ("x", (slice(None), -1)), ("y", (0, slice(None))), ("y", (-1, slice(None))),
    )  # fmt: skip
    for side, (axis, rim) in zip(sides, rims, strict=True):
        if side.coefficient > 0:
            fields[f"transfer_{axis}"][rim] = 1 / (1 + HALF_COUPLED / side.coefficient)
            fields[f"ambient_{axis}"][rim] = side.temperature(s)
    return fields


def _render_holes(holes: tuple[Hole, ...], resolution: int) -> dict[str, Array]:
    share, held, temperature = np.zeros((3, resolution, resolution))
    for hole in holes:
        covered = coverage(hole.disc, resolution)
        new = np.minimum(covered, 1 - share)
        share += new
        if hole.temperature is not None:
            held += new
            temperature[new > 0] = hole.temperature
    return {"hole": share, "hole_held": held, "hole_temperature": temperature}
