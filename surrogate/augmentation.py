"""Exact symmetries of a scenario as free training data, on encoded channels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..data.scenario import Symmetry, Variable
from .encoding import LATITUDE, Encoding
from .symmetries import sources


@dataclass(frozen=True)
class Batch:
    """Fields (n, c, ny, nx), scalars (n, k), corrections (n · outcomes, o, ny, nx) and cell weights (n, 1, ny, nx).

    A row is one outcome with its conditions, which `outcomes` rows in turn have in common.
    """

    fields: Tensor
    scalars: Tensor
    corrections: Tensor
    weights: Tensor
    outcomes: int = 1

    def __len__(self) -> int:
        return len(self.corrections)

    def __getitem__(self, index: Tensor | slice) -> "Batch":
        own = index if self.outcomes == 1 else torch.arange(len(self))[index] // self.outcomes
        return Batch(self.fields[own], self.scalars[own], self.corrections[index], self.weights[own])

    def sibling(self, index: Tensor, k: int) -> Tensor:
        """Rows of outcomes of the same conditions, k further on, round again; of single outcomes the same rows."""
        return index - index % self.outcomes + (index % self.outcomes + k) % self.outcomes

    def to(self, device: torch.device) -> "Batch":
        """On a device, fields in the memory order that convolutions like best."""
        return Batch(
            self.fields.to(device, memory_format=torch.channels_last),
            self.scalars.to(device),
            self.corrections.to(device),
            self.weights.to(device),
            self.outcomes,
        )


@dataclass(frozen=True)
class ChannelMap:
    """Where each channel of a mirrored sample comes from, and its sign."""

    source: Tensor
    sign: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        return x[:, self.source] * self.sign.reshape(-1, *(1,) * (x.ndim - 2))


@dataclass(frozen=True)
class Mirror:
    """One symmetry as it acts on encoded samples: transpose, flip of y, flip of x, then channels; `augment` draws the shifts."""

    symmetry: Symmetry
    fields: ChannelMap
    scalars: ChannelMap
    corrections: ChannelMap

    def __call__(self, batch: Batch) -> Batch:
        return Batch(
            self.fields(self._move(batch.fields)),
            self.scalars(batch.scalars),
            self.corrections(self._move(batch.corrections)),
            self._move(batch.weights),
        )

    def _move(self, x: Tensor) -> Tensor:
        if self.symmetry.transpose:
            x = x.transpose(2, 3)
        axes = [2] * self.symmetry.flip_y + [3] * self.symmetry.flip_x
        return x.flip(axes) if axes else x


def mirrors(symmetries: Sequence[Symmetry], encoding: Encoding, square: bool) -> list[Mirror]:
    """The symmetries that the grid has, first the identity (which may be shifted); transpositions need a square one."""
    shifted = Symmetry(shift_x=True)
    identity = shifted if shifted in symmetries else Symmetry()
    chosen = [s for s in symmetries if s not in (Symmetry(), shifted) and (square or not s.transpose)]
    fields = [v for v in encoding.inputs if not v.scalar]
    groups = [fields, *_groups_of_guides(encoding)]
    scalars = [v for v in encoding.inputs if v.scalar]
    latitude = bool(encoding.latitudes)
    return [
        Mirror(
            s,
            _channel_map(s, *groups, latitude=latitude),
            _channel_map(s, scalars, untouched=encoding.graded),
            _channel_map(s, encoding.targets),
        )
        for s in (identity, *chosen)
    ]


def augment(batch: Batch, mirrors: Sequence[Mirror], choice: Tensor, rng: np.random.Generator) -> Batch:
    """Each sample under the mirror chosen for it, grouped by mirror; `choice` is (n,), and `rng` draws the shifts."""
    groups = [_shifted(mirrors[k](batch[choice == k]), mirrors[k], rng) for k in sorted(set(choice.tolist()))]
    fields, scalars, corrections, weights = (
        torch.cat([getattr(g, name) for g in groups]) for name in ("fields", "scalars", "corrections", "weights")
    )
    return Batch(fields, scalars, corrections, weights)


def _shifted(batch: Batch, mirror: Mirror, rng: np.random.Generator) -> Batch:
    """Every sample shifted along the last axis by a number of cells of its own, where the symmetry has such shifts."""
    if not mirror.symmetry.shift_x:
        return batch
    nx = batch.fields.shape[-1]
    start = torch.from_numpy(rng.integers(nx, size=(len(batch), 1)))
    cells = (torch.arange(nx) - start) % nx

    def move(x: Tensor) -> Tensor:
        if x.shape[3] == 1:
            return x
        index = cells.to(x.device)[:, None, None, :].expand(x.shape)
        return x.gather(3, index).contiguous(memory_format=torch.channels_last)

    return Batch(move(batch.fields), batch.scalars, move(batch.corrections), move(batch.weights))


def _groups_of_guides(encoding: Encoding) -> list[tuple[Variable, ...]]:
    """The targets once for the lift or the formula, and once for the lift's defects where there are some."""
    return [encoding.targets] * (len(encoding.guides) // len(encoding.targets))


def _channel_map(symmetry: Symmetry, *groups: Sequence[Variable], latitude: bool = False, untouched: int = 0) -> ChannelMap:
    """Channels group by group; after them sin φ, whose sign a flip of y restores, and cos φ; last those that stay as they are."""
    source: list[int] = []
    sign: list[float] = []
    for group in groups:
        start = len(source)
        own, own_sign = sources(symmetry, group)
        source += [start + k for k in own]
        sign += own_sign
    if latitude:
        source += range(len(source), len(source) + LATITUDE)
        sign += [-1.0 if symmetry.flip_y else 1.0, 1.0]
    source += range(len(source), len(source) + untouched)
    sign += [1.0] * untouched
    return ChannelMap(torch.tensor(source, dtype=torch.long), torch.tensor(sign))
