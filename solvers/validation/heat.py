"""The heat solver against exact solutions: steady, in time, and the order of both.

Each case is a function of the grid that returns its largest error; a check bounds the error on one grid and the observed
order over three. Bounds are about twice what the schemes reach: a first-order treatment of faces, sides or time misses them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..boundary import Dirichlet, Neumann, Robin, Sides
from ..exact_heat import (
    biot_slab,
    manufactured,
    plate_one_hot_side,
    source_square,
    spreading_gaussian,
    two_layer_slab,
)
from ..heat import Heat
from ..implicit import Implicit
from ..rollout import rollout
from .checks import Check, check, error_and_order, observed_order

Array = NDArray[Any]
SERIES = "series solution, Carslaw & Jaeger, Conduction of Heat in Solids (1959)"
TORSION = "torsion of a square bar, Timoshenko & Goodier, Theory of Elasticity"
INCROPERA = "series solution, Incropera & DeWitt, Fundamentals of Heat and Mass Transfer, Table 5.1"
BATCHELOR = "closed form, Batchelor, An Introduction to Fluid Dynamics (1967)"
CLOSED = "closed form"
MADE = "manufactured solution"
MODES = ("held", "insulated")
Scheme = type[Heat] | type[Implicit]
SCHEMES: dict[str, Scheme] = {"explicit": Heat, "implicit": Implicit}
HELD = Sides(Dirichlet(0.0), Dirichlet(0.0), Dirichlet(0.0), Dirichlet(0.0))


def validate_heat() -> list[Check]:
    """All checks of the heat solver."""
    return [
        *error_and_order("plate with one hot side", plate_error, 64, 6e-5, SERIES),
        check("plate with one hot side", "temperature in the middle", plate_middle(65), 0.25, 1e-9, "superposition"),
        *error_and_order("source in a square", source_error, 64, 5e-5, SERIES),
        check("source in a square", "mean temperature", source_mean(64), 0.1405770 / 4, 5e-5, TORSION),
        *(check(*case, CLOSED) for case in slab_cases()),
        *error_and_order("manufactured, variable conductivity", manufactured_error, 64, 1.2e-3, MADE),
        *error_and_order("Biot slab, Bi = 1, Fo = 0.2", biot_error, 64, 2e-5, INCROPERA),
        *error_and_order("spreading Gaussian, implicit", gaussian_error, 128, 1e-3, BATCHELOR),
        *decaying_modes(),
    ]


def _centres(n: int) -> tuple[Array, Array]:
    x = (np.arange(n) + 0.5) / n
    return np.broadcast_to(x, (n, n)), np.broadcast_to(x[:, None], (n, n))


def plate_error(n: int) -> float:
    """Largest error in the half away from the corners where the sides disagree."""
    x, y = _centres(n)
    away = y < 0.5
    sides = Sides(Dirichlet(0.0), Dirichlet(0.0), Dirichlet(0.0), Dirichlet(1.0))
    temperature = Heat(np.ones((n, n)), (1 / n, 1 / n), sides).steady().temperature
    return float(np.abs(temperature[away] - plate_one_hot_side(x[away], y[away])).max())


def plate_middle(n: int) -> float:
    sides = Sides(Dirichlet(0.0), Dirichlet(0.0), Dirichlet(0.0), Dirichlet(1.0))
    return float(Heat(np.ones((n, n)), (1 / n, 1 / n), sides).steady(1e-12).temperature[n // 2, n // 2])


def source_error(n: int) -> float:
    temperature = Heat(np.ones((n, n)), (1 / n, 1 / n), HELD, source=1.0).steady().temperature
    return float(np.abs(temperature - source_square(*_centres(n))).max())


def source_mean(n: int) -> float:
    return float(Heat(np.ones((n, n)), (1 / n, 1 / n), HELD, source=1.0).steady().temperature.mean())


def slab_cases() -> list[tuple[str, str, float, float, float]]:
    """Two layers, contrast up to 100, interface on a face and inside a cell: fluxes and profiles come out exact."""
    cases = []
    for n, k_left, k_right, interface in ((32, 1.0, 100.0, 0.5), (33, 1.0, 100.0, 0.5), (32, 5.0, 0.2, 0.3)):
        x = (np.arange(n) + 0.5) / n
        left = np.clip(interface * n - np.arange(n), 0, 1)
        k = np.tile(1 / (left / k_left + (1 - left) / k_right), (4, 1))
        sides = Sides(west=Dirichlet(1.0), east=Dirichlet(0.0))
        temperature = Heat(k, (1 / n, 1 / n), sides).steady(1e-13).temperature
        exact, flux = two_layer_slab(x, k_left, k_right, interface)
        whole = (left == 0) | (left == 1)
        error = np.abs(temperature - exact)[:, whole].max()
        place = "on a face" if whole.all() else "inside a cell"
        case = f"two-layer slab {k_left:g}|{k_right:g}, interface {place}"
        cases.append((case, "largest error of whole cells", float(error), 0.0, 1e-9))
        cases.append((case, "flux", float(2 * n * k[0, 0] * (1 - temperature[0, 0])), flux, 1e-8))
    return cases


def manufactured_error(n: int) -> float:
    x, y = _centres(n)
    exact, side = manufactured(x, y), x[0]
    sides = Sides(Dirichlet(0.0), Dirichlet(side), Dirichlet(0.0), Dirichlet(side))
    temperature = Heat(exact.conductivity, (1 / n, 1 / n), sides, exact.source).steady().temperature
    return float(np.abs(temperature - exact.temperature).max())


def biot_error(n: int, time: float = 0.2, biot: float = 1.0) -> float:
    slab = Heat(np.ones((1, n)), (1 / n, 1 / n), Sides(east=Robin(biot, 0.0)))
    temperature = rollout(Implicit(slab), np.ones((1, n)), [time], dt=0.1 / n)[-1]
    return float(np.abs(temperature[0] - biot_slab((np.arange(n) + 0.5) / n, time, biot)).max())


def gaussian_error(n: int, time: float = 0.25) -> float:
    x, y = _centres(n)
    r = np.hypot(x - 0.5, y - 0.5)
    body = Heat(np.full((n, n), 0.01), (1 / n, 1 / n), Sides(Neumann(), Neumann(), Neumann(), Neumann()))
    temperature = rollout(Implicit(body), spreading_gaussian(r, 0, 0.05, 0.01), [time], dt=0.5 / n)[-1]
    return float(np.abs(temperature - spreading_gaussian(r, time, 0.05, 0.01)).max())


def decaying_modes() -> list[Check]:
    """Both schemes on the modes of held and insulated plates: order in the cell size and in the time step."""
    checks = []
    for sides in MODES:
        for name, scheme in SCHEMES.items():
            case = f"decaying mode, {sides} sides, {name}"
            grids, counts = (16, 32, 64), (16, 32, 64)
            space = observed_order([1 / n for n in grids], [mode_error(sides, scheme, n) for n in grids])
            time = observed_order([1 / m for m in counts], [mode_time_error(sides, scheme, m) for m in counts])
            checks.append(check(case, "order in space", space, scheme.order, 0.15, SERIES))
            checks.append(check(case, "order in time", time, scheme.time_order, 0.15, SERIES))
    return checks


def _mode(sides: str, n: int) -> tuple[Heat, Array]:
    """A plate and its mode of one half wave in x and two in y, which decays at 5π² s⁻¹."""
    x, y = _centres(n)
    wave = np.sin if sides == "held" else np.cos
    plate = Heat(np.ones((n, n)), (1 / n, 1 / n), HELD if sides == "held" else Sides())
    return plate, np.asarray(wave(np.pi * x) * wave(2 * np.pi * y))


def mode_error(sides: str, scheme: Scheme, n: int, time: float = 0.02) -> float:
    """Error of the decayed amplitude on n × n cells, with steps that shrink with the cells (squared if explicit)."""
    plate, start = _mode(sides, n)
    stepper = plate if scheme is Heat else Implicit(plate)
    end = rollout(stepper, start, [time], dt=plate.stable_dt() if scheme is Heat else 0.1 / n)[-1]
    return float(np.abs(end - start * np.exp(-5 * np.pi**2 * time)).max())


def mode_time_error(sides: str, scheme: Scheme, steps: int, n: int = 8) -> float:
    """Error against the exact decay of the discrete mode, 4/h² (sin² πh/2 + sin² πh) s⁻¹: that of the time step alone."""
    plate, start = _mode(sides, n)
    rate = 4 * n**2 * (np.sin(np.pi / 2 / n) ** 2 + np.sin(np.pi / n) ** 2)
    time = 16 * plate.stable_dt()
    end = rollout(plate if scheme is Heat else Implicit(plate, 1e-11), start, [time], dt=time / steps)[-1]
    return float(np.abs(end - start * np.exp(-rate * time)).max())
