"""Nested dissection of a rectangle of unknowns that reach two points far: the order of elimination for sparse LU.

A box is cut by a separator two points wide, each half again, down to leaves; the unknowns of a node of this tree are eliminated
after those of its halves. What then couples to an eliminated box is its ring, the two rows and columns around it, and all of
that belongs to nodes further up (George, SIAM J. Numer. Anal. 10, 1973).
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
REACH = 2
LEAF = 6  # longest side of a box that is not cut further


class Dissection(NamedTuple):
    """The tree of K nodes, children before parents, and the fronts: each node's own unknowns, then its ring.

    Attributes:
        shape: unknowns (my, mx), numbered row by row.
        front: unknowns of all fronts, in order of elimination within each.
        begins: where each front begins in `front`, (K+1,).
        own: how many unknowns of a front are the node's own, (K,).
        rank: place of each unknown in the order of elimination, (my mx,).
        parent: node, −1 for the root, (K,).
        places: for each ring unknown, parallel to `front`, its place in the parent's front; of no meaning for the others.
        factors: where each node's factors begin, (K+1,).
        remainders: where what a node leaves to its parent stands, (K,), in memory of `remainder_size` numbers.
    """

    shape: tuple[int, int]
    front: Array
    begins: Array
    own: Array
    rank: Array
    parent: Array
    places: Array
    factors: Array
    remainders: Array
    remainder_size: int


@lru_cache(maxsize=16)
def dissect(my: int, mx: int) -> Dissection:
    """The order of elimination of my × mx unknowns."""
    nodes: list[tuple[int, ...]] = []
    _cut(nodes, (0, my, 0, mx), 0, 0)
    boxes, owned, depth, side = (np.array([node[part] for node in nodes]) for part in (slice(0, 4), slice(4, 8), 8, 9))
    own = (owned[:, 1] - owned[:, 0]) * (owned[:, 3] - owned[:, 2])
    rank = _ranks(my, mx, owned)
    fronts = [_front(rank, box, part) for box, part in zip(boxes, owned, strict=True)]
    parent = _parents(depth)
    places = [np.searchsorted(fronts[above], front) for above, front in zip(parent, fronts, strict=True)]
    begins = np.concatenate([[0], np.cumsum([front.size for front in fronts])])
    rings = np.diff(begins) - own
    factors = np.concatenate([[0], np.cumsum(own * (own + 2 * rings))])
    remainders, size = _remainders(depth, side, rings)
    front = np.argsort(rank, axis=None)[np.concatenate(fronts)]
    return Dissection((my, mx), front, begins, own, rank.ravel(), parent, np.concatenate(places), factors, remainders, size)


def _cut(nodes: list[tuple[int, ...]], box: tuple[int, int, int, int], depth: int, side: int) -> None:
    """Append box (j0, j1, i0, i1), own part of it, depth and side of a node, after those of its halves."""
    j0, j1, i0, i1 = box
    own = box
    if max(j1 - j0, i1 - i0) > LEAF:
        if j1 - j0 > i1 - i0:
            cut = (j0 + j1 - REACH) // 2
            halves, own = [(j0, cut, i0, i1), (cut + REACH, j1, i0, i1)], (cut, cut + REACH, i0, i1)
        else:
            cut = (i0 + i1 - REACH) // 2
            halves, own = [(j0, j1, i0, cut), (j0, j1, cut + REACH, i1)], (j0, j1, cut, cut + REACH)
        for n, half in enumerate(halves):
            _cut(nodes, half, depth + 1, n)
    nodes.append((*box, *own, depth, side))


def _ranks(my: int, mx: int, owned: Array) -> Array:
    """Places in the order of elimination, (my, mx): node by node, row by row."""
    rank, count = np.empty((my, mx), dtype=np.int64), 0
    for j0, j1, i0, i1 in owned:
        own = rank[j0:j1, i0:i1]
        own[:] = count + np.arange(own.size).reshape(own.shape)
        count += own.size
    return rank


def _front(rank: Array, box: Array, owned: Array) -> Array:
    """Ranks of a front: all in and around the box that are not eliminated before its node."""
    j0, j1, i0, i1 = box
    near = rank[max(j0 - REACH, 0) : j1 + REACH, max(i0 - REACH, 0) : i1 + REACH]
    return np.sort(near[near >= rank[owned[0], owned[2]]])


def _parents(depth: Array) -> Array:
    """The next node that is one level further up."""
    parent, latest = np.full(depth.size, -1), {}
    for node in range(depth.size - 1, -1, -1):
        latest[depth[node]] = node
        parent[node] = latest.get(depth[node] - 1, -1)
    return parent


def _remainders(depth: Array, side: Array, rings: Array) -> tuple[Array, int]:
    """Where remainders stand: at most two of a level are alive at a time, the halves of one box."""
    largest = np.zeros((depth.max() + 1, 2), dtype=np.int64)
    np.maximum.at(largest, (depth, side), rings**2)
    begins = np.concatenate([[0], np.cumsum(largest.ravel())])
    return begins[2 * depth + side], int(begins[-1])
