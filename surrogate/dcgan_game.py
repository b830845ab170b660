"""The min-max game of the unconditional network, in alternating phases; a run that was stopped goes on bit for bit.

    min_G max_D  E log σ(D(x)) + E log(1 − σ(D(G(z))))

Source: Goodfellow et al., arXiv:1406.2661, in the logits form.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..solvers.errors import NumericalError
from .dcgan import NOISE, Discriminator, Generator
from .dcgan_settings import DCGANSettings
from .interrupts import Interrupted, deferred_signals
from .objectives import ADVERSARIAL
from .order import DROPOUT, draw_index, torch_stream
from .order import NOISE as NOISE_STREAM
from .training import Progress

LOSSES = ("discriminator", "generator")
RECORD_EVERY = 50  # steps
CHECKPOINT_EVERY = 100
WATCHED = 128  # generated fields whose spread is recorded
PLAIN = ("step", "seconds", "history", "window")
PARTS = ("generator", "discriminator", "generator_optimiser", "discriminator_optimiser")


@dataclass
class Players:
    """Both networks, their optimisers, and what has happened so far: the whole state of training."""

    generator: Generator
    discriminator: Discriminator
    generator_optimiser: torch.optim.Adam
    discriminator_optimiser: torch.optim.Adam
    step: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    window: list[list[float]] = field(default_factory=list)

    def state(self) -> dict[str, Any]:
        """All of it as tensors, numbers, lists and dicts."""
        plain = {name: getattr(self, name) for name in PLAIN}
        return plain | {name: getattr(self, name).state_dict() for name in PARTS}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a state."""
        for name in PLAIN:
            setattr(self, name, state[name])
        for name in PARTS:
            getattr(self, name).load_state_dict(state[name])


def prepare(settings: DCGANSettings, seed: int, device: torch.device) -> Players:
    """Both players before their first step."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        networks = Generator().to(device), Discriminator().to(device)
    generator, discriminator = networks
    ours, theirs = (torch.optim.Adam(n.parameters(), settings.learning_rate, betas=(0.5, 0.999)) for n in networks)
    return Players(generator, discriminator, ours, theirs)


def play(
    players: Players,
    fields: Tensor,
    settings: DCGANSettings,
    seed: int,
    save: Callable[[Players], None],
    progress: Progress | None = None,
) -> None:
    """Train from the players' step to the last.

    Args:
        fields: of the training data in [−1, 1], (n, 1, 28, 28).
        save: called every hundred steps, at the end, and before stopping on a signal.
    Raises:
        NumericalError: if a loss is not finite.
        Interrupted: on SIGINT or SIGTERM, after `save`.
    """
    start = time.perf_counter() - players.seconds
    with deferred_signals() as signalled:
        while players.step < settings.steps:
            losses = take_step(players, fields, settings, seed)
            players.window.append([losses[name] for name in LOSSES])
            players.step += 1
            players.seconds = time.perf_counter() - start
            last = players.step == settings.steps
            if last or players.step % RECORD_EVERY == 0:
                take_stock(players, fields)
            number = signalled()
            if number or last or players.step % CHECKPOINT_EVERY == 0:
                save(players)
            if number:
                said = f"stopped at step {players.step} of {settings.steps}; run the same command again to go on"
                raise Interrupted(number, said)
            if progress:
                progress(players.step, settings.steps, losses)


def take_step(players: Players, fields: Tensor, settings: DCGANSettings, seed: int) -> dict[str, float]:
    """The discriminator's phase, then the generator's, on the same generated fields.

    Returns:
        the losses by name, as plain numbers.
    Raises:
        NumericalError: if one is not finite.
    """
    step = players.step
    real = fields[torch.from_numpy(draw_index(len(fields), settings.batch, seed, step))]
    noise = torch.randn(settings.batch, NOISE, generator=torch_stream(seed, NOISE_STREAM, step)).to(fields.device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(torch_stream(seed, DROPOUT, step).initial_seed())
        fake = players.generator(noise)
        told = discriminator_phase(players, real, fake.detach(), settings), generator_phase(players, fake, settings)
    losses = dict(zip(LOSSES, told, strict=True))
    if wrong := [f"{name}={value}" for name, value in losses.items() if not math.isfinite(value)]:
        remedy = f"use a dcgan.learning_rate < {settings.learning_rate:g}"
        raise NumericalError(f"training diverged at step {step}: {', '.join(wrong)}; {remedy}")
    return losses


def discriminator_phase(players: Players, real: Tensor, fake: Tensor, settings: DCGANSettings) -> float:
    """Tell true fields from generated ones a little better; the generator stays as it is."""
    loss = ADVERSARIAL[settings.adversarial][0](players.discriminator(real), players.discriminator(fake))
    _descend(players.discriminator_optimiser, players.discriminator, loss)
    return float(loss.detach())


def generator_phase(players: Players, fake: Tensor, settings: DCGANSettings) -> float:
    """Make generated fields look a little truer; the discriminator stays as it is."""
    score = players.discriminator(fake)
    loss = ADVERSARIAL[settings.adversarial][1](score, score)  # neither form looks at what true fields score
    _descend(players.generator_optimiser, players.generator, loss)
    return float(loss.detach())


def take_stock(players: Players, fields: Tensor) -> None:
    """Add a row to the history: mean losses since the last, and the spread of generated fields over that of true ones."""
    device = fields.device
    noise = torch.randn(WATCHED, NOISE, generator=torch.Generator().manual_seed(0)).to(device)
    spread = generated(players.generator, noise).var(dim=0).mean() / fields.var(dim=0).mean()
    means = dict(zip(LOSSES, map(float, np.mean(players.window, axis=0)), strict=True))
    players.history.append({"step": players.step, **means, "variance_ratio": float(spread), "seconds": players.seconds})
    players.window = []


@torch.no_grad()
def generated(generator: Generator, noise: Tensor) -> Tensor:
    """Fields of a generator at rest: normalised by the averages that it has kept, not by those of the batch."""
    training = generator.training
    generator.eval()
    fields: Tensor = generator(noise)
    generator.train(training)
    return fields


def _descend(optimiser: torch.optim.Optimizer, network: nn.Module, loss: Tensor) -> None:
    parameters = list(network.parameters())
    optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(loss, inputs=parameters)
    optimiser.step()
