"""The optimiser of the generator: equal steps in all directions of a weight matrix.

Each convolution is a matrix of (channels out) × (channels in · stencil). Its momentum is replaced by the nearest matrix with
orthonormal rows or columns, so that weak directions learn as fast as strong ones. On heat (lift 32², no defect channel, one seed)
300 steps took the vrmse from .0320 to .0275, against .0297 with AdamW; over longer runs the two have not been compared fairly.
Source: Jordan et al., Muon (2024); scale of Liu et al., arXiv:2502.16982 (2025).
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

QUINTIC = (3.4445, -4.7750, 2.0315)  # a x + b x³ + c x⁵ drives singular values from (0, 1] to within 0.3 of 1 in five rounds
SHARE = 0.2  # root mean square of a step over the learning rate, about that of AdamW


def orthogonalise(matrix: Tensor, rounds: int = 5) -> Tensor:
    """The orthonormal factor U Vᵀ of U S Vᵀ, with singular values between about 0.7 and 1.2.

    By Newton-Schulz iterations X ← a X + (b A + c A²) X, A = X Xᵀ.
    """
    a, b, c = QUINTIC
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-12)
    for _ in range(rounds):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """Muon for matrices and convolutions, Adam for vectors.

        M ← β M + (1 − β) G,   W ← (1 − η d) W − η 0.2 √max(n, m) orth((1 − β) G + β M)

    Args:
        learning_rate: η.
        momentum: β.
        weight_decay: d.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        learning_rate: float,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, {"lr": learning_rate, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """One step along the gradients of all parameters that have one."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    move = _step_of_matrix if weight.ndim > 1 else _step_of_vector
                    weight.mul_(1 - group["lr"] * group["weight_decay"])
                    weight.sub_(move(weight.grad, self.state[weight], group["momentum"]), alpha=group["lr"])


def _step_of_matrix(gradient: Tensor, state: dict[str, Tensor], momentum: float) -> Tensor:
    mean = state.setdefault("mean", torch.zeros_like(gradient))
    mean.lerp_(gradient, 1 - momentum)
    matrix = gradient.lerp(mean, momentum).flatten(1)
    return (SHARE * math.sqrt(max(matrix.shape)) * orthogonalise(matrix)).reshape(gradient.shape)


def _step_of_vector(gradient: Tensor, state: dict[str, Tensor], momentum: float) -> Tensor:
    """Adam with β = (momentum, 0.99)."""
    mean = state.setdefault("mean", torch.zeros_like(gradient))
    square = state.setdefault("square", torch.zeros_like(gradient))
    steps = state.setdefault("steps", torch.zeros(()))
    steps += 1
    mean.lerp_(gradient, 1 - momentum)
    square.lerp_(gradient.square(), 0.01)
    n = float(steps)
    return (mean / (1 - math.pow(momentum, n))) / ((square / (1 - math.pow(0.99, n))).sqrt() + 1e-8)
