"""What a step is made of: samples, mirrors and noise, as functions of (seed, step) alone."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from .augmentation import Batch, Mirror, augment
from .generators import AnyGenerator
from .networks import Noise
from .settings import TrainingSettings

ORDER, MIRRORS, NOISE, PENALTY, DROPOUT = range(5)  # streams of random numbers


def draw_batch(training: Batch, mirrors: Sequence[Mirror], size: int, seed: int, step: int, further: int = 0) -> Batch:
    """The next samples of an endless row of random permutations, each under a random mirror.

    Args:
        further: so many outcomes further on of the same conditions, round again.
    """
    index = torch.from_numpy(draw_index(len(training), size, seed, step))
    batch = training[training.sibling(index, further)]
    if len(mirrors) == 1 and not mirrors[0].symmetry.shift_x:
        return batch
    stream = _stream(seed, MIRRORS, step)
    choice = np.sort(stream.integers(len(mirrors), size=size))
    return augment(batch, mirrors, torch.from_numpy(choice), stream)


def draw_index(n: int, size: int, seed: int, step: int) -> NDArray[np.int64]:
    """Numbers of the next samples of an endless row of random permutations of n."""
    positions = np.arange(step * size, (step + 1) * size)
    orders = {epoch: _stream(seed, ORDER, epoch).permutation(n) for epoch in np.unique(positions // n)}
    return np.array([orders[position // n][position % n] for position in positions])


def draw_noise(generator: AnyGenerator, batch: Batch, settings: TrainingSettings, seed: int, step: int) -> list[Noise | None]:
    """Noise for each member of a step: two where the distance compares members."""
    stream = torch_stream(seed, NOISE, step)
    members = 2 if settings.reconstruction in ("crps", "energy") else 1
    ny, nx = batch.fields.shape[-2:]
    return [generator.draw(len(batch), (ny, nx), stream) for _ in range(members)]


def _stream(seed: int, purpose: int, number: int) -> np.random.Generator:
    return np.random.default_rng([seed, purpose, int(number)])


def torch_stream(seed: int, purpose: int, step: int) -> torch.Generator:
    key = np.random.SeedSequence([seed, purpose, step]).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(key >> np.uint64(1)))
