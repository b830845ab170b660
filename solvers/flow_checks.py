"""Checks at the door of a flow problem, and what to say of a march that ended badly."""

from math import inf

import numpy as np

from .errors import NumericalError, UnstableStep, UsageError
from .flow_march import STUCK, UNSTABLE, Outcome
from .flow_state import FlowState

MOST_CELLS = 2**26


def check_numbers(
    shape: tuple[int, int], spacing: tuple[float, float], viscosity: float, body_force: tuple[float, float]
) -> None:
    """Refuse what makes no flow.

    Raises:
        UsageError: with the value, its range and its unit.
    """
    if len(shape) != 2 or min(shape) < 2 or shape[0] * shape[1] > MOST_CELLS:
        raise UsageError(f"shape={shape} is out of range; use (ny, nx) of at least 2 × 2 and at most {MOST_CELLS} cells")
    if not all(0 < h < inf for h in spacing):
        raise UsageError(f"spacing={spacing} m is out of range; use positive finite cell sizes (dy, dx)")
    if not 0 < viscosity < inf:
        raise UsageError(f"viscosity={viscosity} m² s⁻¹ is out of range; use a positive one")
    if not np.isfinite(body_force).all():
        raise UsageError(f"body_force={body_force} m s⁻² is not finite; use a finite acceleration (x, y)")


def check_courant(courant: float) -> None:
    """Refuse a Courant number beyond the stable step."""
    if not 0 < courant <= 1:
        raise UsageError(f"courant={courant} is out of range; use a share of the stable step in (0, 1]")


def check_outcome(end: Outcome, state: FlowState) -> None:
    """Refuse a march that did not end well; `state` is what it left.

    Raises:
        UnstableStep: for a step beyond the limit.
        NumericalError: for a pressure that did not converge, and fields that are not finite.
    """
    when = f"step {end.steps} at {state.time:.6g} s"
    if end.reason == UNSTABLE and end.steps == 0:
        raise UnstableStep(
            f"dt={end.dt:.6g} s exceeds the limit {end.limit:.6g} s of CFL, viscosity and scalars; use dt <= {end.limit:.6g}"
        )
    if end.reason == UNSTABLE:
        raise UnstableStep(
            f"flow: u, v grew until {when}, dt={end.dt:.6g} s exceeds the limit {end.limit:.6g} s; use a smaller dt or march()"
        )
    if end.reason == STUCK:
        raise NumericalError(f"flow: p did not converge after {when}; use an obstacle without narrow gaps, or a smaller dt")
    fields = {"u": state.u, "v": state.v, "p": state.p} | {f"scalar {n}": q for n, q in enumerate(state.scalars)}
    lost = [name for name, field in fields.items() if not np.isfinite(field).all()]
    if lost:
        raise NumericalError(f"flow: {', '.join(lost)} not finite after {when}; use a smaller dt, more viscosity or a finer grid")


def check_state(state: FlowState, shape: tuple[int, int], scalars: int) -> None:
    """Refuse a state that does not fit or is not finite.

    Raises:
        UsageError: naming the field.
    """
    ny, nx = shape
    if len(state.scalars) != scalars:
        raise UsageError(f"the state has {len(state.scalars)} scalars and the flow {scalars}; give one field for each")
    wanted = {"u": (ny, nx + 1), "v": (ny + 1, nx), "p": shape} | {f"scalar {n}": shape for n in range(scalars)}
    for (name, size), field in zip(wanted.items(), (state.u, state.v, state.p, *state.scalars), strict=True):
        if np.shape(field) != size:
            raise UsageError(f"{name} has shape {np.shape(field)}; use {size} on this grid")
        if not np.isfinite(field).all():
            raise UsageError(f"{name} has a value that is not finite; start from finite fields")
