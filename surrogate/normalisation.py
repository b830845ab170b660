"""Statistics of the training samples, which make every channel of a network of size one."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..data.scenario import Array, Fields, Symmetry, Variable
from ..solvers.errors import IntegrityError
from .climatology import invariant_mean
from .encoding import Encoding, Moments
from .ensembles import corrections_of_members
from .frames import fit_responses, is_linear
from .training_data import Samples

GUIDES = ("lift:", "defect:", "formula:")


def fit(
    inputs: tuple[Variable, ...],
    targets: tuple[Variable, ...],
    samples: Samples,
    hole: str = "",
    symmetries: Sequence[Symmetry] = (),
    framed: bool = True,
    latitudes: tuple[float, ...] = (),
    formula: Callable[[Fields], Fields] | None = None,
) -> Encoding:
    """Statistics of the training samples.

    On a globe, where samples have neither lift nor frame, corrections are relative to the mean training field.

    Variables that a symmetry exchanges share theirs, and those that it reflects have mean zero, so that the
    symmetry holds for the channels too.

    Raises:
        IntegrityError: if a condition or target is not finite.
    """
    conditions, lift = samples.conditions, samples.lift
    truth = {name: a.reshape(-1, *a.shape[2:]) for name, a in samples.targets.items()} if samples.members else samples.targets
    for name, a in (*conditions.items(), *truth.items()):
        if not np.isfinite(a).all():
            raise IntegrityError(f"{name} holds values that are not finite; drop those samples before training")
    own_frames = framed and lift is None and is_linear(inputs, targets)
    responses = _responses(conditions, truth, inputs, targets, symmetries) if own_frames else {}
    unit: Moments = (0.0, 1.0)
    defects = [name for name in lift or {} if name.startswith("defect:")]
    guides = [kind + v.name for kind in (("lift:",) if lift is not None else ("formula:",)) for v in targets]
    plain = {name: unit for name in [*(v.name for v in inputs), *guides, *defects]}
    outright = bool(latitudes) and lift is None and not (framed and is_linear(inputs, targets))
    mean = invariant_mean(targets, truth, symmetries) if outright else {}
    fixed = (inputs, targets, hole, lift is not None, plain, responses, {v.name: unit for v in targets}, framed)
    blank = Encoding(*fixed, latitudes, mean, formula, samples.rough is not None)
    encoded = blank.encode(conditions, lift)
    corrections = corrections_of_members(samples, blank, encoded.frame)
    values = {key: encoded.fields[:, part] for key, _, part in blank.groups()}
    values |= {v.name: encoded.scalars[:, k] for k, v in enumerate(v for v in inputs if v.scalar)}
    moments = {name: _moments(a) for name, a in values.items()}
    ends = np.cumsum([v.channels for v in targets])
    centred = lift is not None or outright
    outputs = {
        v.name: _output_moments(part, blank.weights(conditions)[:, None, None], centred)
        for v, part in zip(targets, np.split(corrections, ends[:-1], axis=2), strict=True)
    }
    moments, outputs = _shared(moments, symmetries), _shared(outputs, symmetries)
    return replace(blank, moments=moments, corrections=outputs)


def _responses(
    conditions: Fields,
    truth: Fields,
    inputs: Sequence[Variable],
    targets: Sequence[Variable],
    symmetries: Sequence[Symmetry],
) -> dict[str, float]:
    scaled = [truth[v.name] for v in targets if v.linearity != "none"]
    deviation = float(np.mean([a.std(axis=(-2, -1)).mean() for a in scaled]))
    alone = {name: (0.0, r) for name, r in fit_responses(conditions, inputs, deviation).items()}
    return {name: r for name, (_, r) in _shared(alone, symmetries).items()}


def _moments(a: Array) -> Moments:
    """Mean and standard deviation; for sparse channels (sides, sources) 0 and the rms where not zero."""
    values = a.astype(np.float64)
    if np.count_nonzero(values) < 0.5 * values.size:
        values = values[values != 0]
        mean, std = 0.0, float(np.sqrt(np.mean(values**2))) if values.size else 1.0
    else:
        mean, std = float(values.mean()), float(values.std())
    return mean, std if std > 1e-12 * max(1.0, abs(mean)) else 1.0


def _output_moments(corrections: Array, weights: Array, centred: bool) -> Moments:
    """Mean and standard deviation by weight; above a lift or a mean field zero stays zero, so that untrained is just that."""
    values, w = corrections.astype(np.float64), np.broadcast_to(weights, corrections.shape)
    total = w.sum(dtype=np.float64)
    mean = 0.0 if centred else float((values * w).sum() / total)
    values -= mean
    np.square(values, out=values)
    values *= w
    std = float(np.sqrt(values.sum() / total))
    return mean, std if std > 1e-12 * max(1.0, abs(mean)) else 1.0


def _shared(moments: dict[str, Moments], symmetries: Sequence[Symmetry]) -> dict[str, Moments]:
    """Moments averaged over variables that some symmetry exchanges; mean zero for those it reflects."""
    shared = dict(moments)
    for symmetry in symmetries:
        for one, other in symmetry.swap.items():
            for prefix in ("", *GUIDES):
                if prefix + one in shared and prefix + other in shared:
                    a, b = shared[prefix + one], shared[prefix + other]
                    both = ((a[0] + b[0]) / 2, float(np.sqrt((a[1] ** 2 + b[1] ** 2) / 2)))
                    shared[prefix + one] = shared[prefix + other] = both
        for name in symmetry.sign:
            for key in (name, *(guide + name for guide in GUIDES)):
                if key in shared and symmetry.sign[name] < 0:
                    shared[key] = (0.0, float(np.hypot(*shared[key])))
    return shared
