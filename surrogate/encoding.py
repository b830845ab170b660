"""From named fields to the channels of a network and back.

Each condition is brought into the frame of its sample (frames.py) and standardised by training statistics;
the targets, or their roots, become corrections of the lift in the same frame, over one global scale per target. All statistics
are from the training split. A variable with axes (months) has a channel for each place along them; on a globe two more
channels tell the latitude.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..data.scenario import Array, Fields, Variable
from .frames import Frame, frame_of_conditions, frame_of_lift, is_linear
from .lift import grid_shape

Moments = tuple[float, float]
LATITUDE = 2  # channels: sin φ and cos φ


@dataclass(frozen=True)
class Encoded:
    """Network inputs: fields (n, c, ny, nx) and scalars (n, k), float32, the frames they are in, and what they were made of."""

    fields: Array
    scalars: Array
    frame: Frame | None
    conditions: Fields = field(default_factory=dict)


@dataclass(frozen=True)
class Encoding:
    """Channels and statistics of a model.

    Attributes:
        inputs, targets: condition and target variables.
        hole: the condition with the share of each cell outside the domain ("" if none).
        lifted: whether targets are corrections of a lift, which is an input then.
        moments: (mean, std) per input, and per channel that guides the network: "lift:" + name and, where the
            scenario gives them, "defect:" + name; or "formula:" + name.
        responses: see `frames.fit_responses`; empty with a lift or without linearity.
        corrections: (mean, std) per target, of what is to be predicted.
        framed: whether samples of linear problems are seen in their own frames.
        latitudes: of the rows of the grid [degrees], or none.
        climatology: {target: (channels, ny, nx)}, the mean training field in its unit, to which corrections are relative; empty
            where they are not.
        formula: of the scenario, whose fields are inputs then; not stored.
        graded: whether the network is told, as its last scalar, which samples are rough (1); predictions are of the truth (0).
    """

    inputs: tuple[Variable, ...]
    targets: tuple[Variable, ...]
    hole: str
    lifted: bool
    moments: Mapping[str, Moments]
    responses: Mapping[str, float]
    corrections: Mapping[str, Moments]
    framed: bool = True
    latitudes: tuple[float, ...] = ()
    climatology: Mapping[str, Array] = field(default_factory=dict)
    formula: Callable[[Fields], Fields] | None = None
    graded: bool = False

    def encode(self, conditions: Fields, lift: Fields | None, rough: Array | None = None) -> Encoded:
        """Inputs of the network, (n, c, ny, nx) and (n, k).

        Args:
            rough: which samples are, (n,); none by default.
        """
        shape = grid_shape(conditions)
        frame = self.frame(conditions, lift)
        scalars = [v for v in self.inputs if v.scalar]
        n = len(next(iter(conditions.values())))
        fields = np.empty((n, self.channels, *shape), np.float32)
        guide = lift if self.lifted else self._told(conditions)
        for key, v, part in self.groups():
            out = fields[:, part]
            if key in conditions:
                self._standardise(v.planes(conditions[key]), frame, v, self.moments[key], out)
                if v.where:
                    out *= conditions[v.where][:, None] > 0
            elif guide is not None:
                name = key.removeprefix("lift:").removeprefix("formula:")
                self._standardise(v.planes(guide[name]), frame, v, self.moments[key], out)
                if self.hole:
                    out *= 1 - conditions[self.hole][:, None]
        if self.latitudes:
            fields[:, -LATITUDE:] = self._position()
        numbers = np.zeros((n, self.scalars), np.float32)
        if self.graded and rough is not None:
            numbers[:, -1] = rough
        for k, v in enumerate(scalars):
            self._standardise(conditions[v.name], frame, v, self.moments[v.name], numbers[:, k])
        return Encoded(fields, numbers, frame, conditions)

    def groups(self) -> Iterator[tuple[str, Variable, slice]]:
        """The channels of conditions and guides: key of their moments, variable, and place among the fields."""
        start = 0
        given = [(v.name, v) for v in self.inputs if not v.scalar]
        for key, v in [*given, *self.guides]:
            yield key, v, slice(start, start + v.channels)
            start += v.channels

    @property
    def channels(self) -> int:
        """Fields among the network's inputs."""
        return sum(v.channels for _, v, _ in self.groups()) + LATITUDE * bool(self.latitudes)

    @property
    def outputs(self) -> int:
        """Fields that the network predicts."""
        return sum(v.channels for v in self.targets)

    @property
    def guides(self) -> list[tuple[str, Variable]]:
        """What the network is given of the lift: itself, then its defects, which have its unit but no offset; or the formula."""
        if not self.lifted:
            return [("formula:" + v.name, v) for v in self.targets] if self.formula else []
        lifts = [("lift:" + v.name, v) for v in self.targets]
        defects = [("defect:" + v.name, v if v.linearity == "none" else replace(v, linearity="linear")) for v in self.targets]
        return lifts + [(key, v) for key, v in defects if key in self.moments]

    @property
    def scalars(self) -> int:
        """Scalars among the network's inputs."""
        return sum(v.scalar for v in self.inputs) + self.graded

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
        """What the network should predict, (n, outputs, ny, nx) float32."""
        channels = []
        for v in self.targets:
            zero, unit = (x[:, None, None, None] for x in self._output_scale(v, frame, len(targets[v.name])))
            base = v.planes(v.seen(lift[v.name])) if lift is not None and self.lifted else self.climatology.get(v.name, 0.0)
            channels.append((v.planes(v.seen(targets[v.name])) - base - zero) / unit)
        return np.concatenate(channels, axis=1).astype(np.float32)

    def decode(self, output: Array, lift: Fields | None, frame: Frame | None) -> dict[str, Array]:
        """{target: (n, members, *axes, ny, nx)} in their units from corrections (n, members, outputs, ny, nx)."""
        fields, start = {}, 0
        for v in self.targets:
            zero, unit = (x.astype(np.float32)[:, None, None, None, None] for x in self._output_scale(v, frame, len(output)))
            whole = output[:, :, start : start + v.channels] * unit + zero
            if v.name in self.climatology:
                whole += self.climatology[v.name].astype(np.float32)
            own = whole.reshape(*output.shape[:2], *v.sizes, *output.shape[-2:])
            fields[v.name] = v.unseen(v.seen(lift[v.name])[:, None] + own if lift is not None and self.lifted else own)
            start += v.channels
        return fields

    def unit(self, variable: Variable, frame: Frame | None, n: int) -> Array:
        """Size of a correction of one in the unit that networks see, (n,)."""
        return self._output_scale(variable, frame, n)[1]

    def told_by(self, formula: Callable[[Fields], Fields], conditions: Fields) -> dict[str, Array]:
        """What a formula says of every sample, {target: (n, *axes, ny, nx)}."""
        n = len(next(iter(conditions.values())))
        samples = ({v.name: np.asarray(conditions[v.name][k], dtype=np.float64) for v in self.inputs} for k in range(n))
        told = [formula(sample) for sample in samples]
        return {v.name: np.stack([fields[v.name] for fields in told]) for v in self.targets}

    def _told(self, conditions: Fields) -> Fields | None:
        """What networks see of the fields of their formula."""
        if self.formula is None or not len(next(iter(conditions.values()))):
            return None
        told = self.told_by(self.formula, conditions)
        return {v.name: v.seen(told[v.name]) for v in self.targets}

    def _position(self) -> Array:
        """sin φ and cos φ of the rows, (2, ny, 1)."""
        phi = np.radians(self.latitudes)
        return np.stack([np.sin(phi), np.cos(phi)])[:, :, None]

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
