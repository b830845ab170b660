"""The walls of the scenario `cavity`: what is drawn, and how it is rendered on a grid."""

from dataclasses import dataclass

import numpy as np

from ..scenario import Array

OTHERS = ("south", "west", "east")  # walls that may move beside the lid
WAVES = 4  # cosines of a profile beside its mean
FINE = np.linspace(0, 1, 257)  # where the largest speed of a profile is looked for


@dataclass(frozen=True)
class Profile:
    """Speed of a wall along its length s from 0 to 1, eastwards or northwards.

        U(s) = (1 − |2s − 1|ᵏ) Σ_m c_m cos(mπs)

    Attributes:
        waves: c_m from m = 0.
        taper: k, even, by which the speed falls to zero at both ends; 0 for none, as of the uniform lid.
    """

    waves: tuple[float, ...]
    taper: int = 0

    def __call__(self, s: Array) -> Array:
        """U at s, of the same shape."""
        speed = np.cos(np.pi * np.multiply.outer(s, np.arange(len(self.waves)))) @ np.array(self.waves)
        return np.asarray(speed * (1 - (2 * s - 1) ** self.taper) if self.taper else speed)


UNIFORM = Profile((1.0,))


@dataclass(frozen=True)
class Cavity:
    """One problem: the Reynolds number of a speed of one, and the speeds of the walls that move, by name."""

    reynolds: float
    walls: dict[str, Profile]


def draw_cavity(rng: np.random.Generator, lowest: float, highest: float, two_walls: float) -> Cavity:
    """Draw a cavity whose lid moves at 1 where it is fastest, and another wall perhaps at 0.3 to 1 either way.

    Args:
        lowest, highest: Reynolds numbers, log-uniform between.
        two_walls: share of cavities with a second moving wall.
    """
    reynolds = float(np.exp(rng.uniform(np.log(lowest), np.log(highest))))
    walls = {"north": _draw_profile(rng, 1.0)}
    if rng.random() < two_walls:
        walls[str(rng.choice(OTHERS))] = _draw_profile(rng, rng.uniform(0.3, 1.0) * rng.choice([-1, 1]))
    return Cavity(reynolds, walls)


def _draw_profile(rng: np.random.Generator, fastest: float) -> Profile:
    """One in ten uniform; of the others half fall to zero at the corners, and half run into them."""
    if rng.random() < 0.1:
        return Profile((fastest,))
    waves = np.append(1.0, rng.uniform() * rng.normal(size=WAVES) / np.arange(1, WAVES + 1))
    taper = int(2 * rng.integers(2, 9)) if rng.random() < 0.5 else 0
    largest = np.abs(Profile(tuple(waves), taper)(FINE)).max()
    return Profile(tuple(float(c) for c in waves * fastest / largest), taper)


def render_cavity(cavity: Cavity, resolution: int) -> dict[str, Array]:
    """The conditions of a cavity on a grid of resolution² cells: speeds in the cells along the walls, zero elsewhere."""
    s = (np.arange(resolution) + 0.5) / resolution
    along_x, along_y = np.zeros((2, resolution, resolution))
    for wall, profile in cavity.walls.items():
        rim, side = {"south": (along_x, 0), "north": (along_x, -1), "west": (along_y.T, 0), "east": (along_y.T, -1)}[wall]
        rim[side] = profile(s)
    return {"speed_x": along_x, "speed_y": along_y, "log_reynolds": np.array(np.log(cavity.reynolds))}
