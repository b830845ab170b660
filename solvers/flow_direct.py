"""Pressure beside small obstacles, directly: the whole rectangle is solved twice, with sources along the obstacle in between.

Cutting the faces between fluid and solid changes the Laplacian L of the rectangle by a matrix of low rank. With
E = (e_a − e_b) for the cells a, b of each face, W = 1/h² and strengths s = W (p_b − p_a), the pressure of the fluid alone is

    p = L⁺(r + E s),   (W⁻¹ + Eᵀ L⁺ E) s = −Eᵀ L⁺ r

Source: Buzbee, Dorr, George & Golub, SIAM J. Numer. Anal. 8 (1971).
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import DTypeLike, NDArray
from scipy.linalg import eigh

from .flow_poisson import Poisson, poisson_work, solve_poisson

Array = NDArray[Any]
NULL = 1e-10  # eigenvalues of W^½ S W^½, which reach up to 1, that belong to a pressure level inside


class Capacitance(NamedTuple):
    """What a solve reads and writes.

    Attributes:
        p, rhs: pressure [m² s⁻²] and its Laplacian [s⁻²], (ny, nx) in the precision of the flow.
        plan, work: of the direct solver on the rectangle.
        low, high: cells a and b on both sides of each cut face, (faces,), as indices of flat fields.
        inverse: of W⁻¹ + Eᵀ L⁺ E, (faces, faces) [m⁻²].
        jumps, strengths: p_b − p_a and s, (faces,).
    """

    p: Array
    rhs: Array
    plan: Poisson
    work: Array
    low: Array
    high: Array
    inverse: Array
    jumps: Array
    strengths: Array


def cut_faces(solid: Array, spacing: tuple[float, float], periodic: tuple[bool, bool]) -> tuple[Array, Array, Array]:
    """Cells on both sides of the faces between fluid and solid, and their 1/h² [m⁻²]; `periodic` in y and x."""
    cell = np.arange(solid.size).reshape(solid.shape)
    pairs, weights = [], []
    for axis in (0, 1):
        last = None if periodic[axis] else -1
        beyond = np.roll(cell, -1, axis)
        ends = (slice(None, last), slice(None)) if axis == 0 else (slice(None), slice(None, last))
        here, there = cell[ends].ravel(), beyond[ends].ravel()
        cut = solid.ravel()[here] != solid.ravel()[there]
        pairs.append(np.stack([here[cut], there[cut]]))
        weights.append(np.full(np.count_nonzero(cut), spacing[axis] ** -2.0))
    low, high = np.concatenate(pairs, axis=1)
    return low, high, np.concatenate(weights)


def plan_capacitance(
    shape: tuple[int, int], exact: Poisson, plan: Poisson, faces: tuple[Array, Array, Array], kind: DTypeLike
) -> Capacitance:
    """Prepare solves around cut faces; `exact` is the plan of the rectangle in float64, `plan` in the precision of the flow."""
    low, high, weight = faces
    work, field, columns = poisson_work(exact), np.zeros(shape), np.empty((low.size, low.size))
    for n in range(low.size):
        field[:] = 0.0
        field.ravel()[[low[n], high[n]]] = 1.0, -1.0
        solve_poisson(exact, field, field, work)
        columns[n] = field.ravel()[low] - field.ravel()[high]
    size = np.sqrt(weight)
    values, vectors = eigh(np.eye(low.size) + size * (columns + columns.T) / 2 * size[:, None])
    values = np.where(values > NULL, 1 / np.maximum(values, NULL), 0.0)
    inverse = np.ascontiguousarray((vectors * values) @ vectors.T * size * size[:, None], dtype=kind)
    zero, empty = np.zeros(shape, kind), np.zeros(low.size, kind)
    return Capacitance(zero, zero, plan, poisson_work(plan), low, high, inverse, empty, empty)


def own_capacitance(plan: Capacitance, p: Array) -> Capacitance:
    """The same with memory of its own to write to."""
    return plan._replace(
        p=np.array(p, plan.p.dtype),
        rhs=np.zeros_like(plan.rhs),
        work=np.empty_like(plan.work),
        jumps=np.zeros_like(plan.jumps),
        strengths=np.zeros_like(plan.strengths),
    )


@njit(cache=True, nogil=True)
def solve_capacitance(c: Capacitance) -> None:
    """c.p from c.rhs, which is overwritten; solid cells get a pressure without meaning."""
    solve_poisson(c.plan, c.rhs, c.p, c.work)
    p, rhs = c.p.ravel(), c.rhs.ravel()
    for n in range(c.low.size):
        c.jumps[n] = p[c.high[n]] - p[c.low[n]]
    np.dot(c.inverse, c.jumps, c.strengths)
    for n in range(c.low.size):
        rhs[c.low[n]] += c.strengths[n]
        rhs[c.high[n]] -= c.strengths[n]
    solve_poisson(c.plan, c.rhs, c.p, c.work)
