"""Velocities from a predicted streamfunction, so that every prediction is divergence-free.

    u = ∂ψ/∂y,   v = −∂ψ/∂x,   ψ = 0 on the sides

on a staggered grid: ψ on corners, u and v on faces, then means over opposite faces, as scenarios with one have them.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as nnf

from ..data.scenario import Scenario
from .encoding import Encoding


class StreamfunctionHead(nn.Module):
    """(n, targets − 2, ny, nx) -> (n, targets, ny, nx), both in the units of the network.

    The first channel is ψ; its mean over four cells is taken at the corner between them. The others pass.
    """

    def __init__(self, targets: int) -> None:
        super().__init__()
        self.targets = targets
        self.register_buffer("places", torch.arange(3))  # of ψ, u and v among the targets
        self.register_buffer("scales", torch.ones(2))  # of δ_y ψ and −δ_x ψ between neighbours, in units of u and v

    def relate(self, encoding: Encoding, scenario: Scenario, shape: tuple[int, int]) -> None:
        """What a difference of ψ makes of u and v, by the statistics of the training samples and the grid."""
        names = [v.name for v in encoding.targets]
        related = (scenario.streamfunction, *scenario.velocity)
        coords = scenario.domain.coords(shape[0])
        dy, dx = (float(coords[name].values[1] - coords[name].values[0]) for name in scenario.domain.dims)
        psi, u, v = (encoding.corrections[name][1] for name in related)
        cast(Tensor, self.places).copy_(torch.tensor([names.index(name) for name in related]))
        cast(Tensor, self.scales).copy_(torch.tensor([psi / (u * dy), psi / (v * dx)]))

    def forward(self, x: Tensor) -> Tensor:
        psi = nnf.pad(nnf.avg_pool2d(x[:, :1], 2, stride=1), (1, 1, 1, 1))
        scale_u, scale_v = cast(Tensor, self.scales)
        edge_x, edge_y = 0.5 * (psi[..., 1:] + psi[..., :-1]), 0.5 * (psi[..., 1:, :] + psi[..., :-1, :])
        u, v = scale_u * edge_x.diff(dim=2), -scale_v * edge_y.diff(dim=3)
        derived = dict(zip(cast(Tensor, self.places).tolist(), (nnf.avg_pool2d(psi, 2, stride=1), u, v), strict=True))
        others = iter(torch.split(x[:, 1:], 1, dim=1))
        return torch.cat([derived[k] if k in derived else next(others) for k in range(self.targets)], 1)
