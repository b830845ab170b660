"""How a symmetry renames, signs and rolls the channels of variables."""

from collections.abc import Sequence

import numpy as np

from ..data.scenario import Symmetry, Variable


def sources(symmetry: Symmetry, variables: Sequence[Variable]) -> tuple[list[int], list[float]]:
    """Where each channel of a mirrored sample comes from, and its sign.

    A variable is renamed by `swap`, then takes its `sign`, then is rolled along its axes.
    """
    starts = np.cumsum([0, *(v.channels for v in variables)])
    first = {v.name: int(start) for v, start in zip(variables, starts, strict=False)}
    came_from = {symmetry.swap.get(v.name, v.name): v.name for v in variables}
    source: list[int] = []
    sign: list[float] = []
    for v in variables:
        order = np.arange(v.channels).reshape(v.sizes)
        order = np.roll(order, [symmetry.roll.get(axis, 0) for axis in v.axes], range(order.ndim)) if v.axes else order
        source += [first[came_from[v.name]] + int(k) for k in order.ravel()]
        sign += [symmetry.sign.get(v.name, 1.0)] * v.channels
    return source, sign
