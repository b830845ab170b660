"""Generator and critic, from convolutions alone, so that any grid size will do.

The generator is a norm-free U-Net: conditions enter at half resolution (pixel-unshuffle), residual blocks
refine them on ever coarser grids, and the head returns to full resolution (pixel-shuffle), where it sees the
raw conditions again. Scalars and a noise vector enter each block through FiLM (Perez et al. 2018), with what a
perceptron makes of them if there is one, and noise maps join the coarse levels. Its last convolution starts at
zero: an untrained generator predicts no correction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as nnf
from torch.nn.utils.parametrizations import spectral_norm

from .levels import Levels
from .padding import PadLongitude, around_globe, beyond_poles
from .settings import Padding, Upsampling
from .streamfunction_head import StreamfunctionHead


def convolution(channels: int, out: int, padding: Padding) -> nn.Module:
    """A 3×3 convolution that keeps the grid."""
    if padding == "longitude":
        return nn.Sequential(PadLongitude(), nn.Conv2d(channels, out, 3))
    return nn.Conv2d(channels, out, 3, padding=1, padding_mode=padding)


def convolved_apart(layer: nn.Module, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Two parts whose sum is the convolution of a and b as channels of one; to lay these side by side takes longer than that."""
    *before, last = layer if isinstance(layer, nn.Sequential) else (layer,)
    assert isinstance(last, nn.Conv2d)
    for part in before:
        a, b = part(a), part(b)
    beyond = last.padding
    if last.padding_mode != "zeros":
        a, b = (nnf.pad(x, (1, 1, 1, 1), last.padding_mode) for x in (a, b))  # as a convolution of 3×3 does itself
        beyond = (0, 0)
    first = a.shape[1]
    of_a, of_b = last.weight[:, :first], last.weight[:, first:]
    return nnf.conv2d(a, of_a, last.bias, padding=beyond), nnf.conv2d(b, of_b, padding=beyond)


def enlarged(x: Tensor, shape: Sequence[int], upsampling: Upsampling, padding: Padding) -> Tensor:
    """x (n, c, h, w) on a grid finer by whole factors, (n, c, *shape): copied, or linear between the middles of cells.

    A linear one goes round where the grid does, and is constant from the middles of the outermost cells on elsewhere.
    """
    if upsampling == "nearest":
        return nnf.interpolate(x, size=tuple(shape), mode="nearest")
    around = (int(padding == "circular"), int(padding in ("circular", "longitude")))
    factors = [finer // coarse for finer, coarse in zip(shape, x.shape[-2:], strict=True)]
    beyond = nnf.pad(x, (around[1], around[1], around[0], around[0]), "circular") if any(around) else x
    size = tuple(n * factor for n, factor in zip(beyond.shape[-2:], factors, strict=True))
    finer = nnf.interpolate(beyond, size=size, mode="bilinear", align_corners=False)
    (south, west), (ny, nx) = (a * factor for a, factor in zip(around, factors, strict=True)), shape
    return finer[..., south : south + ny, west : west + nx]


class ResidualBlock(nn.Module):
    """x + conv(act(FiLM(conv(act(x)))))."""

    def __init__(self, width: int, context: int, padding: Padding) -> None:
        super().__init__()
        self.first = convolution(width, width, padding)
        self.last = convolution(width, width, padding)
        self.film = nn.Linear(context, 2 * width) if context else None

    def forward(self, x: Tensor, context: Tensor | None) -> Tensor:
        h = self.first(nnf.silu(x))
        if self.film is not None and context is not None:
            scale, shift = self.film(context)[:, :, None, None].chunk(2, dim=1)
            h = h * (1 + scale) + shift
        change: Tensor = self.last(nnf.silu(h))
        return x + change


class Stage(nn.Module):
    """The residual blocks of one level."""

    def __init__(self, width: int, blocks: int, context: int, padding: Padding) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(ResidualBlock(width, context, padding) for _ in range(blocks))

    def forward(self, x: Tensor, context: Tensor | None) -> Tensor:
        for block in self.blocks:
            x = block(x, context)
        return x


@dataclass(frozen=True)
class Noise:
    """What makes members differ: a vector (n, z), which may be empty, and maps (n, z, h, w) for each coarse level."""

    vector: Tensor
    maps: tuple[Tensor, ...]


def in_one_batch(noises: Sequence[Noise | None]) -> Noise | None:
    """Noise for several members of the same conditions as that of one batch; None for a generator without."""
    drawn = [noise for noise in noises if noise is not None]
    if not drawn:
        return None
    return Noise(torch.cat([z.vector for z in drawn]), tuple(map(torch.cat, zip(*(z.maps for z in drawn), strict=True))))


NOISY = 1  # the first level that maps of noise join


class Generator(nn.Module):
    """Corrections from conditions.

    Args:
        fields, scalars, targets: channels of the conditions, their scalars, and the fields to predict.
        widths, blocks, deepest, head, padding, noise_channels, perceptron, noise_vector, upsampling: see ModelSettings.
        derive: makes the targets of a streamfunction, and of the other targets as they are.
        globe: the levels of a latitude-longitude grid; any other grid is halved at each, and continued to fit.
    """

    def __init__(
        self,
        fields: int,
        scalars: int,
        targets: int,
        widths: tuple[int, ...],
        blocks: int = 1,
        head: int = 16,
        padding: Padding = "zeros",
        noise_channels: int = 0,
        derive: StreamfunctionHead | None = None,
        globe: Levels | None = None,
        deepest: int = 1,
        perceptron: int = 0,
        noise_vector: bool = True,
        upsampling: Upsampling = "nearest",
    ) -> None:
        super().__init__()
        self.upsampling = upsampling
        self.vector_components = noise_channels if noise_vector else 0
        context = scalars + self.vector_components
        self.perceptron = None
        if perceptron and context:
            self.perceptron = nn.Sequential(nn.Linear(context, perceptron), nn.SiLU(), nn.Linear(perceptron, perceptron))
            context += perceptron
        self.derive = derive
        self.multiple = 2 ** len(widths)
        self.noise_channels = noise_channels
        self.levels = len(widths)
        self.padding = padding
        self.beyond = globe.beyond if globe else None
        self.strides = globe.strides[1:] if globe else ((2, 2),) * (self.levels - 1)
        self.stem = convolution(4 * fields, widths[0], padding)
        self.down = nn.ModuleList(
            nn.Conv2d(a + (noise_channels if i else 0), b, step, stride=step)
            for i, ((a, b), step) in enumerate(zip(pairwise(widths), self.strides, strict=True))
        )
        depths = [*[blocks] * (self.levels - 1), max(blocks, deepest)]
        self.encode = nn.ModuleList(Stage(w, depth, context, padding) for w, depth in zip(widths, depths, strict=True))
        self.up = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(widths))
        self.decode = nn.ModuleList(Stage(w, blocks, context, padding) for w in widths[:-1])
        self.to_full = nn.Conv2d(widths[0], 4 * head, 1)
        self.mix = convolution(head + fields, head, padding)
        self.last = convolution(head, targets if derive is None else targets - 2, padding)
        initialise(self)
        for weight in self.last.parameters():
            nn.init.zeros_(weight)

    def forward(
        self, fields: Tensor, scalars: Tensor | None = None, noise: Noise | None = None, of: Tensor | None = None
    ) -> Tensor:
        """(n, fields, ny, nx), (n, scalars) and noise -> (n, targets, ny, nx).

        Args:
            of: number of the condition of each of m noises, (m,); (m, targets, ny, nx) come out. What noise does not reach is
                computed once per condition.
        """
        if of is not None and self.vector_components:
            fields, scalars, of = fields[of], None if scalars is None else scalars[of], None
        ny, nx = fields.shape[-2:]
        raw = self._pad(fields)
        context = _join(scalars, noise.vector if noise and self.vector_components else None)
        if self.perceptron is not None:
            context = _join(context, self.perceptron(context))
        h = self.stem(nnf.pixel_unshuffle(raw, 2))
        skips: list[Tensor] = []
        for level, stage in enumerate(self.encode):
            h = stage(h, context)
            if level < self.levels - 1:
                skips.append(h)
                if level == NOISY:
                    h, context = _of_each(h, of), _of_each(context, of)
                h = self.down[level](torch.cat([h, noise.maps[level - NOISY]], 1) if noise and level >= NOISY else h)
        for level in reversed(range(self.levels - 1)):
            skip = _of_each(skips[level], of) if level <= NOISY else skips[level]
            h = enlarged(self.up[level](h), skip.shape[-2:], self.upsampling, self.padding) + skip
            h = self.decode[level](h, context)
        full = nnf.pixel_shuffle(self.to_full(nnf.silu(h)), 2)
        of_full, of_raw = convolved_apart(self.mix, full, raw)
        h = nnf.silu(of_full + _of_each(of_raw, of))
        south = self.beyond[0] if self.beyond else 0
        out: Tensor = self.last(h)[..., south : south + ny, :nx]
        derived: Tensor = out if self.derive is None else self.derive(out)
        return derived

    def draw(self, n: int, shape: tuple[int, int], generator: torch.Generator) -> Noise | None:
        """Noise for n members on a grid; None for a generator without."""
        if not self.noise_channels:
            return None
        vector = torch.randn(n, self.vector_components, generator=generator)
        maps = tuple(torch.randn(n, self.noise_channels, *grid, generator=generator) for grid in self._grids(shape)[1:-1])
        device = next(self.parameters()).device
        return Noise(vector.to(device), tuple(a.to(device) for a in maps))

    def _grids(self, shape: tuple[int, int]) -> list[tuple[int, int]]:
        """Rows and columns of every level."""
        if self.beyond:
            ny, nx = shape[0] + sum(self.beyond), shape[1]
        else:
            ny, nx = (-(-size // self.multiple) * self.multiple for size in shape)
        grids = [(ny // 2, nx // 2)]
        for down, left in self.strides:
            grids.append((grids[-1][0] // down, grids[-1][1] // left))
        return grids

    def _pad(self, x: Tensor) -> Tensor:
        """Continue the fields beyond the poles, or to the next multiple of the coarsest cell."""
        if self.beyond:
            return beyond_poles(x, *self.beyond)
        ny, nx = x.shape[-2:]
        more_y, more_x = -ny % self.multiple, -nx % self.multiple
        if not more_y and not more_x:
            return x
        rows = _wrapped(ny, ny + more_y, self.padding == "circular", x.device)
        columns = _wrapped(nx, nx + more_x, self.padding in ("circular", "longitude"), x.device)
        return x[..., rows, :][..., columns]


class Critic(nn.Module):
    """Scores patches of (conditions, targets): the more realistic, the higher.

    Args:
        spectral: divide the weights of every layer by their largest singular value, found by one power iteration a pass
            (Miyato et al., ICLR 2018).
    """

    def __init__(
        self, fields: int, scalars: int, targets: int, widths: tuple[int, ...], padding: Padding = "zeros", spectral: bool = False
    ) -> None:
        super().__init__()
        self.enter = nn.Conv2d(fields + targets, widths[0], 2, stride=2)
        self.film = nn.Linear(scalars, widths[0]) if scalars else None
        self.same = nn.ModuleList(convolution(w, w, padding) for w in widths)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in pairwise(widths))
        self.score = nn.Conv2d(widths[-1], 1, 1)
        self.multiple = 2 ** len(widths)
        self.padding = padding
        for layer in [part for part in self.modules() if isinstance(part, nn.Conv2d | nn.Linear)] if spectral else []:
            spectral_norm(layer)

    def forward(self, fields: Tensor, scalars: Tensor | None, targets: Tensor) -> Tensor:
        """(n, fields, ny, nx), (n, scalars), (n, targets, ny, nx) -> patch scores (n, 1, h, w)."""
        x = torch.cat([fields, targets], 1)
        ny, nx = x.shape[-2:]
        on_globe = self.padding == "longitude"
        rest = (0, -nx % self.multiple, 0, -ny % self.multiple)
        h = self.enter(around_globe(x, self.multiple) if on_globe else nnf.pad(x, rest))
        if self.film is not None and scalars is not None:
            h = h + self.film(scalars)[:, :, None, None]
        for level, same in enumerate(self.same):
            h = h + same(nnf.leaky_relu(h, 0.2))
            h = self.down[level](h) if level < len(self.down) else h
        score: Tensor = self.score(nnf.leaky_relu(h, 0.2))
        return score


def initialise(network: nn.Module) -> None:
    """Keep the size of signals without norms (He et al. 2015); residual branches start at a fifth."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    for block in network.modules():
        if isinstance(block, ResidualBlock):
            for weight in block.last.parameters():
                weight.data.mul_(0.2)


def _of_each(a: Tensor | None, of: Tensor | None) -> Any:
    """The rows that are asked for, in the memory format that they have; as they are if none are."""
    return a if a is None or of is None else a[of]


def _join(scalars: Tensor | None, vector: Tensor | None) -> Tensor | None:
    if scalars is None or vector is None:
        return vector if scalars is None else scalars
    return torch.cat([scalars, vector], 1)


def _wrapped(size: int, padded: int, periodic: bool, device: torch.device) -> Tensor:
    """Indices of an axis continued beyond its end, round again or staying at the last cell."""
    index = torch.arange(padded, device=device)
    return index % size if periodic else index.clamp(max=size - 1)
