"""A generator for conditions that a few numbers describe: amplitudes of fixed modes by a perceptron.

    c = B (x − x̄),   a = P(c, s, z),   G(x, s, z) = ū + Σ_k σ_k a_k φ_k

with principal components of the conditions (c) and of the corrections (φ, of deviations σ), both of the training samples,
scalars s and noise z. One sample costs two products of a matrix and a vector and a small perceptron, a quarter of a convolutional
generator. Every linear law that all training fields obey, such as ∇·v = 0, is obeyed by every output. What the modes cannot hold
is lost: they are no use for free geometry.
Source: POD-NN of Hesthaven & Ubbiali, J. Comput. Phys. 363 (2018) 55; residual blocks as in He et al. (2016).
"""

from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as nnf

from ..data.scenario import Array
from .components import Components, principal_components
from .networks import Noise

Shape = tuple[int, int, int]  # targets, ny, nx


class PerceptronBlock(nn.Module):
    """x + W₂ act(W₁ norm(x)); starts as the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.first = nn.Linear(width, width)
        self.last = nn.Linear(width, width)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.last(nnf.silu(self.first(self.norm(x))))
        return x + change


class ModalGenerator(nn.Module):
    """Corrections from conditions; see the head of this file.

    Args:
        fields, scalars: channels of the conditions, and their scalars.
        shape: of the corrections, (targets, ny, nx).
        components, modes: how many of the conditions and of the corrections; `fit` finds them.
        hidden, layers: width and residual blocks of the perceptron.
        noise_channels: components of the noise.
    """

    def __init__(
        self, fields: int, scalars: int, shape: Shape, components: int, modes: int, hidden: int, layers: int, noise_channels: int
    ) -> None:
        super().__init__()
        self.shape, self.noise_channels = shape, noise_channels
        cells = shape[1] * shape[2]
        sizes = {"conditions": (components, fields * cells), "corrections": (modes, shape[0] * cells)}
        for side, (count, size) in sizes.items():
            self.register_buffer(f"{side}_mean", torch.zeros(size))
            self.register_buffer(f"{side}_basis", torch.zeros(count, size))
            self.register_buffer(f"{side}_deviations", torch.ones(count))
        self.enter = nn.Linear(components + scalars + noise_channels, hidden)
        self.blocks = nn.ModuleList(PerceptronBlock(hidden) for _ in range(layers))
        self.leave = nn.Linear(hidden, modes)
        nn.init.zeros_(self.leave.bias)

    def fit(self, fields: Array, corrections: Array) -> None:
        """Take the components and modes of training samples (n, …); where there are fewer than asked for, the rest stay zero."""
        for side, samples in (("conditions", fields), ("corrections", corrections)):
            basis: Tensor = getattr(self, f"{side}_basis")
            found = principal_components(samples.reshape(len(samples), -1), len(basis))
            self._keep(side, found)

    def _keep(self, side: str, found: Components) -> None:
        count = len(found.basis)
        for part, values in (("mean", found.mean), ("basis", found.basis), ("deviations", found.deviations)):
            buffer: Tensor = getattr(self, f"{side}_{part}")
            (buffer if part == "mean" else buffer[:count]).copy_(torch.from_numpy(np.ascontiguousarray(values, np.float32)))

    def forward(
        self, fields: Tensor, scalars: Tensor | None = None, noise: Noise | None = None, of: Tensor | None = None
    ) -> Tensor:
        """(n, fields, ny, nx), (n, scalars) and noise -> (n, targets, ny, nx).

        Args:
            of: number of the condition of each of m noises, (m,); (m, targets, ny, nx) come out. Components of the conditions are
                found once for each.
        """
        x = torch.addmm(self._at_mean(), fields.flatten(1), self._basis("conditions").T)
        x = x / torch.sqrt(cast(Tensor, self.conditions_deviations))
        if of is not None:
            x, scalars = x[of], None if scalars is None else scalars[of]
        context = [a for a in (scalars, noise.vector if noise else None) if a is not None]
        h = nnf.silu(self.enter(torch.cat([x, *context], 1)))
        for block in self.blocks:
            h = block(h)
        amplitudes = self.leave(nnf.silu(h)) * self.corrections_deviations
        out = torch.addmm(cast(Tensor, self.corrections_mean), amplitudes, self._basis("corrections"))
        return out.reshape(len(out), *self.shape)

    def draw(self, n: int, shape: tuple[int, int], generator: torch.Generator) -> Noise | None:
        """Noise for n members; None for a generator without."""
        if not self.noise_channels:
            return None
        vector = torch.randn(n, self.noise_channels, generator=generator)
        return Noise(vector.to(self.enter.weight.device), ())

    def _basis(self, side: str) -> Tensor:
        return cast(Tensor, getattr(self, f"{side}_basis"))

    def _at_mean(self) -> Tensor:
        """−B x̄."""
        return -(self._basis("conditions") @ cast(Tensor, self.conditions_mean))
