"""The random channel of the scenario `wake`: what is drawn, and how it is rendered on a grid.

Lengths count in heights of the channel, velocities in its mean inflow velocity.
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial

from .composite import Array, Box, Disc

WIDTH = 2.0  # of the channel, in heights
STORED = 64
GAP = 3 / STORED  # least gap between obstacles and walls: three stored cells
UPSTREAM, DOWNSTREAM = 0.15, 0.5  # free lengths before the first and behind the last obstacle
BLOCKED = 0.5  # largest share of a cross-section that is solid
OUTLINE = np.linspace(0, 2 * np.pi, 96, endpoint=False)
TRIALS = 40  # of one obstacle, before the whole channel is drawn anew
WALL = Polynomial([1, 0, -1])  # of η = 2y − 1: the parabola
PLUG = Polynomial([1, 0, 0, 0, 0, 0, 0, 0, -1])


@dataclass(frozen=True)
class Pebble:
    """A smooth blob about (x, y): r(θ) = radius (1 + Σ aₘ cos mθ + bₘ sin mθ), m = 2, 3, 4."""

    x: float
    y: float
    radius: float
    waves: tuple[tuple[float, float], ...]

    def rim(self, angle: Array) -> tuple[Array, Array]:
        """r and dr/dθ."""
        r, slope = np.ones_like(angle), np.zeros_like(angle)
        for m, (a, b) in enumerate(self.waves, 2):
            c, s = np.cos(m * angle), np.sin(m * angle)
            r, slope = r + a * c + b * s, slope + m * (b * c - a * s)
        return self.radius * r, self.radius * slope

    def __call__(self, x: Array, y: Array) -> Array:
        """Signed distance to the edge, accurate near it."""
        r, slope = self.rim(np.arctan2(y - self.y, x - self.x))
        return np.asarray((np.hypot(x - self.x, y - self.y) - r) * r / np.hypot(r, slope))


Obstacle = Disc | Box | Pebble


@dataclass(frozen=True)
class Channel:
    """One problem: obstacles, inflow profile (coefficients of a polynomial in η = 2y − 1, of mean 1), Reynolds number."""

    obstacles: tuple[Obstacle, ...]
    inflow: tuple[float, ...]
    reynolds: float


def draw_channel(rng: np.random.Generator, obstacles: int, reynolds: tuple[float, float]) -> Channel:
    """Draw a channel.

    Args:
        obstacles: largest number of them; each channel has its own number, at least one.
        reynolds: lowest and highest Reynolds number; log-uniform between them.
    """
    placed: list[Obstacle] = []
    wanted, misses = rng.integers(1, obstacles + 1), 0
    while len(placed) < wanted:
        new = _draw_obstacle(rng)
        if _fits(new, placed):
            placed.append(new)
        elif (misses := misses + 1) % TRIALS == 0:
            placed = []
    return Channel(tuple(placed), _draw_inflow(rng), float(np.exp(rng.uniform(*np.log(reynolds)))))


def _draw_obstacle(rng: np.random.Generator) -> Obstacle:
    x, y = rng.uniform(UPSTREAM, WIDTH - DOWNSTREAM), rng.uniform(GAP, 1 - GAP)
    match rng.integers(3):
        case 0:
            return Disc(x, y, rng.uniform(0.06, 0.17))
        case 1:
            width, height = np.exp(rng.uniform(np.log(0.06), np.log(0.4), 2))
            return Box(x, y, width, height, float(rng.choice([0.0, rng.uniform(0, np.pi / 2)])))
        case _:
            waves = rng.normal(0, 1, (3, 2)) * [[0.18], [0.1], [0.05]]
            waves *= min(1.0, 0.45 / np.abs(waves).sum())
            return Pebble(x, y, rng.uniform(0.08, 0.17), tuple(map(tuple, waves.tolist())))


def _fits(new: Obstacle, placed: list[Obstacle]) -> bool:
    """Whether an obstacle keeps clear of walls, ends and the others, and leaves half of every cross-section."""
    x, y = outline(new)
    if y.min() < GAP or y.max() > 1 - GAP or x.min() < UPSTREAM or x.max() > WIDTH - DOWNSTREAM:
        return False
    apart = all(min(other(x, y).min(), new(*outline(other)).min()) > GAP for other in placed)
    return apart and bool(_share((*placed, new), STORED).mean(axis=0).max() <= BLOCKED)


def outline(obstacle: Obstacle) -> tuple[Array, Array]:
    """Points (x, y) along the edge."""
    match obstacle:
        case Disc(x, y, radius):
            r: Array = np.full_like(OUTLINE, radius)
        case Box(x, y, width, height, angle):
            c, s = np.abs(np.cos(OUTLINE - angle)), np.abs(np.sin(OUTLINE - angle))
            r = 1 / np.maximum(2 * c / width, 2 * s / height)
        case Pebble(x, y):
            r = obstacle.rim(OUTLINE)[0]
    return x + r * np.cos(OUTLINE), y + r * np.sin(OUTLINE)


def _draw_inflow(rng: np.random.Generator) -> tuple[float, ...]:
    """Between a parabola and a plug, times 1 + α η + β (η² − ⅓) + γ η³ ≥ 0.2; mean 1, 0 at the walls."""
    bluntness, (a, b, c) = rng.uniform(0, 1), rng.uniform(-1, 1, 3) * [0.5, 0.5, 0.3]
    bent = Polynomial([1 - b / 3, a, b, c])
    shrink = min(1.0, 0.8 / np.abs([a, b, c]).sum())
    profile = ((1 - bluntness) * WALL + bluntness * PLUG) * (1 + shrink * (bent - 1))
    return normalised(profile)


def normalised(profile: Polynomial) -> tuple[float, ...]:
    """Coefficients of a profile in η, scaled to mean 1."""
    whole = profile.integ()
    mean = float(whole(1.0) - whole(-1.0)) / 2
    return tuple(float(c) / mean for c in np.asarray(profile.coef, dtype=np.float64))


PARABOLA = normalised(WALL)


def render_channel(channel: Channel, resolution: int) -> dict[str, Array]:
    """The conditions of a channel on a grid of resolution × 2 resolution cells; see the scenario's variables."""
    share = _share(channel.obstacles, resolution)
    passing = Polynomial(channel.inflow).integ()(np.linspace(-1, 1, resolution + 1))
    inflow = np.diff(passing) * resolution / 2
    return {
        "obstacle": share,
        "inflow": np.repeat(inflow[:, None], share.shape[1], axis=1),
        "log_reynolds": np.array(np.log(channel.reynolds)),
    }


def _share(obstacles: tuple[Obstacle, ...], resolution: int) -> Array:
    """Share of each cell that is solid, by signed distance as in `composite`."""
    y = (np.arange(resolution) + 0.5) / resolution
    x = (np.arange(round(WIDTH * resolution)) + 0.5) / resolution
    share = np.zeros((y.size, x.size))
    for obstacle in obstacles:
        share = np.maximum(share, np.clip(0.5 - obstacle(x[None, :], y[:, None]) * resolution, 0.0, 1.0))
    return share
