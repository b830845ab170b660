"""From named fields to the channels of a network and back.

Each condition is brought into the frame of its sample (frames.py) and standardised by training statistics;
the targets become corrections of the lift in the same frame, over one global scale per target. All statistics
are from the training split.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..data.scenario import Array, Fields, Symmetry, Variable
from ..solvers.errors import IntegrityError
from .frames import Frame, fit_responses, frame_of_conditions, frame_of_lift, is_linear
from .lift import grid_shape

Moments = tuple[float, float]


@dataclass(frozen=True)
class Encoded:
    """Network inputs: fields (n, c, ny, nx) and scalars (n, k), float32, and the frames they are in."""

    fields: Array
    scalars: Array
    frame: Frame | None


@dataclass(frozen=True)
class Encoding:
    """Channels and statistics of a model.

    Attributes:
        inputs, targets: condition and target variables.
        hole: the condition with the share of each cell outside the domain ("" if none).
        lifted: whether targets are corrections of a lift, which is an input then.
        moments: (mean, std) per input, and "lift:" + name per channel of the lift.
        responses: see `frames.fit_responses`; empty with a lift or without linearity.
        corrections: (mean, std) per target, of what is to be predicted.
        framed: whether samples of linear problems are seen in their own frames.
    """

    inputs: tuple[Variable, ...]
    targets: tuple[Variable, ...]
    hole: str
    lifted: bool
    moments: Mapping[str, Moments]
    responses: Mapping[str, float]
    corrections: Mapping[str, Moments]
    framed: bool = True

    def encode(self, conditions: Fields, lift: Fields | None) -> Encoded:
        """Inputs of the network, (n, c, ny, nx) and (n, k)."""
        shape = grid_shape(conditions)
        frame = self.frame(conditions, lift)
        names = [v for v in self.inputs if not v.scalar]
        scalars = [v for v in self.inputs if v.scalar]
        n = len(conditions[names[0].name])
        fields = np.empty((n, self.channels, *shape), np.float32)
        for c, v in enumerate(names):
            a, b = self._coefficients(frame, v, self.moments[v.name], n)
            np.multiply(conditions[v.name], a[:, None, None], out=fields[:, c], casting="unsafe")
            fields[:, c] += b[:, None, None]
            if v.where:
                fields[:, c] *= conditions[v.where] > 0
        if lift is not None and self.lifted:
            for c, v in enumerate(self.targets, start=len(names)):
                a, b = self._coefficients(frame, v, self.moments["lift:" + v.name], n)
                np.multiply(lift[v.name], a[:, None, None], out=fields[:, c], casting="unsafe")
                fields[:, c] += b[:, None, None]
                if self.hole:
                    fields[:, c] *= 1 - conditions[self.hole]
        numbers = np.empty((n, len(scalars)), np.float32)
        for k, v in enumerate(scalars):
            a, b = self._coefficients(frame, v, self.moments[v.name], n)
            numbers[:, k] = conditions[v.name] * a + b
        return Encoded(fields, numbers, frame)

    @property
    def channels(self) -> int:
        """Fields among the network's inputs."""
        return sum(not v.scalar for v in self.inputs) + (len(self.targets) if self.lifted else 0)

    @property
    def scalars(self) -> int:
        """Scalars among the network's inputs."""
        return sum(v.scalar for v in self.inputs)

    def frame(self, conditions: Fields, lift: Fields | None) -> Frame | None:
        """The samples' own offsets and scales, or None for problems that are not linear."""
        if not self.framed or not is_linear(self.inputs, self.targets):
            return None
        if self.lifted and lift is not None:
            return frame_of_lift(lift, self.targets, self.weights(conditions))
        return frame_of_conditions(conditions, self.inputs, self.responses)

    def weights(self, conditions: Fields) -> Array:
        """Share of each cell inside the domain, (n, ny, nx), or (1, ny, nx) of ones."""
        return np.asarray(1.0 - conditions[self.hole]) if self.hole else np.ones((1, *grid_shape(conditions)))

    def corrections_of(self, targets: Fields, lift: Fields | None, frame: Frame | None) -> Array:
        """What the network should predict, (n, targets, ny, nx) float32."""
        maps = [self._output_map(v, frame, len(targets[v.name])) for v in self.targets]
        base = [lift[v.name] if lift and self.lifted else 0.0 for v in self.targets]
        return np.stack(
            [
                (targets[v.name] - zero - b[:, None, None]) / a[:, None, None]
                for v, zero, (a, b) in zip(self.targets, base, maps, strict=True)
            ],
            axis=1,
        ).astype(np.float32)

    def decode(self, output: Array, lift: Fields | None, frame: Frame | None) -> dict[str, Array]:
        """{target: (n, members, ny, nx)} in their units from corrections (n, members, targets, ny, nx)."""
        fields = {}
        for k, v in enumerate(self.targets):
            a, b = (
                x.astype(np.float32)[:, None, None, None] for x in self._output_map(v, frame, len(output))
            )
            field = output[:, :, k] * a + b
            fields[v.name] = lift[v.name][:, None] + field if lift is not None and self.lifted else field
        return fields

    def unit(self, variable: Variable, frame: Frame | None, n: int) -> Array:
        """Size in physical units of a correction of one, (n,)."""
        return self._output_map(variable, frame, n)[0]

    def _coefficients(
        self, frame: Frame | None, variable: Variable, moments: Moments, n: int
    ) -> tuple[Array, Array]:
        """(a, b) of the map x -> a x + b from physical to network units, each (n,)."""
        mean, std = moments
        a, b = frame.coefficients(variable) if frame else (np.ones(n), np.zeros(n))
        return a / std, (b - mean) / std

    def _output_map(self, variable: Variable, frame: Frame | None, n: int) -> tuple[Array, Array]:
        """(a, b) of the map y -> a y + b from network to physical units."""
        mean, std = self.corrections[variable.name]
        if frame is None or variable.linearity == "none":
            return np.full(n, std), np.full(n, mean)
        offset = frame.offset if variable.linearity == "affine" and not self.lifted else 0.0
        return frame.scale * std, frame.scale * mean + offset


def fit(
    inputs: tuple[Variable, ...],
    targets: tuple[Variable, ...],
    conditions: Fields,
    truth: Fields,
    lift: Fields | None,
    hole: str = "",
    symmetries: Sequence[Symmetry] = (),
    framed: bool = True,
) -> Encoding:
    """Statistics of the training samples.

    Variables that a symmetry exchanges share theirs, and those that it reflects have mean zero, so that the
    symmetry holds for the channels too.

    Raises:
        IntegrityError: if a condition or target is not finite.
    """
    for name, a in (*conditions.items(), *truth.items()):
        if not np.isfinite(a).all():
            raise IntegrityError(
                f"{name} holds values that are not finite; drop those samples before training"
            )
    own_frames = framed and lift is None and is_linear(inputs, targets)
    responses = _responses(conditions, truth, inputs, targets, symmetries) if own_frames else {}
    unit: Moments = (0.0, 1.0)
    plain = {v.name: unit for v in inputs} | {"lift:" + v.name: unit for v in targets}
    blank = Encoding(
        inputs, targets, hole, lift is not None, plain, responses, {v.name: unit for v in targets}, framed
    )
    encoded = blank.encode(conditions, lift)
    corrections = blank.corrections_of(truth, lift, encoded.frame)
    names = [v.name for v in inputs if not v.scalar] + ["lift:" + v.name for v in targets if lift is not None]
    values = {name: encoded.fields[:, c] for c, name in enumerate(names)}
    values |= {v.name: encoded.scalars[:, k] for k, v in enumerate(v for v in inputs if v.scalar)}
    moments = {name: _moments(a) for name, a in values.items()}
    outputs = {v.name: _output_moments(corrections[:, k], blank.weights(conditions), lift is not None) for k, v in enumerate(targets)}
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
    deviation = float(np.mean([a.std(axis=(1, 2)).mean() for a in scaled]))
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


def _output_moments(corrections: Array, weights: Array, lifted: bool) -> Moments:
    """Weighted mean and standard deviation; corrections of a lift keep their zero, so that untrained is the lift."""
    values, w = corrections.astype(np.float64), np.broadcast_to(weights, corrections.shape)
    mean = 0.0 if lifted else float(np.average(values, weights=w))
    std = float(np.sqrt(np.average((values - mean) ** 2, weights=w)))
    return mean, std if std > 1e-12 * max(1.0, abs(mean)) else 1.0


def _shared(moments: dict[str, Moments], symmetries: Sequence[Symmetry]) -> dict[str, Moments]:
    """Moments averaged over variables that some symmetry exchanges; mean zero for those it reflects."""
    shared = dict(moments)
    for symmetry in symmetries:
        for one, other in symmetry.swap.items():
            for prefix in ("", "lift:"):
                if prefix + one in shared and prefix + other in shared:
                    a, b = shared[prefix + one], shared[prefix + other]
                    both = ((a[0] + b[0]) / 2, float(np.sqrt((a[1] ** 2 + b[1] ** 2) / 2)))
                    shared[prefix + one] = shared[prefix + other] = both
        for name in symmetry.sign:
            for key in (name, "lift:" + name):
                if key in shared and symmetry.sign[name] < 0:
                    shared[key] = (0.0, float(np.hypot(*shared[key])))
    return shared
