"""One step of the game: a generator learns corrections, and late on a critic tells it what looks unreal."""

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ..solvers.errors import NumericalError, UsageError
from .augmentation import Batch, Mirror
from .generators import AnyGenerator
from .muon import Muon
from .networks import Critic, Noise, in_one_batch
from .objectives import ADVERSARIAL, RECONSTRUCTION, gradient_penalty
from .order import PENALTY, draw_batch, draw_noise, torch_stream
from .precision import in_precision
from .settings import TrainingSettings


@dataclass(frozen=True)
class Problem:
    """What is learned from, and how it is judged: `units` (n, o) turn rms errors of validation into vrmse.

    With ensembles a training sample is a pair of conditions and one outcome; `outcomes` are those of the validation samples,
    (n, members, o, ny, nx). Where cells of training samples count by something, `choosing` is the validation with such weights,
    by which the best step is chosen; what the history says of it is comparable with that of other networks.
    """

    training: Batch
    validation: Batch
    units: Tensor
    mirrors: Sequence[Mirror]
    outcomes: Tensor | None = None
    choosing: Batch | None = None


LOSSES = ("reconstruction", "adversarial", "critic")


@dataclass
class Game:
    """The players, their optimisers, and what has happened so far: the whole state of training."""

    generator: AnyGenerator
    critic: Critic | None
    averaged: AnyGenerator
    optimiser: torch.optim.Optimizer
    critic_optimiser: torch.optim.Optimizer | None
    step: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    window: list[list[float]] = field(default_factory=list)
    best_error: float = math.inf
    best: dict[str, Tensor] = field(default_factory=dict)

    def state(self) -> dict[str, Any]:
        """All of it as tensors, numbers, lists and dicts."""
        plain = {name: getattr(self, name) for name in ("step", "seconds", "history", "window", "best_error", "best")}
        return plain | {name: part.state_dict() for name, part in self._parts().items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a state."""
        for name in ("step", "seconds", "history", "window", "best_error", "best"):
            setattr(self, name, state[name])
        for name, part in self._parts().items():
            part.load_state_dict(state[name])

    @property
    def device(self) -> torch.device:
        """Where the players are."""
        return next(self.generator.parameters()).device

    def _parts(self) -> dict[str, Any]:
        names = ("generator", "averaged", "optimiser", "critic", "critic_optimiser")
        return {name: part for name in names if (part := getattr(self, name)) is not None}


def prepare(generator: AnyGenerator, critic: Critic | None, settings: TrainingSettings) -> Game:
    """A game before its first step."""
    device = device_of(settings.device)
    generator.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = Muon(generator.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
    if critic is None:
        return Game(generator, None, copy.deepcopy(generator), optimiser, None)
    critic.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    opponent = torch.optim.AdamW(critic.parameters(), settings.critic_rate, (0.0, 0.99), weight_decay=0, fused=True)
    return Game(generator, critic, copy.deepcopy(generator), optimiser, opponent)


def take_step(game: Game, problem: Problem, settings: TrainingSettings, seed: int) -> dict[str, float]:
    """One step of the game.

        v = G(x, z)                  for one member, or two where the distance compares members
        D: minimise  L_D(D(x, u), D(x, v)) + γ penalty            once the critic has joined
        G: minimise  ρ distance(v, u) + λ L_G(D(x, u), D(x, v))   distance averaged over `truths` outcomes u of x

    Returns:
        the losses by name, as plain numbers.
    Raises:
        NumericalError: if one is not finite.
    """
    step, joined = game.step, game.critic is not None and game.step >= critic_joins(settings)
    batch, *others = (
        draw_batch(problem.training, problem.mirrors, settings.batch, seed, step, further)
        for further in range(min(settings.truths, problem.training.outcomes))
    )
    _set_rates(game, settings)
    with in_precision(settings.precision, device_of(settings.device)):
        members = predict_members(game.generator, batch, draw_noise(game.generator, batch, settings, seed, step)).float()
        measure = RECONSTRUCTION[settings.reconstruction]
        distance = torch.stack([measure(members, b.corrections, batch.weights) for b in (batch, *others)]).mean()
        opposed = torch.zeros(())
        critic_loss = torch.zeros(())
        if joined:
            critic_loss = train_critic(game, batch, members[0].detach(), settings, seed)
            opposed = judge(game, batch, members[0], settings)
    loss = settings.reconstruction_weight * distance + settings.critic_weight * opposed
    losses = {name: float(a.detach()) for name, a in zip(LOSSES, (distance, opposed, critic_loss), strict=True)}
    _require_finite(losses, step, settings)
    _descend(game.optimiser, game.generator, loss, settings.clip)
    average(game.averaged, game.generator, min(settings.ema, (1 + step) / (10 + step)))
    return losses


def predict_members(generator: AnyGenerator, batch: Batch, noises: Sequence[Noise | None]) -> Tensor:
    """A member for each of the noises, (m, n, channels, ny, nx), in one pass, which takes less time than one by one."""
    m = len(noises)
    of = torch.arange(len(batch), device=batch.fields.device).repeat(m) if m > 1 else None
    outcomes: Tensor = generator(batch.fields, batch.scalars, in_one_batch(noises), of)
    return outcomes.view(m, -1, *outcomes.shape[1:])


def train_critic(game: Game, batch: Batch, fake: Tensor, settings: TrainingSettings, seed: int) -> Tensor:
    """One step of the critic on truth and prediction under the same conditions."""
    assert game.critic is not None
    assert game.critic_optimiser is not None
    critic, real, fake = game.critic, batch.corrections * batch.weights, fake * batch.weights

    def score(targets: Tensor) -> Tensor:
        patches: Tensor = critic(batch.fields, batch.scalars, targets)
        return patches

    loss = ADVERSARIAL[settings.adversarial][0](score(real), score(fake))
    total = loss
    if game.step % settings.penalty_every == 0:
        mix = torch.rand(len(batch), 1, 1, 1, generator=torch_stream(seed, PENALTY, game.step)).to(real.device)
        penalty = gradient_penalty(settings.adversarial, score, real, fake, mix)
        total = loss + settings.penalty * settings.penalty_every * penalty
    _descend(game.critic_optimiser, critic, total, settings.clip)
    return loss


def judge(game: Game, batch: Batch, fake: Tensor, settings: TrainingSettings) -> Tensor:
    """What the critic says about a prediction, as the generator's loss."""
    assert game.critic is not None
    with torch.no_grad():
        real = game.critic(batch.fields, batch.scalars, batch.corrections * batch.weights)
    score = game.critic(batch.fields, batch.scalars, fake * batch.weights)
    return ADVERSARIAL[settings.adversarial][1](real, score)


def critic_joins(settings: TrainingSettings) -> int:
    """The step at which the critic joins."""
    return round(settings.critic_start * settings.steps)


def rate(step: int, settings: TrainingSettings) -> float:
    """The generator's learning rate: linear warm-up, then half a cosine to zero."""
    warm = min(1.0, (step + 1) / (settings.warmup + 1))
    return settings.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * step / settings.steps))


def critic_rate(step: int, settings: TrainingSettings) -> float:
    """The critic's learning rate: linear warm-up from when it joins, then constant, as it has to keep up with the generator.

    On the generator's cosine a critic that joins late has next to no rate left, and learns nothing (DECISIONS.md).
    """
    joined = step - critic_joins(settings)
    return settings.critic_rate * min(1.0, max(0, joined + 1) / (settings.warmup + 1))


@torch.no_grad()
def average(averaged: nn.Module, current: nn.Module, decay: float) -> None:
    """Exponential moving average of the weights."""
    torch._foreach_lerp_(list(averaged.parameters()), list(current.parameters()), 1 - decay)


def device_of(name: str) -> torch.device:
    """The device of that name; `auto` is a GPU where there is one.

    Raises:
        UsageError: if it is not there.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    kind, _, number = name.partition(":")
    if not there.get(kind, False) or (number and int(number) >= torch.cuda.device_count()):
        raise UsageError(f"device {name} is not available here; use auto, or cpu, which always is")
    return torch.device(name)


def _set_rates(game: Game, settings: TrainingSettings) -> None:
    game.optimiser.param_groups[0]["lr"] = rate(game.step, settings)
    if game.critic_optimiser is not None:
        game.critic_optimiser.param_groups[0]["lr"] = critic_rate(game.step, settings)


def _descend(optimiser: torch.optim.Optimizer, network: nn.Module, loss: Tensor, clip: float) -> None:
    """One step down; `backward` lays gradients out like their weights, as fused AdamW takes for granted."""
    parameters = list(network.parameters())
    optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(loss, inputs=parameters)
    nn.utils.clip_grad_norm_(parameters, clip)
    optimiser.step()


def _require_finite(losses: Mapping[str, float], step: int, settings: TrainingSettings) -> None:
    wrong = [f"{name}={value}" for name, value in losses.items() if not math.isfinite(value)]
    if wrong:
        raise NumericalError(
            f"training diverged at step {step}: {', '.join(wrong)}; "
            f"use a training.learning_rate < {settings.learning_rate:g} or training.clip < {settings.clip:g}"
        )
