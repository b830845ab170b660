"""The conditional GAN and its kin: from training data to a generator, and from a generator to predictions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as nnf

from ..data.scenario import Array, Scenario
from ..solvers.errors import IntegrityError
from .augmentation import Batch, mirrors
from .checkpoints import load_checkpoint, save_checkpoint
from .encoding import Encoded, Encoding
from .ensembles import DEVIATION, Dressed, averaged, corrections_of_members
from .frames import Frame
from .game import Game, Problem, device_of, prepare
from .generators import AnyGenerator, build_generator, fit_generator
from .networks import Critic
from .regressor import Regressor
from .settings import Settings, TrainingSettings
from .training import Progress, play
from .training_data import Samples, TrainingData

REGRESSION: dict[str, dict[str, Any]] = {  # by which the settings of a regression of the mean differ from those of a GAN
    "model": {"noise_channels": 0, "residual": False},
    "training": {"critic_weight": 0.0, "reconstruction": "l2"},
}
MEAN = "mean:"  # before the names of a regression's weights among the tensors
NEARBY = 5  # cells along a side over which the mean that weighs cells is taken
CELLS = 32 * 64 * 64  # of all fields in one pass of a prediction: more do not fit the cache


@dataclass(frozen=True)
class GeneratorRegressor:
    """A trained generator as a Regressor."""

    generator: AnyGenerator

    def __call__(self, encoded: Encoded, members: int, seed: int) -> Array:
        """Corrections (n, members, outputs, ny, nx); one member where the generator takes no noise."""
        stream = torch.Generator().manual_seed(seed)
        drawn = members if self.generator.noise_channels else 1
        n, (ny, nx) = len(encoded.fields), encoded.fields.shape[2:]
        rows, at_once = np.repeat(np.arange(n), drawn), max(1, CELLS // (ny * nx))
        with torch.inference_mode():
            parts = [self._pass(encoded, rows[start : start + at_once], stream) for start in range(0, len(rows), at_once)]
        outcomes = np.concatenate(parts)
        return outcomes.reshape(n, drawn, *outcomes.shape[1:])

    def tensors(self) -> Mapping[str, Array]:
        """The weights."""
        return {name: w.detach().cpu().numpy() for name, w in self.generator.state_dict().items()}

    def _pass(self, encoded: Encoded, rows: Array, stream: torch.Generator) -> Array:
        """One outcome for each of the rows of the conditions, which may repeat."""
        device = next(self.generator.parameters()).device
        chosen, of = np.unique(rows, return_inverse=True)
        fields = torch.from_numpy(encoded.fields[chosen]).to(device).contiguous(memory_format=torch.channels_last)
        noise = self.generator.draw(len(rows), (fields.shape[2], fields.shape[3]), stream)
        each = torch.from_numpy(of).to(device) if len(chosen) < len(rows) else None
        output: Tensor = self.generator(fields, torch.from_numpy(encoded.scalars[chosen]).to(device), noise, each)
        return output.float().cpu().numpy()


@dataclass(frozen=True)
class OnMean:
    """A Regressor whose members are a regression of the mean and what a generator makes of it, u = m(x) + G(x, m(x), z).

    Source: the split into a regression and a generator of its residuals of Mardani et al. (2023, arXiv:2309.15214).
    """

    mean: Regressor
    generator: GeneratorRegressor

    def __call__(self, encoded: Encoded, members: int, seed: int) -> Array:
        """(n, members, outputs, ny, nx)."""
        centre = self.mean(encoded, 1, seed)
        return np.asarray(centre + self.generator(told_mean(encoded, centre), members, seed))

    def tensors(self) -> Mapping[str, Array]:
        """Those of the generator, and those of the regression under names of their own."""
        return {**self.generator.tensors(), **{MEAN + name: a for name, a in self.mean.tensors().items()}}


def told_mean(encoded: Encoded, centre: Array) -> Encoded:
    """Inputs with a mean (n, 1, outputs, ny, nx) as their last fields."""
    return replace(encoded, fields=np.concatenate([encoded.fields, centre[:, 0]], axis=1))


def train_generator(
    data: TrainingData,
    encoding: Encoding,
    scenario: Scenario | None,
    settings: Settings,
    seed: int,
    checkpoints: Path,
    configuration: dict[str, Any],
    progress: Progress | None,
    mean: Regressor | None = None,
) -> tuple[GeneratorRegressor, Game]:
    """Train, from the last checkpoint where there is one, and take the weights of least validation error.

    Args:
        mean: a regression that the generator sees, and of whose residuals it learns.
    """
    problem = pose(data, encoding, scenario, settings.training, mean)
    fields = problem.training.fields.shape[1]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator = build_generator(encoding, settings.model, data.shape)
        sizes = (fields, encoding.scalars, encoding.outputs)
        chosen = (settings.model.critic_widths, settings.model.padding or "zeros", settings.model.spectral_norm)
        critic = Critic(*sizes, *chosen) if settings.training.critic_weight else None
    fit_generator(generator, problem.training, problem.mirrors, encoding, scenario)
    game = prepare(generator, critic, settings.training)
    if (state := load_checkpoint(checkpoints)) is not None:
        game.restore(state)
    play(
        game,
        problem,
        settings.training,
        seed,
        save=lambda g: save_checkpoint(checkpoints, g.step, g.state(), configuration),
        progress=progress,
    )
    trained = build_generator(encoding, settings.model, data.shape)
    trained.load_state_dict(game.best)
    return as_regressor(trained), game


def pose(
    data: TrainingData,
    encoding: Encoding,
    scenario: Scenario | None,
    settings: TrainingSettings,
    mean: Regressor | None = None,
) -> Problem:
    """The learning problem in network units, on the device it is trained on; of the residuals of a mean if there is one."""
    device = device_of(settings.device)
    square = data.shape[0] == data.shape[1]
    symmetries = mirrors(scenario.symmetries if scenario else (), encoding, square)
    training, _ = _batch(data, data.training, encoding, mean)
    means = averaged(data.validation)
    validation, frame = _batch(data, means, encoding, mean)
    units = vrmse_units(encoding, means, frame, validation.weights[:, 0].numpy())
    outcomes = torch.from_numpy(_told(data.validation, encoding, mean)[1]) if data.validation.members else None
    choosing = None
    if settings.mean_floor is not None and settings.reconstruction == "l2" and not settings.critic_weight:
        training = emphasised(training, data.training, encoding, settings.mean_floor)
        choosing = emphasised(validation, means, encoding, settings.mean_floor).to(device)
    own_units = torch.from_numpy(units).to(device)
    return Problem(training.to(device), validation.to(device), own_units, symmetries, outcomes, choosing)


def emphasised(batch: Batch, samples: Samples, encoding: Encoding, floor: float) -> Batch:
    """The same with cells of targets that are seen through roots weighed by c̄ + f, the sample's mean c̄ and a floor f.

    The square of an error of √c counts 4c times in c. c̄ is the mean of NEARBY × NEARBY cells, so that a cell in which the few
    outcomes of a sample happen to be large does not count more for it.
    """
    shares = []
    for v in encoding.targets:
        mean = torch.from_numpy(np.asarray(v.planes(averaged(samples).targets[v.name]), np.float32))
        near = nnf.avg_pool2d(mean, NEARBY, 1, NEARBY // 2, count_include_pad=False)
        shares.append(near + floor if v.root else torch.ones_like(mean))
    return replace(batch, weights=batch.weights * torch.cat(shares, dim=1))


def _told(samples: Samples, encoding: Encoding, mean: Regressor | None) -> tuple[Encoded, Array]:
    """Inputs of the generator, and what every outcome is in network units or leaves of a mean, (n, members, outputs, ny, nx)."""
    encoded = encoding.encode(samples.conditions, samples.lift, samples.rough)
    corrections = corrections_of_members(samples, encoding, encoded.frame)
    if mean is None or not len(samples):
        return encoded, corrections
    centre = mean(encoded, 1, 0)
    return told_mean(encoded, centre), corrections - centre


def restore_generator(
    encoding: Encoding, settings: Settings, shape: tuple[int, int], tensors: Mapping[str, Array], device: str = "cpu"
) -> Regressor:
    """A generator from stored weights, on a device; dressed where they hold a deviation.

    Raises:
        IntegrityError: if the weights are not those of such a network.
    """
    generator = build_generator(encoding, settings.model, shape)
    own = {name: torch.from_numpy(a) for name, a in tensors.items() if name != DEVIATION and not name.startswith(MEAN)}
    try:
        generator.load_state_dict(own)
    except RuntimeError as error:
        raise IntegrityError(
            f"the weights do not fit the network of config.json: {str(error).splitlines()[-1].strip()}"
        ) from error
    regressor = as_regressor(generator.to(device_of(device)))
    if settings.model.residual:
        weights = {name.removeprefix(MEAN): a for name, a in tensors.items() if name.startswith(MEAN)}
        return OnMean(restore_generator(encoding, of_mean(settings), shape, weights, device), regressor)
    return Dressed(regressor, tensors[DEVIATION]) if DEVIATION in tensors else regressor


def of_mean(settings: Settings) -> Settings:
    """Those of the regression whose residuals a generator learns: the network of `unet`."""
    return Settings.model_validate(with_mean_decay(settings.model_dump() | changed(settings, REGRESSION)))


def changed(settings: Settings, changes: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The sections of settings in which something changes."""
    return {name: {**getattr(settings, name).model_dump(), **values} for name, values in changes.items()}


def with_mean_decay(sections: dict[str, Any]) -> dict[str, Any]:
    """The sections of a regression of means, with the decay of its own if there is one."""
    training = sections["training"]
    decay = training["weight_decay"] if training["mean_decay"] is None else training["mean_decay"]
    return sections | {"training": training | {"weight_decay": decay}}


def as_regressor(generator: AnyGenerator) -> GeneratorRegressor:
    """Ready for predictions."""
    generator.requires_grad_(False).eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return GeneratorRegressor(generator)


def _batch(data: TrainingData, samples: Samples, encoding: Encoding, mean: Regressor | None) -> tuple[Batch, Frame | None]:
    """Samples in network units, every outcome a row, and the frames of their conditions."""
    encoded, corrections = _told(samples, encoding, mean)
    weights = np.broadcast_to(encoding.weights(samples.conditions) * data.area, (len(samples), *data.shape))
    rows = corrections.reshape(-1, *corrections.shape[2:])
    fields, scalars, outcomes, shares = (
        torch.from_numpy(np.ascontiguousarray(a, np.float32)) for a in (encoded.fields, encoded.scalars, rows, weights[:, None])
    )
    return Batch(fields, scalars, outcomes, shares, outcomes=corrections.shape[1]), encoded.frame


def vrmse_units(encoding: Encoding, samples: Samples, frame: Frame | None, weights: Array) -> Array:
    """Size of a correction of one, over the standard deviation of the true field (of all, for targets that vanish), (n, o).

    Both of what the network sees."""
    w = (weights / np.maximum(weights.sum(axis=(1, 2), keepdims=True), 1e-12))[:, None]
    units = []
    for v in encoding.targets:
        truth = v.planes(v.seen(samples.targets[v.name]))
        mean = (w * truth).sum(axis=(2, 3), keepdims=True)
        variance = (w * (truth - mean) ** 2).sum(axis=(2, 3))
        deviation = np.full(variance.shape, truth.std()) if v.vanishes else np.sqrt(variance + 1e-7)
        units.append(encoding.unit(v, frame, len(samples))[:, None] / deviation)
    return np.concatenate(units, axis=1).astype(np.float32)
