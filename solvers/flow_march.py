"""Incompressible flow in time: second-order Adams-Bashforth with a projection, many steps in one kernel.

    u* = uⁿ + dt [(1 + ω/2) N(uⁿ) − ω/2 N(uⁿ⁻¹)],   uⁿ⁺¹ = u* − dt ∇p,   ∇·uⁿ⁺¹ = 0,   ω = dt/dtⁿ⁻¹

The first step is Heun's. Scalars move by Heun's method too, along uⁿ and uⁿ⁺¹, which keeps them within bounds.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .flow_gusts import Swells, blow, let_in
from .flow_moments import add_up
from .flow_momentum import (
    accelerate,
    accelerate_rim,
    balance_outflow,
    fastest_rate,
    fill_velocity_halo,
    take_step,
)
from .flow_obstacle import Obstacle, hold, hold_velocities, rest_at_corners
from .flow_projection import Pressure, project, subtract_gradient
from .flow_scalar import Passive, Scratch, buoy, fill_scalar_halo, transport
from .flow_sides import Rim
from .stencil import copy_into

Array = NDArray[Any]
Tendency = tuple[Array, Array]
CHECK = 10  # steps from one look at speed, step and steadiness to the next
EVERY = 4  # steps from one sum of moments to the next
GROWTH = 1.5  # of an adaptive step from one look to the next
SLACK = 1 + 1e-9
DONE, STEADY, BLOWN, UNSTABLE, STUCK = range(5)


class Motion(NamedTuple):
    """Velocities with halo, their tendencies now and one step before, and a copy to measure changes; all (ny+2, nx+2)."""

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
    """What stays: spacing [m], viscosity [m² s⁻¹], body force [m s⁻²], rates [s⁻¹], sides, obstacle.

    Where sides have gusts, the rim is as they were last, and a march writes to one of its own.
    """

    dy: float
    dx: float
    viscosity: float
    force_x: float
    force_y: float
    rates: Rates
    rim: Rim
    swells: Swells
    obstacle: Obstacle


class Run(NamedTuple):
    """Everything that a march reads and writes; q are the scalars with halo, (scalars, ny+2, nx+2), at `time` [s]."""

    setting: Setting
    motion: Motion
    pressure: Pressure
    passive: Passive
    scratch: Scratch
    q: Array
    time: float


class Outcome(NamedTuple):
    """How a march ended: steps done, time passed [s], last step [s], its limit [s], largest ∂u/∂t or ∂q/∂t, and why."""

    steps: int
    time: float
    dt: float
    limit: float
    change: float
    reason: int


@njit(cache=True, nogil=True, error_model="numpy")
def step_limit(rates: Rates, fastest: float, scalars: int) -> float:
    """Largest stable step [s].

    Second-order Adams-Bashforth on the Fourier modes of central differences, in all directions, is stable for

        dt ≤ min((0.48 w/a)^⅓/a, (2.8 a⁴ + δ⁴)^-¼),   a = max(|u|/dx + |v|/dy),   δ = 4ν(1/dx² + 1/dy²),   w = 8ν/max(dx, dy)²

    which is h²/8ν for slow flow, and elsewhere a fit to the roots of the scheme, from below and within a fifth. Scalars stay
    within their bounds for dt (2a + 3κ(1/dx² + 1/dy²)) ≤ 1.

    Args:
        fastest: a of the velocities inside [s⁻¹].
        scalars: how many there are.
    """
    a, limit = max(fastest, rates.rim), 1.0 / rates.damping
    if a > 0.0:
        limit = min((0.48 * rates.weakest / a) ** (1.0 / 3.0) / a, (2.8 * a**4 + rates.damping**4) ** -0.25)
    return min(limit, 1.0 / (2.0 * a + rates.spreading)) if scalars else limit


@njit(cache=True, nogil=True)
def tendency(run: Run, q: Array, ru: Array, rv: Array) -> None:
    """ru, rv = ∂u/∂t but for the pressure, with the scalars q; fills all halos."""
    s, u, v = run.setting, run.motion.u, run.motion.v
    m, obstacle = u.shape[1], s.obstacle
    fill_velocity_halo(u, v, s.rim)
    accelerate(u.ravel(), v.ravel(), m, s.dy, s.dx, s.viscosity, s.force_x, s.force_y, ru.ravel(), rv.ravel())
    for n in range(q.shape[0]):
        if run.passive.buoyancy[n] != 0.0:
            fill_scalar_halo(q[n], run.passive.ambient[n], run.passive.held[n], s.rim)
            buoy(q[n].ravel(), m, run.passive.buoyancy[n], rv.ravel())
    rest_at_corners(obstacle, u.ravel(), v.ravel(), m, s.dy, s.dx, s.viscosity, ru.ravel(), rv.ravel())
    hold(obstacle.u_faces, ru.ravel())
    hold(obstacle.v_faces, rv.ravel())
    accelerate_rim(u, v, s.dy, s.dx, s.rim, ru, rv)


@njit(cache=True, nogil=True)
def step(run: Run, now: Tendency, last: Tendency, dt: float, ratio: float, until: float) -> bool:
    """One step to the time `until`, `ratio` times as long as the one before; leaves the tendency that it began with in `now`.

    A ratio of 0 is the first step, of two stages: the second averages the tendencies at both ends of the first.

    Returns:
        Whether the pressure converged.
    """
    s, u, v, q, ahead = run.setting, run.motion.u, run.motion.v, run.q, run.scratch.ahead
    good, a, b = True, dt * (1.0 + 0.5 * ratio), dt * 0.5 * ratio
    for stage in range(1 if ratio > 0.0 else 2):
        fresh, other = (now, last) if stage == 0 else (last, now)
        tendency(run, q if stage == 0 else ahead, fresh[0], fresh[1])
        if stage == 0:
            transport(run.passive, run.scratch, s.rim, s.obstacle, u, v, q, ahead, 1.0, dt, s.dy, s.dx)
            blow(s.swells, until, s.rim)
            let_in(s.swells, s.rim, u, v)
        else:
            subtract_gradient(run.pressure.p, s.dy, s.dx, -dt, s.rim, u, v)
            hold_velocities(s.obstacle, u, v)
            a, b = 0.5 * dt, 0.5 * dt
        take_step(u.ravel(), fresh[0].ravel(), other[0].ravel(), a, b)
        take_step(v.ravel(), fresh[1].ravel(), other[1].ravel(), a, b)
        balance_outflow(u, v, s.dy, s.dx, s.rim, s.obstacle.emission)
        good &= project(run.pressure, s.obstacle, s.rim, u, v, s.dy, s.dx, dt)
    transport(run.passive, run.scratch, s.rim, s.obstacle, u, v, ahead, q, 0.5, dt, s.dy, s.dx)
    return good


@njit(cache=True, nogil=True)
def march(run: Run, dt: float, courant: float, steps: int, until: float, tolerance: float, sums: Array) -> Outcome:
    """March on, in place.

    Args:
        dt: step [s], or the longest first one if `courant` > 0, which then is the share of the limit that is used.
        steps, until: at most so many steps and so long [s].
        tolerance: of ∂u/∂t [m s⁻²] and ∂q/∂t, where the march ends as steady; negative for never.
        sums: moments of the flow, as `add_up` says, times the time it stands for, are added to it; none if it is empty.
    """
    (u, v, ru, rv, last_ru, last_rv, _, _), s = run.motion, run.setting
    now, last = (ru, rv), (last_ru, last_rv)
    time, summed, done, before, limit, change = 0.0, 0.0, 0, np.inf, np.inf, np.inf
    while done < steps and time < until:
        look = done % CHECK == 0
        if look:
            fastest = fastest_rate(u, v, s.dy, s.dx)
            limit = step_limit(s.rates, fastest, run.q.shape[0])
            if courant > 0.0:
                dt = min(courant * limit, GROWTH * dt if done else dt)
            reason = BLOWN if not fastest < np.inf else UNSTABLE if dt > limit * SLACK else DONE
            if reason != DONE:
                return Outcome(done, time, dt, limit, change, reason)
            mark(run)
        left = until - time
        h = fitting_step(left, dt)
        after = until if h == left else time + h
        if not step(run, now, last, h, h / before, run.time + after):
            return Outcome(done, time, h, limit, change, STUCK)
        now, last = last, now
        time, done, before = after, done + 1, h
        if sums.size > 0 and (done % EVERY == 0 or time == until):
            add_up(u, v, run.pressure.p, run.q, time - summed, sums)
            summed = time
        if look and tolerance >= 0.0:
            change = change_since_mark(run) / h
            if change < tolerance:
                return Outcome(done, time, h, limit, change, STEADY)
    return Outcome(done, time, before, limit, change, DONE if fastest_rate(u, v, s.dy, s.dx) < np.inf else BLOWN)


@njit(cache=True, nogil=True)
def fitting_step(left: float, dt: float) -> float:
    """A step of at most dt such that the last two before the end are equal, and none is a sliver."""
    if left > 2.0 * dt:
        return dt
    return left if left <= dt * SLACK else 0.5 * left


@njit(cache=True, nogil=True)
def mark(run: Run) -> None:
    """Keep velocities and scalars to measure changes against."""
    copy_into(run.motion.mark_u, run.motion.u)
    copy_into(run.motion.mark_v, run.motion.v)
    for n in range(run.q.shape[0]):
        copy_into(run.scratch.mark[n], run.q[n])


@njit(cache=True, nogil=True)
def change_since_mark(run: Run) -> float:
    """Largest change of a velocity component or scalar since the mark."""
    change = max(largest_change(run.motion.mark_u, run.motion.u), largest_change(run.motion.mark_v, run.motion.v))
    for n in range(run.q.shape[0]):
        change = max(change, largest_change(run.scratch.mark[n], run.q[n]))
    return change


@njit(cache=True, nogil=True)
def largest_change(before: Array, after: Array) -> float:
    """Largest difference inside the halo."""
    largest = 0.0
    for j in range(1, after.shape[0] - 1):
        for i in range(1, after.shape[1] - 1):
            largest = max(largest, abs(after[j, i] - before[j, i]))
    return largest
