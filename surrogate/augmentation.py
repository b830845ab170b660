"""Exact symmetries of a scenario as free training data, on encoded channels."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..data.scenario import Symmetry
from .encoding import Encoding


@dataclass(frozen=True)
class Batch:
    """Fields (n, c, ny, nx), scalars (n, k), corrections (n, t, ny, nx) and cell weights (n, 1, ny, nx)."""

    fields: Tensor
    scalars: Tensor
    corrections: Tensor
    weights: Tensor

    def __len__(self) -> int:
        return len(self.fields)

    def __getitem__(self, index: Tensor | slice) -> "Batch":
        return Batch(self.fields[index], self.scalars[index], self.corrections[index], self.weights[index])

    def to(self, device: torch.device) -> "Batch":
        """On a device, fields in the memory order that convolutions like best."""
        return Batch(
            self.fields.to(device, memory_format=torch.channels_last),
            self.scalars.to(device),
            self.corrections.to(device),
            self.weights.to(device),
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
    """One symmetry as it acts on encoded samples: transpose, flip of y, flip of x, then channels."""

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
    """The symmetries that the grid has, the identity first; transpositions need a square one."""
    identity = Symmetry()
    chosen = [s for s in symmetries if s != identity and (square or not s.transpose)]
    fields = [v.name for v in encoding.inputs if not v.scalar]
    groups = [fields, *_groups_of_guides(encoding)]
    scalars = [v.name for v in encoding.inputs if v.scalar]
    targets = [v.name for v in encoding.targets]
    return [Mirror(s, _channel_map(s, *groups), _channel_map(s, scalars), _channel_map(s, targets)) for s in (identity, *chosen)]


def augment(batch: Batch, mirrors: Sequence[Mirror], choice: Tensor) -> Batch:
    """Each sample under the mirror chosen for it, grouped by mirror; `choice` is (n,)."""
    groups = [mirrors[k](batch[choice == k]) for k in sorted(set(choice.tolist()))]
    return Batch(*(torch.cat([getattr(g, name) for g in groups]) for name in ("fields", "scalars", "corrections", "weights")))


def _groups_of_guides(encoding: Encoding) -> list[list[str]]:
    """The targets' names once for the lift, and once for its defects where there are some."""
    if not encoding.lifted:
        return []
    targets = [v.name for v in encoding.targets]
    return [targets] * (len(encoding.guides) // len(targets))


def _channel_map(symmetry: Symmetry, *groups: Sequence[str]) -> ChannelMap:
    """Channels group by group; in each, a variable is renamed by `swap`, then takes its `sign`."""
    source: list[int] = []
    sign: list[float] = []
    for group in groups:
        came_from = {symmetry.swap.get(name, name): name for name in group}
        start = len(source)
        source += [start + group.index(came_from[name]) for name in group]
        sign += [symmetry.sign.get(name, 1.0) for name in group]
    return ChannelMap(torch.tensor(source, dtype=torch.long), torch.tensor(sign))
