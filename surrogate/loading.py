"""A trained model of either kind from its folder."""

from pathlib import Path

from ..data.scenario import Scenario
from . import registry
from .model import Model
from .virtual import VirtualModel, is_virtual, load_virtual


def load(folder: str | Path, scenario: Scenario | None = None, device: str = "cpu") -> Model | VirtualModel:
    """A trained model: a Surrogate that predicts from conditions, or the unconditional network, which generates.

    Args:
        folder: of the model.
        scenario: which solves the lift of a Surrogate; by default it is made by the name and options that the folder names.
        device: where a network works: auto, cpu, mps, cuda or cuda:N.
    Raises:
        UsageError: if the device is not there.
        IntegrityError: if a file is missing, changed or of a newer version, or the scenario is another one.
    """
    if is_virtual(Path(folder)):
        return load_virtual(Path(folder), device)
    return registry.load(folder, scenario, device)
