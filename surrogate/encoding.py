"""From named fields to the channels of a network and back.

Each condition is brought into the frame of its sample (frames.py) and standardised by training statistics;
the targets become corrections of the lift in the same frame, over one global scale per target. All statistics
are from the training split.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..data.scenario import Array, Fields, Variable
from .frames import Frame, frame_of_conditions, frame_of_lift, is_linear
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
        moments: (mean, std) per input, and per channel that comes with the lift: "lift:" + name and, where the
            scenario gives them, "defect:" + name.
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
            self._standardise(conditions[v.name], frame, v, self.moments[v.name], fields[:, c])
            if v.where:
                fields[:, c] *= conditions[v.where] > 0
        if lift is not None and self.lifted:
            for c, (key, v) in enumerate(self.guides, start=len(names)):
                self._standardise(lift[key.removeprefix("lift:")], frame, v, self.moments[key], fields[:, c])
                if self.hole:
                    fields[:, c] *= 1 - conditions[self.hole]
        numbers = np.empty((n, len(scalars)), np.float32)
        for k, v in enumerate(scalars):
            self._standardise(conditions[v.name], frame, v, self.moments[v.name], numbers[:, k])
        return Encoded(fields, numbers, frame)

    @property
    def channels(self) -> int:
        """Fields among the network's inputs."""
        return sum(not v.scalar for v in self.inputs) + (len(self.guides) if self.lifted else 0)

    @property
    def guides(self) -> list[tuple[str, Variable]]:
        """What the network is given of the lift: itself, then its defects, which have its unit but no offset."""
        lifts = [("lift:" + v.name, v) for v in self.targets]
        defects = [("defect:" + v.name, v if v.linearity == "none" else replace(v, linearity="linear")) for v in self.targets]
        return lifts + [(key, v) for key, v in defects if key in self.moments]

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
        channels = []
        for v in self.targets:
            zero, unit = (x[:, None, None] for x in self._output_scale(v, frame, len(targets[v.name])))
            base = lift[v.name] if lift is not None and self.lifted else 0.0
            channels.append((targets[v.name] - base - zero) / unit)
        return np.stack(channels, axis=1).astype(np.float32)

    def decode(self, output: Array, lift: Fields | None, frame: Frame | None) -> dict[str, Array]:
        """{target: (n, members, ny, nx)} in their units from corrections (n, members, targets, ny, nx)."""
        fields = {}
        for k, v in enumerate(self.targets):
            zero, unit = (x.astype(np.float32) for x in self._output_scale(v, frame, len(output)))
            field = output[:, :, k] * unit[:, None, None, None] + zero[:, None, None, None]
            fields[v.name] = lift[v.name][:, None] + field if lift is not None and self.lifted else field
        return fields

    def unit(self, variable: Variable, frame: Frame | None, n: int) -> Array:
        """Size in physical units of a correction of one, (n,)."""
        return self._output_scale(variable, frame, n)[1]

    def _standardise(self, a: Array, frame: Frame | None, v: Variable, moments: Moments, out: Array) -> None:
        """Physical to network units; the zero goes first, as it may be far larger than what is left."""
        zero, unit = _scale(v, frame, moments, len(a))
        shape = (-1, *(1,) * (a.ndim - 1))
        np.subtract(a, zero.reshape(shape), out=out, casting="unsafe")
        out *= (1 / unit).reshape(shape)

    def _output_scale(self, variable: Variable, frame: Frame | None, n: int) -> tuple[Array, Array]:
        """(zero, unit) of a correction in physical units, each (n,); above a lift it has no offset."""
        if self.lifted and frame is not None:
            frame = replace(frame, offset=np.zeros(n))
        return _scale(variable, frame, self.corrections[variable.name], n)


def _scale(variable: Variable, frame: Frame | None, moments: Moments, n: int) -> tuple[Array, Array]:
    """(zero, unit) of a channel in physical units, each (n,)."""
    mean, std = moments
    zero, unit = frame.origin(variable) if frame else (np.zeros(n), np.ones(n))
    return zero + mean * unit, std * unit
