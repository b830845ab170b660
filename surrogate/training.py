"""The training loop: steps, validations, checkpoints; a run that was stopped goes on bit for bit."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import torch

from .augmentation import Batch
from .ensembles import ensemble_scores
from .game import LOSSES, Game, Problem, rate, take_step
from .generators import AnyGenerator
from .interrupts import Interrupted, deferred_signals
from .model_folder import ENSEMBLE_JUDGE, JUDGE, WEIGHED
from .networks import Noise
from .objectives import weighted_mean
from .settings import TrainingSettings

Progress = Callable[[int, int, Mapping[str, float]], None]


def play(
    game: Game,
    problem: Problem,
    settings: TrainingSettings,
    seed: int,
    save: Callable[[Game], None],
    progress: Progress | None = None,
) -> None:
    """Train from the game's step to the last; afterwards `game.best` holds the averaged weights of least
    validation error.

    Args:
        save: called every `checkpoint_every` steps, at the end, and before stopping on a signal.
    Raises:
        NumericalError: if a loss is not finite.
        Interrupted: on SIGINT or SIGTERM, after `save`.
    """
    start = time.perf_counter() - game.seconds
    with deferred_signals() as signalled:
        while game.step < settings.steps:
            losses = take_step(game, problem, settings, seed)
            game.window.append([losses[name] for name in LOSSES])
            game.step += 1
            game.seconds = time.perf_counter() - start
            last = game.step == settings.steps
            if last or game.step % settings.validate_every == 0:
                validate(game, problem, settings)
            if number := signalled():
                save(game)
                raise Interrupted(
                    number,
                    f"stopped at step {game.step} of {settings.steps}; run the same command again to go on",
                )
            if last or game.step % settings.checkpoint_every == 0:
                save(game)
            if progress:
                progress(game.step, settings.steps, losses | watched(game))


def validate(game: Game, problem: Problem, settings: TrainingSettings) -> None:
    """Add a row to the history, and keep the averaged weights if they are the best (or cannot be judged)."""
    scores = validation_scores(game.averaged, problem)
    judge = JUDGE if problem.outcomes is None else ENSEMBLE_JUDGE
    error = scores[judge]
    if problem.choosing is not None:
        error = validation_scores(game.averaged, replace(problem, validation=problem.choosing))[judge]
        scores = scores | {WEIGHED: error}
    means = np.mean(game.window, axis=0)
    row = {"step": game.step, **dict(zip(LOSSES, map(float, means), strict=True))}
    game.history.append(row | scores | {"learning_rate": rate(game.step, settings), "seconds": game.seconds})
    game.window = []
    if not error >= game.best_error:
        game.best_error = error if math.isfinite(error) else math.inf
        game.best = {name: w.detach().cpu().clone() for name, w in game.averaged.state_dict().items()}


def validation_scores(generator: AnyGenerator, problem: Problem) -> dict[str, float]:
    """The vrmse; of ensembles the CRPS, and whether the members are as different as the solver's."""
    if problem.outcomes is None:
        return {JUDGE: validation_error(generator, problem)}
    if not len(problem.validation):
        return dict.fromkeys((ENSEMBLE_JUDGE, "variance_ratio", "z_sensitivity", "spread"), math.nan)
    return ensemble_scores(generator, problem.validation, problem.outcomes)


def watched(game: Game) -> dict[str, float]:
    """What the last validation says about the spread of a generator with noise, where there are ensembles."""
    last = game.history[-1] if game.history and game.generator.noise_channels else {}
    return {name: last[name] for name in ("variance_ratio",) if name in last}


@torch.no_grad()
def validation_error(generator: AnyGenerator, problem: Problem, size: int = 64) -> float:
    """Mean vrmse over validation samples and targets, with all noise zero; NaN without samples."""
    batch, errors = problem.validation, []
    for start in range(0, len(batch), size):
        part = batch[slice(start, start + size)]
        difference = generator(part.fields, part.scalars, _no_noise(generator, part)) - part.corrections
        errors.append(torch.sqrt(weighted_mean(difference.square(), part.weights)))
    return float((torch.cat(errors) * problem.units).mean()) if errors else math.nan


def _no_noise(generator: AnyGenerator, batch: Batch) -> Noise | None:
    ny, nx = batch.fields.shape[-2:]
    noise = generator.draw(len(batch), (ny, nx), torch.Generator().manual_seed(0))
    return noise and Noise(torch.zeros_like(noise.vector), tuple(torch.zeros_like(m) for m in noise.maps))
