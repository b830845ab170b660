"""What networks see beyond the rim of a grid."""

import torch
from torch import Tensor, nn
from torch.nn import functional as nnf


class PadLongitude(nn.Module):
    """One halo cell: periodic along the last axis (longitude), across the pole along the other (latitude)."""

    def forward(self, x: Tensor) -> Tensor:
        return nnf.pad(beyond_poles(x, 1, 1), (1, 1, 0, 0), mode="circular")


def beyond_poles(x: Tensor, south: int, north: int) -> Tensor:
    """Rows beyond the poles: those before them, half a turn away (to a cell, where their number is odd).

    Args:
        x: (…, ny, nx); at most ny rows are added at either end.
    """
    if not south and not north:
        return x
    ny, nx = x.shape[-2:]
    ends = (x[..., :south, :], x[..., ny - north :, :])
    below, above = (rows.flip(-2).roll(nx // 2, -1) for rows in ends)
    return torch.cat([below, x, above], -2)


def around_globe(x: Tensor, multiple: int) -> Tensor:
    """Continued beyond the poles and eastwards to a multiple of cells along both axes."""
    more_y, more_x = (-size % multiple for size in x.shape[-2:])
    x = beyond_poles(x, more_y // 2, more_y - more_y // 2)
    return torch.cat([x, x[..., :more_x]], -1) if more_x else x
