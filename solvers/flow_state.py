"""The state of a flow, and the same with halo, as the kernels want it."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import UsageError
from .flow_march import Motion

Array = NDArray[Any]


class FlowState(NamedTuple):
    """A flow at one time.

    Attributes:
        u: velocity eastwards on vertical faces, (ny, nx+1) [m s⁻¹].
        v: velocity northwards on horizontal faces, (ny+1, nx) [m s⁻¹].
        p: kinematic pressure over the last step, mean 0 over the fluid and 0 in obstacles, (ny, nx) [m² s⁻²].
        scalars: each (ny, nx).
        time: [s].
    """

    u: Array
    v: Array
    p: Array
    scalars: tuple[Array, ...]
    time: float


def fitted(value: ArrayLike, shape: tuple[int, int], kind: np.dtype[Any], name: str) -> Array:
    """A field of `shape` from one value or all of them.

    Raises:
        UsageError: for another shape.
    """
    field = np.asarray(value, dtype=kind)
    if field.shape not in ((), shape):
        raise UsageError(f"{name} has shape {field.shape}; use one value or {shape} on this grid")
    return np.array(np.broadcast_to(field, shape))


def with_halo(state: FlowState) -> tuple[Motion, Array]:
    """Velocities and scalars of a state with room for their halo, in the precision of u."""
    ny, nx = state.p.shape
    motion = Motion(*(np.zeros((ny + 2, nx + 2), state.u.dtype) for _ in Motion._fields))
    motion.u[1:-1, 1:], motion.v[1:, 1:-1] = state.u, state.v
    q = np.zeros((len(state.scalars), ny + 2, nx + 2), state.u.dtype)
    for n, scalar in enumerate(state.scalars):
        q[n, 1:-1, 1:-1] = scalar
    return motion, q


def without_halo(motion: Motion, q: Array, p: Array, solid: Array, time: float) -> FlowState:
    """The state that kernels have left."""
    level = p - p[~solid].mean()
    level[solid] = 0.0
    scalars = tuple(field[1:-1, 1:-1].copy() for field in q)
    return FlowState(motion.u[1:-1, 1:].copy(), motion.v[1:, 1:-1].copy(), level, scalars, time)
