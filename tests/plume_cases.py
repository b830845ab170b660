"""Smoke from a stack in a wind, on the grids of several tests."""

import numpy as np
from fieldgan.solvers.boundary import Dirichlet, Neumann, Sides
from fieldgan.solvers.flow import Flow, Scalar, Vent
from fieldgan.solvers.flow_sides import FlowSides, FreeSlip, Gusts, Inflow, Outflow, Wall

HEIGHT, WIDTH = 4.0, 8.0
SPREAD = 0.004  # ν = κ


def gusts(ny, intensity, seed=0, modes=16):
    """Divergence-free eddies carried in by a wind of 1: ψ = ∑ a sin(mπy/H) cos(ωt + φ), of rms velocity u `intensity`."""
    rng, h = np.random.default_rng(seed), HEIGHT / ny
    order, frequency = rng.integers(1, 7, modes), 2 * np.pi / np.exp(rng.uniform(np.log(0.8), np.log(6.0), modes))
    phase, corner = rng.uniform(0, 2 * np.pi, modes), np.arange(ny + 1) * h
    wave = 2 * intensity / np.sqrt(modes) / (order * np.pi / HEIGHT) * np.sin(np.outer(corner, order * np.pi / HEIGHT))
    wave[-1] = 0.0
    normal, tangential = (np.diff(wave, axis=0) / h).T, (wave * frequency).T
    cosine, sine = np.cos(phase)[:, None], np.sin(phase)[:, None]
    return Gusts(frequency, normal * cosine, -normal * sine, -tangential * sine, -tangential * cosine)


def wind(ny, exponent):
    """Cell means of y^α."""
    edges = np.linspace(0, HEIGHT, ny + 1) ** (exponent + 1) / (exponent + 1)
    return np.diff(edges) * ny / HEIGHT


def stack(ny, columns=1):
    """The solid cells of a stack of height 1 at x = 1.5, and those at its mouth."""
    solid = np.zeros((ny, 2 * ny), bool)
    first = round(1.5 * ny / HEIGHT)
    solid[: ny // 4, first : first + columns] = True
    mouth = solid.copy()
    mouth[: ny // 4 - 1] = False
    return solid, mouth


def plume(ny, velocity=2.0, buoyancy=1.0, stratification=0.0, exponent=0.2, intensity=0.1, seed=0):
    """The flow, and its start from the wind: buoyancy with the background N² y, and smoke."""
    h, profile = HEIGHT / ny, wind(ny, exponent)
    solid, mouth = stack(ny)
    sides = FlowSides(Inflow(profile, gusts=gusts(ny, intensity, seed)), Outflow(backflow=False), Wall(), FreeSlip())
    y = (np.arange(ny) + 0.5) * h
    background, loss = stratification * y, SPREAD * stratification
    beyond = Sides(Dirichlet(background), Neumann(), Neumann(-loss), Neumann(loss))
    scalars = (Scalar(SPREAD, beyond, buoyancy=1.0), Scalar(SPREAD))
    vent = Vent(mouth, velocity, (stratification + buoyancy, 1.0))
    flow = Flow((ny, 2 * ny), (h, h), SPREAD, sides, solid, scalars=scalars, vents=(vent,))
    return flow, (profile[:, None] * np.ones(2 * ny + 1), 0.0, (background[:, None] * np.ones(2 * ny), 0.0))
