"""Generator and discriminator of the unconditional network: 100 numbers of noise become a field of 28×28 cells.

    z (100) → 7×7×256 → 7×7×128 → 14×14×64 → 28×28×1        28×28×1 → 14×14×64 → 7×7×128 → 1

The layers are those of the DCGAN tutorial of TensorFlow, after Radford, Metz & Chintala, arXiv:1511.06434; what it leaves to the
defaults of its library (slope of the activation, constants of the normalisation, initial weights) is the same here.
"""

from torch import Tensor, nn

NOISE = 100
CELLS = 28
COARSE = 7
SLOPE = 0.3
DROPOUT = 0.3


class Generator(nn.Module):
    """Fields in [−1, 1], (n, 1, 28, 28), from noise (n, 100)."""

    def __init__(self) -> None:
        super().__init__()
        cells = COARSE * COARSE * 256
        self.layers = nn.Sequential(
            nn.Linear(NOISE, cells, bias=False),
            nn.BatchNorm1d(cells, eps=1e-3, momentum=0.01),
            nn.LeakyReLU(SLOPE),
            nn.Unflatten(1, (256, COARSE, COARSE)),
            *_upward(256, 128, stride=1),
            *_upward(128, 64, stride=2),
            _transposed(64, 1, stride=2),
            nn.Tanh(),
        )
        self.apply(_initialise)

    def forward(self, noise: Tensor) -> Tensor:
        fields: Tensor = self.layers(noise)
        return fields


class Discriminator(nn.Module):
    """How real fields (n, 1, 28, 28) look, (n, 1): the logit of the probability that they are true."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_downward(1, 64),
            *_downward(64, 128),
            nn.Flatten(),
            nn.Linear(COARSE * COARSE * 128, 1),
        )
        self.apply(_initialise)

    def forward(self, fields: Tensor) -> Tensor:
        logits: Tensor = self.layers(fields)
        return logits


def _transposed(channels: int, out: int, stride: int) -> nn.Module:
    """A transposed 5×5 convolution that multiplies the cells of each axis by the stride."""
    return nn.ConvTranspose2d(channels, out, 5, stride, padding=2, output_padding=stride - 1, bias=False)


def _upward(channels: int, out: int, stride: int) -> tuple[nn.Module, ...]:
    return _transposed(channels, out, stride), nn.BatchNorm2d(out, eps=1e-3, momentum=0.01), nn.LeakyReLU(SLOPE)


def _downward(channels: int, out: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(channels, out, 5, stride=2, padding=2), nn.LeakyReLU(SLOPE), nn.Dropout(DROPOUT)


def _initialise(layer: nn.Module) -> None:
    """Glorot & Bengio's uniform weights, no bias."""
    if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
