"""Pressure in a rectangle, directly; beside small obstacles it is solved twice, with sources along the obstacle in between.

Cutting the faces between fluid and solid changes the Laplacian L of the rectangle by a matrix of low rank. With
E = (e_a − e_b) for the cells a, b of each face, W = 1/h² and strengths s = W (p_b − p_a), the pressure of the fluid alone is

    p = L⁺(r + E s),   (W⁻¹ + Eᵀ L⁺ E) s = −Eᵀ L⁺ r

Source: Buzbee, Dorr, George & Golub, SIAM J. Numer. Anal. 8 (1971).
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import DTypeLike, NDArray

from .flow_modes import Kinds
from .flow_poisson import Poisson, plan_poisson, poisson_work, solve_poisson
from .flow_sides import PERIODIC, Rim

Array = NDArray[Any]
NULL = 1e-10  # eigenvalues of W^½ S W^½, which reach up to 1, that belong to a pressure level inside


class Direct(NamedTuple):
    """What a solve reads and writes; without obstacles there are no cut faces.

    Attributes:
        p, rhs: pressure [m² s⁻²] and its Laplacian [s⁻²], (ny, nx) in the precision of the flow.
        plan, work: of the solver on the rectangle.
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


def plan_direct(
    shape: tuple[int, int], spacing: tuple[float, float], rim: Rim, faces: tuple[Array, Array, Array], kind: DTypeLike
) -> Direct:
    """Prepare solves on (ny, nx) cells with cut faces, by Neumann conditions on all sides that are not periodic."""
    across, along = (_kinds(rim.kinds[n]) for n in (0, 2))
    exact, plan = (plan_poisson(*shape, *spacing, across, along, precision) for precision in (np.float64, kind))
    low, high, weight = faces
    inverse = np.ascontiguousarray(_inverse(_capacitance(exact, shape, low, high), np.sqrt(weight)), dtype=kind)
    zero, empty = np.zeros(shape, kind), np.zeros(low.size, kind)
    return Direct(zero, zero, plan, poisson_work(plan), low, high, inverse, empty, empty)


def _kinds(kind: int) -> Kinds:
    return ("periodic", "periodic") if kind == PERIODIC else ("neumann", "neumann")


def _capacitance(exact: Poisson, shape: tuple[int, int], low: Array, high: Array) -> Array:
    """Eᵀ L⁺ E, (faces, faces) [m²]."""
    work, field, columns = poisson_work(exact), np.zeros(shape), np.empty((low.size, low.size))
    for n in range(low.size):
        field[:] = 0.0
        field.ravel()[[low[n], high[n]]] = 1.0, -1.0
        solve_poisson(exact, field, field, work)
        columns[n] = field.ravel()[low] - field.ravel()[high]
    return (columns + columns.T) / 2


def _inverse(capacitance: Array, size: Array) -> Array:
    """(W⁻¹ + Eᵀ L⁺ E)⁻¹ for size = W^½, where pressure levels inside obstacles count for nothing."""
    values, vectors = np.linalg.eigh(np.eye(size.size) + size * capacitance * size[:, None])
    inverse = (vectors * np.where(values > NULL, 1 / np.maximum(values, NULL), 0.0)) @ vectors.T
    return np.asarray(inverse * size * size[:, None])


def own_direct(plan: Direct, p: Array) -> Direct:
    """The same with memory of its own to write to."""
    return plan._replace(
        p=np.array(p, plan.p.dtype),
        rhs=np.zeros_like(plan.rhs),
        work=np.empty_like(plan.work),
        jumps=np.zeros_like(plan.jumps),
        strengths=np.zeros_like(plan.strengths),
    )


@njit(cache=True, nogil=True)
def solve_direct(direct: Direct) -> None:
    """direct.p from direct.rhs, which is overwritten; solid cells get a pressure without meaning."""
    _, _, plan, work, low, high, inverse, jumps, strengths = direct
    p, rhs = direct.p.ravel(), direct.rhs.ravel()
    solve_poisson(plan, direct.rhs, direct.p, work)
    if low.size == 0:
        return
    for n in range(low.size):
        jumps[n] = p[high[n]] - p[low[n]]
    np.dot(inverse, jumps, strengths)
    for n in range(low.size):
        rhs[low[n]] += strengths[n]
        rhs[high[n]] -= strengths[n]
    solve_poisson(plan, direct.rhs, direct.p, work)
