"""Fields without conditions from noise alone: the unconditional network, trained, stored and drawn from."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import xarray as xr

from ..data.scenario import Array, attributes
from ..data.schema import global_attributes
from ..data.storage import MANIFEST, read_json
from ..solvers.errors import IntegrityError, UsageError
from .checkpoints import latest_configuration, load_checkpoint, save_checkpoint
from .dcgan import NOISE, Generator
from .dcgan_game import generated, play, prepare
from .dcgan_settings import DCGAN, DCGANSettings
from .folder_files import CHECKPOINTS
from .game import device_of
from .registry import refuse_other
from .training import Progress
from .virtual_data import VirtualFields, fit_scaling, read_fields
from .virtual_folder import StoredVirtual, VirtualDescription, read_virtual, write_virtual

BATCH = 64  # fields per pass


@dataclass(frozen=True)
class VirtualModel:
    """A trained generator of fields."""

    stored: StoredVirtual
    generator: Generator

    @property
    def description(self) -> VirtualDescription:
        """What it is, and what it belongs to."""
        return self.stored.description

    def fields(self, n: int, seed: int = 0) -> Array:
        """Draw fields.

        Args:
            n: how many.
            seed: of the noise; the first fields of a seed are the same for any n.
        Returns:
            (n, 28, 28), in the unit of the target.
        Raises:
            UsageError: if n < 1.
        """
        if n < 1:
            raise UsageError(f"n={n} fields cannot be drawn; use 1 or more")
        noise = np.random.default_rng(seed).standard_normal((n, NOISE), dtype=np.float32)
        device = next(self.generator.parameters()).device
        parts = (torch.from_numpy(noise[start : start + BATCH]).to(device) for start in range(0, n, BATCH))
        scaled = torch.cat([generated(self.generator, part) for part in parts])
        return self.stored.scaling.restored(scaled[:, 0].cpu().numpy())

    def generate(self, n: int, seed: int = 0) -> xr.Dataset:
        """The same as a Dataset (sample, y, x) with coordinates and units."""
        d = self.description
        number = xr.Variable("sample", np.arange(n), {"units": "1", "long_name": "number of the field"})
        fields = xr.Variable(("sample", *d.coords), self.fields(n, seed), attributes(d.target, "target"))
        title = f"{d.scenario or 'fields'}: {n} virtual fields of {d.target.name} by {d.name}, seed {seed}"
        told = global_attributes(title, f"generated with {d.name}", d.scenario, json.dumps(d.as_json()))
        return xr.Dataset({d.target.name: fields}, {"sample": number, **d.coords}, told)


def train_virtual(
    dataset: xr.Dataset,
    folder: str | Path,
    settings: DCGANSettings | None = None,
    seed: int = 0,
    device: str = "cpu",
    progress: Progress | None = None,
) -> VirtualModel:
    """Train the unconditional network on the first target of a data set, and write its folder.

    Called again, it goes on from the last checkpoint, or loads what is finished.

    Args:
        dataset: with roles, units and splits, as `open_dataset` gives; conditions play no part.
        folder: of the model.
        seed: of initial weights, order, noise and dropout.
        device: auto, cpu, mps, cuda or cuda:N.
        progress: called as progress(step, steps, losses) after every step.
    Raises:
        UsageError: for a folder that holds another configuration, or data without variety.
        IntegrityError: if data or a checkpoint cannot be trusted.
        NumericalError: if training diverges.
    """
    folder, settings = Path(folder), settings or DCGANSettings()
    fields = read_fields(dataset, training=True, target=settings.target)
    description = _describe(dataset, fields, settings, seed)
    if (folder / MANIFEST).is_file():
        refuse_other(folder, read_virtual(folder).description.as_json(), description.as_json())
        return load_virtual(folder, device)
    refuse_other(folder, latest_configuration(folder / CHECKPOINTS), description.as_json())
    scaling, players = fit_scaling(fields), prepare(settings, seed, device_of(device))
    if (state := load_checkpoint(folder / CHECKPOINTS)) is not None:
        players.restore(state)
    play(
        players,
        torch.from_numpy(scaling.scaled(fields.values))[:, None].to(device_of(device)),
        settings,
        seed,
        save=lambda p: save_checkpoint(folder / CHECKPOINTS, p.step, p.state(), description.as_json()),
        progress=progress,
    )
    tensors = {name: a.detach().cpu().numpy() for name, a in players.generator.state_dict().items()}
    costs = {"training_seconds": players.seconds}
    write_virtual(folder, StoredVirtual(description, scaling, tensors, costs, tuple(players.history)))
    return load_virtual(folder, device)


def load_virtual(folder: Path, device: str = "cpu") -> VirtualModel:
    """A trained unconditional network.

    Raises:
        IntegrityError: if a file is missing, changed or of a newer version.
    """
    stored, generator = read_virtual(folder), Generator()
    try:
        generator.load_state_dict({name: torch.from_numpy(a.copy()) for name, a in stored.tensors.items()})
    except RuntimeError as error:
        raise IntegrityError(f"{folder} holds weights of another network: {error}") from None
    return VirtualModel(stored, generator.to(device_of(device)).eval())


def is_virtual(folder: Path) -> bool:
    """Whether a model folder says that it holds an unconditional network."""
    try:
        return bool(read_json(folder / "config.json").get("name") == DCGAN)
    except (IntegrityError, AttributeError):
        return False


def _describe(dataset: xr.Dataset, fields: VirtualFields, settings: DCGANSettings, seed: int) -> VirtualDescription:
    scenario = str(dataset.attrs.get("fieldgan_scenario", ""))
    options = json.loads(dataset.attrs.get("fieldgan_identity") or "{}").get("options", {})
    digest = hashlib.sha256(np.ascontiguousarray(fields.values, np.float32).data).hexdigest()
    return VirtualDescription(DCGAN, scenario, options, fields.target, fields.coords, settings, seed, digest)
