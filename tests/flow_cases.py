"""Flows that several test files use."""

import numpy as np
from fieldgan.solvers.flow import Flow
from fieldgan.solvers.flow_sides import FlowSides, Inflow, Outflow, Periodic, Wall

TORUS = FlowSides(Periodic(), Periodic(), Periodic(), Periodic())


def random_flow(flow, seed, dtype=np.float64):
    """A divergence-free state of rms speed about one half."""
    rng = np.random.default_rng(seed)
    (ny, nx) = flow.shape
    return flow.start(rng.standard_normal((ny, nx + 1)), rng.standard_normal((ny + 1, nx)), dtype=dtype)


def energy(state):
    return (state.u[:, 1:] ** 2).mean() / 2 + (state.v[1:] ** 2).mean() / 2


def largest_divergence(flow, state):
    """Divergence relative to the fastest face over the spacing."""
    return np.abs(flow.divergence(state)).max() * min(flow.spacing) / max(np.abs(state.u).max(), np.abs(state.v).max())


def box(n=24, viscosity=0.01, **more):
    return Flow((n, n), (1 / n, 1 / n), viscosity, **more)


def channel(ny=24, nx=48, speed=1.0, viscosity=0.02, **more):
    """A channel of height 1 with parabolic inflow of mean `speed`."""
    y = (np.arange(ny) + 0.5) / ny
    profile = 6 * speed * y * (1 - y)
    sides = FlowSides(Inflow(profile * speed * ny / profile.sum()), Outflow(), Wall(), Wall())
    return Flow((ny, nx), (1 / ny, 1 / ny), viscosity, sides, **more)


def disc(shape, spacing, x, y, radius):
    centres = [(np.arange(n) + 0.5) * h for n, h in zip(shape, spacing, strict=True)]
    return (centres[1] - x) ** 2 + (centres[0][:, None] - y) ** 2 < radius**2
