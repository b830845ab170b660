"""Pressure in a rectangle, directly; beside small obstacles it is solved twice, with sources along the obstacle in between.

Cutting the faces between fluid and solid changes the Laplacian L of the rectangle by a matrix of low rank. With
E = (e_a − e_b) for the cells a, b of each face, W = 1/h² and strengths s = W (p_b − p_a), the pressure of the fluid alone is

    p = L⁺(r + E s),   (W⁻¹ + Eᵀ L⁺ E) s = −Eᵀ L⁺ r

The Poisson solver works on modes along lines of cells. In between only the lines that touch cut faces go back and forth.

Source: Buzbee, Dorr, George & Golub, SIAM J. Numer. Anal. 8 (1971).
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import DTypeLike, NDArray

from .flow_modes import Kinds
from .flow_poisson import Poisson, from_modes, plan_poisson, poisson_work, solve_modes, solve_poisson, split, to_modes
from .flow_sides import PERIODIC, Rim

Array = NDArray[Any]
NULL = 1e-10  # eigenvalues of W^½ S W^½, which reach up to 1, that belong to a pressure level inside


class Direct(NamedTuple):
    """What a solve reads and writes; without obstacles there are no cut faces.

    Attributes:
        p, rhs: pressure [m² s⁻²] and its Laplacian [s⁻²], (ny, nx) in the precision of the flow.
        plan, work: of the solver on the rectangle.
        lines: rows or columns with cells beside cut faces, whichever the solver transforms.
        strip, modes, spare: the field of those lines side by side, their modes, and as much memory again.
        low, high: cells a and b on both sides of each cut face, (faces,), as indices of the flat strip.
        inverse: of W⁻¹ + Eᵀ L⁺ E, (faces, faces) [m⁻²].
        jumps, strengths: p_b − p_a and s, (faces,).
    """

    p: Array
    rhs: Array
    plan: Poisson
    work: Array
    lines: Array
    strip: Array
    modes: Array
    spare: Array
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
    lines, strip, (a, b) = _strip(shape, plan.along_x, np.array([low, high]))
    zero, few, empty = np.zeros(shape, kind), np.zeros(strip, kind), np.zeros(low.size, kind)
    spare = np.zeros(few.size, kind)
    return Direct(zero, zero, plan, poisson_work(plan), lines, few, spare, spare, a, b, inverse, empty, empty)


def _strip(shape: tuple[int, int], along_x: bool, cells: Array) -> tuple[Array, tuple[int, int], Array]:
    """The rows (`along_x`) or columns that some cells stand in, the shape of these side by side, and the cells' places there."""
    places = np.unravel_index(cells, shape)
    lines, line = np.unique(places[0 if along_x else 1], return_inverse=True)
    line = line.reshape(cells.shape)
    strip = (lines.size, shape[1]) if along_x else (shape[0], lines.size)
    return lines, strip, line * shape[1] + places[1] if along_x else places[0] * lines.size + line


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
        strip=np.zeros_like(plan.strip),
        modes=np.zeros_like(plan.modes),
        spare=np.zeros_like(plan.spare),
        jumps=np.zeros_like(plan.jumps),
        strengths=np.zeros_like(plan.strengths),
    )


@njit(cache=True, nogil=True)
def solve_direct(direct: Direct) -> None:
    """direct.p from direct.rhs; solid cells get a pressure without meaning."""
    plan, work = direct.plan, direct.work
    if direct.low.size == 0:
        solve_poisson(plan, direct.rhs, direct.p, work)
        return
    alone, together = work[: work.size // 2], work[work.size // 2 :]
    to_modes(plan, direct.rhs, alone, together)
    together[:] = alone
    solve_modes(plan, alone)
    add_sources(direct, alone, together)
    solve_modes(plan, together)
    from_modes(plan, together, direct.p, alone)


@njit(cache=True, nogil=True)
def add_sources(direct: Direct, alone: Array, together: Array) -> None:
    """Add to the modes `together` of the right-hand side those of E s, s from the modes `alone` of L⁺ r."""
    plan, strip, few = direct.plan, direct.strip.ravel(), split(direct.plan, direct.modes)
    for part, whole in zip(few, split(plan, alone)):  # noqa: B905 - kernels know no strict
        for n in range(direct.lines.size):
            part[n] = whole[direct.lines[n]]
    from_modes(plan, direct.modes, direct.strip, direct.spare)
    for n in range(direct.low.size):
        direct.jumps[n] = strip[direct.high[n]] - strip[direct.low[n]]
    np.dot(direct.inverse, direct.jumps, direct.strengths)
    strip[:] = 0.0
    for n in range(direct.low.size):
        strip[direct.low[n]] += direct.strengths[n]
        strip[direct.high[n]] -= direct.strengths[n]
    to_modes(plan, direct.strip, direct.modes, direct.spare)
    for part, whole in zip(few, split(plan, together)):  # noqa: B905
        for n in range(direct.lines.size):
            whole[direct.lines[n]] += part[n]
