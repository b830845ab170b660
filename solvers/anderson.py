"""Anderson's method for fixed points x = g(x): the combination of past values whose residuals cancel best.

    x ← g_k − ∑ c_j (g_{j+1} − g_j),   c the least squares of f_k − ∑ c_j (f_{j+1} − f_j),   f = g(x) − x

Source: Walker & Ni (2011) SIAM J. Numer. Anal. 49, 1715.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
CONDITION = 1e-10  # relative size of directions that least squares leaves out
GROWTH = 2.0  # of the residual from one value to the next, after which the past is forgotten


class Anderson:
    """The memory of one iteration; call it with x and g(x) for the next x."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.values: list[Array] = []
        self.residuals: list[Array] = []

    def __call__(self, x: Array, g: Array) -> Array:
        """The next x, of the shape of x; the first is g itself."""
        f = (g - x).ravel()
        if self.residuals and np.linalg.norm(f) > GROWTH * np.linalg.norm(self.residuals[-1]):
            self.values, self.residuals = [], []
        self.values = [*self.values, g.ravel()][-self.depth - 1 :]
        self.residuals = [*self.residuals, f][-self.depth - 1 :]
        if len(self.values) == 1:
            return g
        changes = np.diff(self.residuals, axis=0).T
        weights = np.linalg.lstsq(changes, self.residuals[-1], rcond=CONDITION)[0]
        return np.asarray(g - (np.diff(self.values, axis=0).T @ weights).reshape(g.shape))
