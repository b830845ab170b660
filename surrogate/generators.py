"""Generators by kind: how one is built, and what it takes from the training samples before it learns."""

from collections.abc import Sequence

import numpy as np
import torch

from ..data.scenario import Scenario
from .augmentation import Batch, Mirror, augment
from .encoding import Encoding
from .levels import globe_levels
from .modal import ModalGenerator
from .networks import Generator
from .settings import ModelSettings
from .streamfunction_head import StreamfunctionHead

AnyGenerator = Generator | ModalGenerator
COMPONENTS = 64  # of the conditions that a modal generator sees; a cavity's walls have 36
LAYERS = 2  # residual blocks of its perceptron
SNAPSHOTS = 3200  # at most, mirrored ones included, of which modes are taken; time grows with the cube


def build_generator(encoding: Encoding, settings: ModelSettings, shape: tuple[int, int]) -> AnyGenerator:
    """A generator for the channels of an encoding on a grid."""
    scalars, outputs = encoding.scalars, encoding.outputs
    fields = encoding.channels + outputs * settings.residual
    noise = settings.noise_channels or 0
    if settings.generator == "modal":
        sizes = (COMPONENTS, settings.modes, settings.hidden, LAYERS)
        return ModalGenerator(fields, scalars, (outputs, *shape), *sizes, noise)
    head = StreamfunctionHead(outputs) if settings.streamfunction else None
    padding = settings.padding or "zeros"
    levels = globe_levels(shape, len(settings.widths)) if padding == "longitude" else None
    channels = (fields, scalars, outputs)
    layers = (settings.widths, settings.blocks, settings.head)
    steering = (settings.deepest, settings.perceptron, settings.noise_vector)
    return Generator(*channels, *layers, padding, noise, head, levels, *steering, settings.upsampling)


def fit_generator(
    generator: AnyGenerator, training: Batch, mirrors: Sequence[Mirror], encoding: Encoding, scenario: Scenario | None
) -> None:
    """Modes of training samples under all their mirrors, or the scales of a streamfunction."""
    if isinstance(generator, ModalGenerator):
        first, rng = training[: max(1, SNAPSHOTS // len(mirrors))], np.random.default_rng(0)
        snapshots = [augment(first, mirrors, torch.full((len(first),), k), rng) for k in range(len(mirrors))]
        generator.fit(*(torch.cat([getattr(b, name) for b in snapshots]).cpu().numpy() for name in ("fields", "corrections")))
    elif generator.derive is not None and scenario is not None:
        generator.derive.relate(encoding, scenario, (training.fields.shape[2], training.fields.shape[3]))
