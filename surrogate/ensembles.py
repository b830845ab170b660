"""Samples with several outcomes each: as what a network learns from, and as ensembles that it is judged by."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ..data.ensemble_metrics import crps_of_ensembles, each_time, mean_variance, variance_ratio, z_sensitivity
from ..data.scenario import Array
from .augmentation import Batch
from .encoding import Encoded, Encoding
from .frames import Frame
from .generators import AnyGenerator
from .regressor import Regressor
from .training_data import Samples, TrainingData

JUDGED = 4  # members generated per validation sample
DEVIATION = "deviation"  # among the tensors of a model
DEAD = 0.2  # variance ratio below which the members of a generator are hardly different


def averaged(samples: Samples) -> Samples:
    """The mean outcome of every sample."""
    if not samples.members:
        return samples
    return replace(samples, targets={name: a.mean(axis=1) for name, a in samples.targets.items()}, members=0)


def of_means(data: TrainingData) -> TrainingData:
    """The same data with the mean outcomes alone."""
    return replace(data, training=averaged(data.training), validation=averaged(data.validation))


def corrections_of_members(samples: Samples, encoding: Encoding, frame: Frame | None) -> Array:
    """What every outcome is in network units, (n, members, outputs, ny, nx); one member where there is one outcome."""
    if not samples.members:
        return encoding.corrections_of(samples.targets, samples.lift, frame)[:, None]
    one = [
        encoding.corrections_of({name: a[:, k] for name, a in samples.targets.items()}, None, frame)
        for k in range(samples.members)
    ]
    return np.stack(one, axis=1)


@dataclass(frozen=True)
class Dressed:
    """A Regressor of the conditional mean, dressed with independent Gaussian noise of a deviation (outputs, ny, nx) per cell.

    The usual way to make an ensemble of a regression; it knows nothing of how cells vary together.
    Source: Roulston & Smith, Tellus A 55 (2003) 16.
    """

    mean: Regressor
    deviation: Array

    def __call__(self, encoded: Encoded, members: int, seed: int) -> Array:
        """(n, members, outputs, ny, nx); a single member is the mean."""
        centre = self.mean(encoded, 1, seed)
        if members == 1:
            return centre
        rng = np.random.default_rng(seed)
        noise = rng.standard_normal((len(centre), members, *self.deviation.shape), dtype=np.float32)
        return np.asarray(centre + self.deviation.astype(np.float32) * noise)

    def tensors(self) -> Mapping[str, Array]:
        """Those of the regression, and the deviation."""
        return {**self.mean.tensors(), DEVIATION: self.deviation}


def residual_deviation(mean: Regressor, samples: Samples, encoding: Encoding) -> Array:
    """Root mean square over all outcomes of what a regression leaves in each cell, (outputs, ny, nx), in network units."""
    encoded = encoding.encode(samples.conditions, None)
    left = corrections_of_members(samples, encoding, encoded.frame) - mean(encoded, 1, 0)
    return np.asarray(np.sqrt(np.mean(left.astype(np.float64) ** 2, axis=(0, 1))))


@torch.no_grad()
def ensemble_scores(generator: AnyGenerator, batch: Batch, outcomes: Tensor) -> dict[str, float]:
    """How generated ensembles stand to the solver's, in network units: means over samples and channels.

    Args:
        batch: n samples; its corrections are not looked at.
        outcomes: the solver's, (n, members, outputs, ny, nx).
    Returns:
        validation_crps: fair, of JUDGED members against all of the solver's; variance_ratio; z_sensitivity; and spread, the
        deviation of the members.
    """
    stream = torch.Generator().manual_seed(0)
    ny, nx = batch.fields.shape[-2:]
    drawn = [generator.draw(len(batch), (ny, nx), stream) for _ in range(JUDGED)]
    members = np.stack([generator(batch.fields, batch.scalars, z).float().cpu().numpy() for z in drawn], axis=1)
    truth, weights = outcomes.cpu().numpy(), batch.weights[:, 0].cpu().numpy()
    spread = each_time(lambda x, y, w: np.sqrt(mean_variance(x, w)), members, truth, weights)
    return {
        "validation_crps": float(each_time(crps_of_ensembles, members, truth, weights).mean()),
        "variance_ratio": float(each_time(variance_ratio, members, truth, weights).mean()),
        "z_sensitivity": float(each_time(lambda x, y, w: z_sensitivity(x, w), members, truth, weights).mean()),
        "spread": float(spread.mean()),
    }
