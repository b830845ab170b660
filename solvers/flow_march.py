"""Incompressible flow in time: second-order Adams-Bashforth with a projection, many steps in one kernel.

    u* = uⁿ + dt [(1 + ω/2) N(uⁿ) − ω/2 N(uⁿ⁻¹)],   uⁿ⁺¹ = u* − dt ∇p,   ∇·uⁿ⁺¹ = 0,   ω = dt/dtⁿ⁻¹

The first step is Heun's. Scalars move by Heun's method too, along uⁿ and uⁿ⁺¹, which keeps them within bounds.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .flow_momentum import (
    accelerate,
    accelerate_rim,
    balance_outflow,
    fastest_rate,
    fill_velocity_halo,
    take_step,
)
from .flow_obstacle import Obstacle, hold, rest_at_corners
from .flow_projection import Pressure, project, subtract_gradient
from .flow_scalar import Passive, Scratch, buoy, fill_scalar_halo, transport
from .flow_sides import Rim

Array = NDArray[Any]
CHECK = 10  # steps from one look at speed, step and steadiness to the next
GROWTH = 1.5  # of an adaptive step from one look to the next
SLACK = 1 + 1e-9
DONE, STEADY, BLOWN, UNSTABLE, STUCK = range(5)


class Motion(NamedTuple):
    """Velocities with halo, their tendencies now and one step before, and a copy to measure steadiness; all (ny+2, nx+2)."""

    u: Array
    v: Array
    ru: Array
    rv: Array
    last_ru: Array
    last_rv: Array
    mark_u: Array
    mark_v: Array


class Rates(NamedTuple):
    """What limits the step [s⁻¹]: δ, w and 3κ(1/dx² + 1/dy²) of `step_limit`, and a of the velocities along the sides."""

    damping: float
    weakest: float
    spreading: float
    rim: float


class Setting(NamedTuple):
    """What stays: spacing [m], viscosity [m² s⁻¹], body force [m s⁻²], rates [s⁻¹], sides, obstacle."""

    dy: float
    dx: float
    viscosity: float
    force_x: float
    force_y: float
    rates: Rates
    rim: Rim
    obstacle: Obstacle


class Outcome(NamedTuple):
    """How a march ended: steps done, time passed [s], last step [s], its limit [s], largest ∂u/∂t [m s⁻²], and why."""

    steps: int
    time: float
    dt: float
    limit: float
    change: float
    reason: int


@njit(cache=True, nogil=True, error_model="numpy")
def step_limit(rates: Rates, fastest: float, scalars: int) -> float:
    """Largest stable step [s].

    Second-order Adams-Bashforth on the Fourier modes of central differences, all directions: damped modes need dt ≤ 1/δ,
    δ = 4ν(1/dx² + 1/dy²), which is h²/8ν; modes that are carried with a = max(|u|/dx + |v|/dy) and damped by w = 8ν/max(dx, dy)²
    need a dt ≤ min(0.74, (0.64 w/a)^⅓), within 15 % of the exact limit. Scalars stay within their bounds for
    dt (2a + 3κ(1/dx² + 1/dy²)) ≤ 1.

    Args:
        fastest: a of the velocities inside [s⁻¹].
        scalars: how many there are.
    """
    a, limit = max(fastest, rates.rim), 1.0 / rates.damping
    if a > 0.0:
        limit = min(limit, min(0.74, (0.64 * rates.weakest / a) ** (1.0 / 3.0)) / a)
    return min(limit, 1.0 / (2.0 * a + rates.spreading)) if scalars else limit


@njit(cache=True, nogil=True)
def tendency(s: Setting, motion: Motion, passive: Passive, q: Array, ru: Array, rv: Array) -> None:
    """ru, rv = ∂u/∂t but for the pressure; fills all halos."""
    u, v, rim, m = motion.u, motion.v, s.rim, motion.u.shape[1]
    fill_velocity_halo(u, v, rim)
    accelerate(u.ravel(), v.ravel(), m, s.dy, s.dx, s.viscosity, s.force_x, s.force_y, ru.ravel(), rv.ravel())
    for n in range(q.shape[0]):
        if passive.buoyancy[n] != 0.0:
            fill_scalar_halo(q[n], passive.ambient[n], passive.held[n], rim)
            buoy(q[n].ravel(), m, passive.buoyancy[n], rv.ravel())
    rest_at_corners(s.obstacle, u.ravel(), v.ravel(), m, s.dy, s.dx, s.viscosity, ru.ravel(), rv.ravel())
    hold(s.obstacle.u_faces, ru.ravel())
    hold(s.obstacle.v_faces, rv.ravel())
    accelerate_rim(u, v, s.dy, s.dx, rim, ru, rv)


@njit(cache=True, nogil=True)
def move(
    s: Setting,
    motion: Motion,
    pressure: Pressure,
    now: tuple[Array, Array],
    last: tuple[Array, Array],
    a: float,
    b: float,
    dt: float,
) -> bool:
    """u += a now − b last, projected; whether the pressure converged."""
    take_step(motion.u.ravel(), now[0].ravel(), last[0].ravel(), a, b)
    take_step(motion.v.ravel(), now[1].ravel(), last[1].ravel(), a, b)
    if s.rim.open.any():
        balance_outflow(motion.u, motion.v, s.dy, s.dx, s.rim)
    return project(pressure, s.obstacle, s.rim, motion.u, motion.v, s.dy, s.dx, dt)


@njit(cache=True, nogil=True)
def start_march(
    s: Setting,
    motion: Motion,
    pressure: Pressure,
    passive: Passive,
    scratch: Scratch,
    q: Array,
    first: tuple[Array, Array],
    second: tuple[Array, Array],
    dt: float,
) -> bool:
    """One step of Heun's method; leaves the first tendency in `first`, for the step to come."""
    tendency(s, motion, passive, q, *first)
    transport(passive, scratch, s.rim, s.obstacle, motion.u, motion.v, q, scratch.ahead, 1.0, dt, s.dy, s.dx)
    good = move(s, motion, pressure, first, first, dt, 0.0, dt)
    tendency(s, motion, passive, scratch.ahead, *second)
    subtract_gradient(pressure.p, s.dy, s.dx, -dt, s.rim, motion.u, motion.v)
    hold(s.obstacle.u_faces, motion.u.ravel())
    hold(s.obstacle.v_faces, motion.v.ravel())
    good &= move(s, motion, pressure, second, first, 0.5 * dt, 0.5 * dt, dt)
    transport(passive, scratch, s.rim, s.obstacle, motion.u, motion.v, scratch.ahead, q, 0.5, dt, s.dy, s.dx)
    return good


@njit(cache=True, nogil=True)
def march(
    s: Setting,
    motion: Motion,
    pressure: Pressure,
    passive: Passive,
    scratch: Scratch,
    q: Array,
    dt: float,
    courant: float,
    steps: int,
    until: float,
    tolerance: float,
) -> Outcome:
    """March on, in place.

    Args:
        q: scalars with halo, (scalars, ny+2, nx+2).
        dt: step [s], or the longest one if `courant` > 0, which then is the share of the limit that is used.
        steps, until: at most so many steps and so long [s].
        tolerance: of ∂u/∂t [m s⁻²], where the march ends as steady; negative for never.
    """
    now, last = (motion.ru, motion.rv), (motion.last_ru, motion.last_rv)
    time, done, before, limit, change = 0.0, 0, 0.0, np.inf, np.inf
    while done < steps and time < until:
        look = done % CHECK == 0
        if look:
            fastest = fastest_rate(motion.u, motion.v, s.dy, s.dx)
            if not fastest < np.inf:
                return Outcome(done, time, dt, limit, change, BLOWN)
            limit = step_limit(s.rates, fastest, q.shape[0])
            if courant > 0.0:
                dt = min(courant * limit, GROWTH * dt if done else dt)
            elif dt > limit * SLACK:
                return Outcome(done, time, dt, limit, change, UNSTABLE)
            motion.mark_u[:] = motion.u
            motion.mark_v[:] = motion.v
        left = until - time
        h = dt if left > 2.0 * dt else left if left <= dt * SLACK else 0.5 * left
        if done:
            tendency(s, motion, passive, q, *now)
            transport(passive, scratch, s.rim, s.obstacle, motion.u, motion.v, q, scratch.ahead, 1.0, h, s.dy, s.dx)
            good = move(s, motion, pressure, now, last, h * (1.0 + 0.5 * h / before), 0.5 * h * h / before, h)
            transport(passive, scratch, s.rim, s.obstacle, motion.u, motion.v, scratch.ahead, q, 0.5, h, s.dy, s.dx)
            now, last = last, now
        else:
            good = start_march(s, motion, pressure, passive, scratch, q, last, now, h)
        if not good:
            return Outcome(done, time, h, limit, change, STUCK)
        done, time, before = done + 1, until if h == left else time + h, h
        if look and tolerance >= 0.0:
            change = largest_change(motion, h)
            if change < tolerance:
                return Outcome(done, time, h, limit, change, STEADY)
    sound = fastest_rate(motion.u, motion.v, s.dy, s.dx) < np.inf
    return Outcome(done, time, before, limit, change, DONE if sound else BLOWN)


@njit(cache=True, nogil=True)
def largest_change(motion: Motion, dt: float) -> float:
    """Largest ∂u/∂t or ∂v/∂t since the mark [m s⁻²]."""
    largest = 0.0
    for j in range(1, motion.u.shape[0]):
        for i in range(1, motion.u.shape[1]):
            largest = max(largest, abs(motion.u[j, i] - motion.mark_u[j, i]), abs(motion.v[j, i] - motion.mark_v[j, i]))
    return largest / dt
