"""Incompressible flow in time: third-order Runge-Kutta with one projection a step, many steps in one kernel.

    u* = uⁿ,  three times u* += dt (γ N(u*) − ζ N(u* before)) − α dt ∇pⁿ;   u* += dt ∇pⁿ;   uⁿ⁺¹ = u* − dt ∇pⁿ⁺¹,  ∇·uⁿ⁺¹ = 0

with Wray's γ and ζ, and α the share of the step that each stage takes: pressure of the step before keeps the stages nearly free
of divergence, and second order in time is left (Le & Moin, J. Comput. Phys. 92, 1991). Scalars are carried along uⁿ from the
middle of the last step to that of the next, and drive the velocity from there; so both are centred. Source of the coefficients:
Spalart, Moser & Rogers, J. Comput. Phys. 96, 1991.
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
    fastest_rates,
    fill_velocity_halo,
    take_step,
)
from .flow_obstacle import Obstacle, hold, hold_velocities, rest_at_corners
from .flow_projection import Pressure, project, subtract_gradient
from .flow_scalar import Passive, Scratch, buoy, fill_scalar_halo, largest_step, transport
from .flow_sides import Rim
from .stencil import copy_into

Array = NDArray[Any]
GAMMA = (8 / 15, 5 / 12, 3 / 4)
ZETA = (0.0, 17 / 60, 5 / 12)
ENDS = (8 / 15, 2 / 3, 1.0)  # of the stages, in shares of the step
DAMPED = 2.512  # limit of third-order Runge-Kutta on the real axis
CHECK = 5  # steps from one look at speed, step and steadiness to the next
PAIR = 2  # steps in which steadiness is looked for, as scalars go along x and y in turns
EVERY = 2  # steps from one sum of moments to the next
SHRUNK = 1.001  # times as long was the last step, where scalars cannot go from the middle of that one in one go
GROWTH = 1.5  # of an adaptive step from one look to the next
SLACK = 1 + 1e-9
DONE, STEADY, BLOWN, UNSTABLE, STUCK = range(5)


class Motion(NamedTuple):
    """Velocities with halo, their tendencies now and one stage before, and a copy to measure changes; all (ny+2, nx+2)."""

    u: Array
    v: Array
    ru: Array
    rv: Array
    last_ru: Array
    last_rv: Array
    mark_u: Array
    mark_v: Array


class Rates(NamedTuple):
    """What limits the step [s⁻¹]: δ of `step_limit`, d of `flow_scalar.largest_step`, and a of the velocities along the sides."""

    damping: float
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
def step_limit(rates: Rates, fastest: float, straight: float, scalars: int) -> float:
    """Largest step [s] that is taken,

        dt ≤ (a² + (δ/2.512)²)^-½,   a = max(|u|/dx + |v|/dy),   δ = 4ν(1/dx² + 1/dy²)

    Third-order Runge-Kutta on the Fourier modes of central differences is stable up to 1.73/a without viscosity and 2.512/δ
    without flow, and with both beyond that ellipse. But with the pressure of the step before, vortices that leave grow from about
    1.2/a on, and above 1/a there is little to gain in accuracy for the time. Scalars have a limit of their own, `largest_step`.

    Args:
        fastest: a of the velocities inside [s⁻¹].
        straight: max(|u|/dx, |v|/dy) of them [s⁻¹].
        scalars: how many there are.
    """
    a, b = max(fastest, rates.rim), max(straight, rates.rim)
    limit = float(1.0 / np.hypot(a, rates.damping / DAMPED))
    return min(limit, largest_step(a, b, rates.spreading)) if scalars else limit


@njit(cache=True, nogil=True)
def tendency(run: Run, ru: Array, rv: Array) -> None:
    """ru, rv = ∂u/∂t but for the pressure; fills all halos."""
    s, u, v, q = run.setting, run.motion.u, run.motion.v, run.q
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
def push(run: Run, dt: float, start: float, fresh: bool) -> bool:
    """The velocity one step later than at `start`, with the scalars as they are; whether the pressure converged.

    Args:
        fresh: whether the pressure before is unknown, so that each stage has to find its own.
    """
    s, u, v, p, motion = run.setting, run.motion.u, run.motion.v, run.pressure.p, run.motion
    before, good = 0.0, True
    for stage in range(3):
        if stage == 1:
            ru, rv, last_ru, last_rv = motion.last_ru, motion.last_rv, motion.ru, motion.rv
        else:
            ru, rv, last_ru, last_rv = motion.ru, motion.rv, motion.last_ru, motion.last_rv
        tendency(run, ru, rv)
        take_step(u.ravel(), ru.ravel(), last_ru.ravel(), GAMMA[stage] * dt, ZETA[stage] * dt)
        take_step(v.ravel(), rv.ravel(), last_rv.ravel(), GAMMA[stage] * dt, ZETA[stage] * dt)
        share, last = ENDS[stage] - before, stage == 2
        before = ENDS[stage]
        if not fresh:
            subtract_gradient(p, s.dy, s.dx, -(1.0 - share) * dt if last else share * dt, s.rim, u, v)
        blow(s.swells, start + before * dt, s.rim)
        let_in(s.swells, s.rim, u, v)
        hold_velocities(s.obstacle, u, v)
        balance_outflow(u, v, s.dy, s.dx, s.rim, s.obstacle.emission)
        if fresh or last:
            good &= project(run.pressure, s.obstacle, s.rim, u, v, s.dy, s.dx, share * dt if fresh else dt)
    return good


@njit(cache=True, nogil=True)
def carry(run: Run, dt: float, x_first: bool) -> None:
    """The scalars dt later, along the velocity as it is."""
    s = run.setting
    transport(run.passive, run.scratch, s.rim, s.obstacle, run.motion.u, run.motion.v, run.q, dt, s.dy, s.dx, x_first)


@njit(cache=True, nogil=True)
def march(run: Run, dt: float, courant: float, steps: int, until: float, tolerance: float, sums: Array) -> Outcome:
    """March on, in place.

    Args:
        dt: step [s], or the longest first one if `courant` > 0, which then is the share of the limit that is used.
        steps, until: at most so many steps and so long [s].
        tolerance: of ∂u/∂t [m s⁻²] and ∂q/∂t, where the march ends as steady; negative for never.
        sums: moments of the flow, as `add_up` says, times the time it stands for, are added to it; none if it is empty.
    """
    u, v, s = run.motion.u, run.motion.v, run.setting
    time, summed, marked, done, before, limit, change = 0.0, 0.0, 0.0, 0, 0.0, np.inf, np.inf
    reason = DONE
    while reason == DONE and done < steps and time < until:
        if done % CHECK == 0:
            fastest, straight = fastest_rates(u, v, s.dy, s.dx)
            limit = step_limit(s.rates, fastest, straight, run.q.shape[0])
            if courant > 0.0:
                dt = min(courant * limit, GROWTH * dt if done else dt)
            bad = BLOWN if not fastest < np.inf else UNSTABLE if dt > limit * SLACK else DONE
            if bad != DONE:
                return Outcome(done, time, dt, limit, change, bad)
        if done % CHECK == 1 and tolerance >= 0.0:
            mark(run)
            marked = time
        left = until - time
        h = fitting_step(left, dt)
        if before > SHRUNK * h:  # longer than is stable now
            carry(run, 0.5 * before, done % PAIR == 0)
            carry(run, 0.5 * h, done % PAIR != 0)
        else:
            carry(run, 0.5 * (before + h), done % PAIR == 0)
        good = push(run, h, run.time + time, done == 0)
        time, done, before = until if h == left else time + h, done + 1, h
        if not good:
            return Outcome(done, time, h, limit, change, STUCK)
        if sums.size > 0 and (done % EVERY == 0 or time == until):
            add_up(u, v, run.pressure.p, run.q, time - summed, sums)
            summed = time
        if done % CHECK == 1 + PAIR and tolerance >= 0.0:
            change = change_since_mark(run) / (time - marked)
            reason = STEADY if change < tolerance else DONE
    carry(run, 0.5 * before, done % PAIR == 0)
    if not fastest_rates(u, v, s.dy, s.dx)[0] < np.inf:
        reason = BLOWN
    return Outcome(done, time, before, limit, change, reason)


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
