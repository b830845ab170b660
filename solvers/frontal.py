"""Sparse LU of five-by-five point stencils on a rectangle, by fronts that are dense matrices (Duff & Reid, ACM TOMS 9, 1983).

Each node of a nested dissection gathers its equations and what its halves left over in a front

    [A B] [own ]
    [C D] [ring]

keeps A⁻¹, A⁻¹B and C, and leaves D − C A⁻¹ B to its parent. Pivots are sought within A only.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .dissection import REACH, Dissection, dissect

Array = NDArray[Any]
WIDTH = 2 * REACH + 1


class Factors(NamedTuple):
    """LU factors of a stencil, in memory that serves again for the next one.

    Attributes:
        order: of elimination.
        values: A⁻¹, A⁻¹B and C of each node, one after the other.
        remainders: what nodes leave to their parents, while it is needed.
        products: room for B and for C A⁻¹ B.
    """

    order: Dissection
    values: Array
    remainders: Array
    products: Array


def prepare_factors(my: int, mx: int) -> Factors:
    """Room for the factors of my × mx equations."""
    order = dissect(my, mx)
    fronts = np.diff(order.begins)
    rings = fronts - order.own
    largest = int((rings * np.maximum(fronts, rings)).max()) if rings.any() else 0
    return Factors(order, np.empty(order.factors[-1]), np.empty(order.remainder_size), np.empty(largest))


@njit(cache=True, nogil=True)
def factorise(factors: Factors, stencil: Array) -> None:
    """Replace the factors by those of a stencil.

    Args:
        stencil: coefficient of unknown (j+dj−2, i+di−2) in equation (j, i), (my, mx, 5, 5); those beyond the rim are ignored.
    Raises:
        LinAlgError: if A of a node is singular.
    """
    order = factors.order
    place = np.zeros(order.rank.size, dtype=np.int64)
    waiting = np.full((order.own.size, 2), -1)
    for node in range(order.own.size):
        above = order.parent[node]
        if above >= 0:
            waiting[above, 1 if waiting[above, 0] >= 0 else 0] = node
        inverse, right, below, rest = _blocks(factors, node)
        left = factors.products[: right.size].reshape(right.shape)
        inverse[:], left[:], below[:], rest[:] = 0.0, 0.0, 0.0, 0.0
        _gather(order, node, stencil, place, inverse, left, below)
        for child in waiting[node]:
            if child >= 0:
                _take_over(order, child, factors.remainders, inverse, left, below, rest)
        inverse[:] = np.linalg.inv(inverse)
        np.dot(inverse, left, right)
        product = factors.products[: rest.size].reshape(rest.shape)
        np.dot(below, right, product)
        rest -= product


@njit(cache=True, nogil=True)
def _blocks(factors: Factors, node: int) -> tuple[Array, Array, Array, Array]:
    """A⁻¹, A⁻¹B, C and D of a node."""
    order = factors.order
    own, begin = order.own[node], order.factors[node]
    ring = order.begins[node + 1] - order.begins[node] - own
    values = factors.values[begin : order.factors[node + 1]]
    inverse, right = values[: own * own].reshape((own, own)), values[own * own : own * (own + ring)].reshape((own, ring))
    below = values[own * (own + ring) :].reshape((ring, own))
    slot = order.remainders[node]
    return inverse, right, below, factors.remainders[slot : slot + ring * ring].reshape((ring, ring))


@njit(cache=True, nogil=True)
def _gather(order: Dissection, node: int, stencil: Array, place: Array, inverse: Array, left: Array, below: Array) -> None:
    """Add the equations of a node's own unknowns, and what its ring's equations have of these."""
    my, mx = order.shape
    front, own = order.front[order.begins[node] : order.begins[node + 1]], order.own[node]
    first = order.rank[front[0]]
    for n in range(front.size):
        place[front[n]] = n
    for n in range(own):
        j, i = divmod(front[n], mx)
        for dj in range(max(-REACH, -j), min(REACH + 1, my - j)):
            for di in range(max(-REACH, -i), min(REACH + 1, mx - i)):
                other = (j + dj) * mx + i + di
                if order.rank[other] < first:
                    continue
                m = place[other]
                if m < own:
                    inverse[n, m] = stencil[j, i, REACH + dj, REACH + di]
                else:
                    left[n, m - own] = stencil[j, i, REACH + dj, REACH + di]
                    below[m - own, n] = stencil[j + dj, i + di, REACH - dj, REACH - di]


@njit(cache=True, nogil=True)
def _take_over(order: Dissection, child: int, remainders: Array, inverse: Array, left: Array, below: Array, rest: Array) -> None:
    """Add what a child has left over; its ring is in the order of the parent's front."""
    places = order.places[order.begins[child] + order.own[child] : order.begins[child + 1]]
    ring, own, slot = places.size, inverse.shape[0], order.remainders[child]
    left_over = remainders[slot : slot + ring * ring].reshape((ring, ring))
    inner = np.searchsorted(places, own)
    for n in range(inner):
        for m in range(inner):
            inverse[places[n], places[m]] += left_over[n, m]
        for m in range(inner, ring):
            left[places[n], places[m] - own] += left_over[n, m]
    for n in range(inner, ring):
        for m in range(inner):
            below[places[n] - own, places[m]] += left_over[n, m]
        for m in range(inner, ring):
            rest[places[n] - own, places[m] - own] += left_over[n, m]


@njit(cache=True, nogil=True)
def solve_factors(factors: Factors, x: Array) -> None:
    """Replace right-hand sides (my mx,) by the solution."""
    order = factors.order
    for node in range(order.own.size):
        inverse, _, below, _ = _blocks(factors, node)
        own, ring = _halves(order, node)
        solved = np.dot(inverse, x[own])
        x[own] = solved
        x[ring] -= np.dot(below, solved)
    for node in range(order.own.size - 1, -1, -1):
        _, right, _, _ = _blocks(factors, node)
        own, ring = _halves(order, node)
        x[own] -= np.dot(right, x[ring])


@njit(cache=True, nogil=True)
def _halves(order: Dissection, node: int) -> tuple[Array, Array]:
    """Own and ring unknowns of a node."""
    begin, end = order.begins[node], order.begins[node + 1]
    return order.front[begin : begin + order.own[node]], order.front[begin + order.own[node] : end]
