"""Training samples of the POD baseline: as they are, then mirrored, up to a number."""

import numpy as np
import torch

from ..data.scenario import Array, Scenario
from .augmentation import Batch, augment, mirrors
from .encoding import Encoded, Encoding
from .training_data import TrainingData

SHIFTED = 3  # further copies of every sample where it may be shifted around the domain


def augmented(data: TrainingData, encoding: Encoding, scenario: Scenario | None, most: int, seed: int) -> tuple[Encoded, Array]:
    """Encoded training samples and their corrections, at most `most`.

    Their frames are not given: corrections are in the frames already.
    """
    samples = data.training
    encoded = encoding.encode(samples.conditions, None)
    corrections = encoding.corrections_of(samples.targets, None, encoded.frame)
    weights = np.ones((len(samples), 1, 1, 1), np.float32)
    inputs, numbers, rows, shares = (torch.from_numpy(a) for a in (encoded.fields, encoded.scalars, corrections, weights))
    whole = Batch(inputs, numbers, rows, shares)
    known = mirrors(scenario.symmetries if scenario else (), encoding, data.shape[0] == data.shape[1])
    chosen = [*known, *known[:1] * SHIFTED] if known[0].symmetry.shift_x else known
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(samples) * (len(chosen) - 1)) + len(samples)
    parts = [whole[: min(most, len(samples))]]
    extra = order[: max(0, most - len(samples))]
    for k in range(1, len(chosen)):
        index = torch.from_numpy(extra[extra // len(samples) == k] % len(samples))
        if len(index):
            parts.append(augment(whole[index], chosen, torch.full(index.shape, k), rng))
    fields, scalars, targets = (
        torch.cat([getattr(p, name) for p in parts]).numpy() for name in ("fields", "scalars", "corrections")
    )
    return Encoded(fields, scalars, None), targets
