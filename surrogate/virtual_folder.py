"""The folder of an unconditional network: the same files as those of a conditional model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from .. import __version__
from ..data.scenario import Array, Variable
from .dcgan_settings import DCGANSettings
from .folder_files import Content, read_files, write_files
from .virtual_data import GRID, Scaling

COLLAPSED = 0.2  # of the true variance
TOLD = ("name", "units", "long_name", "standard_name")  # of the target


@dataclass(frozen=True)
class VirtualDescription:
    """What an unconditional network is, and what it belongs to.

    Attributes:
        name: of the model.
        scenario, options: the scenario by name ("" for plain NetCDF data), and its physics options.
        target, coords: what it generates, and on which cell centres.
        settings, seed: how it was trained.
        data: fingerprint of the training fields.
    """

    name: str
    scenario: str
    options: Mapping[str, Any]
    target: Variable
    coords: Mapping[str, xr.Variable]
    settings: DCGANSettings
    seed: int
    data: str

    def as_json(self) -> dict[str, Any]:
        """As JSON values, under the keys of conditional models where they are the same."""
        return {
            "name": self.name,
            "scenario": self.scenario,
            "options": dict(self.options),
            "inputs": [],
            "targets": [{key: getattr(self.target, key) for key in TOLD}],
            "shape": list(GRID),
            "dims": list(self.coords),
            "centres": {name: {"values": v.values.tolist(), "attrs": dict(v.attrs)} for name, v in self.coords.items()},
            "settings": self.settings.model_dump(mode="json"),
            "seed": self.seed,
            "data": self.data,
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> "VirtualDescription":
        """From JSON values; ValueError, KeyError or TypeError where they do not fit."""
        (target,) = value["targets"]
        centres = value["centres"]
        coords = {name: xr.Variable(name, centres[name]["values"], centres[name]["attrs"]) for name in value["dims"]}
        settings = DCGANSettings.model_validate(value["settings"])
        origin = value["name"], value["scenario"], value["options"]
        return VirtualDescription(*origin, Variable(**target), coords, settings, seed=value["seed"], data=value["data"])


@dataclass(frozen=True)
class StoredVirtual:
    """The content of the folder of an unconditional network."""

    description: VirtualDescription
    scaling: Scaling
    tensors: Mapping[str, Array]
    costs: Mapping[str, float]
    history: Sequence[Mapping[str, float]]


def write_virtual(folder: Path, stored: StoredVirtual) -> None:
    """Write the folder."""
    scaling = stored.scaling
    statistics = {"low": scaling.low, "high": scaling.high, "offset": scaling.offset.tolist()}
    content = Content(stored.description.as_json(), statistics, stored.tensors, stored.costs, stored.history)
    write_files(folder, content, card(stored))


def read_virtual(folder: Path) -> StoredVirtual:
    """Read the folder.

    Raises:
        IntegrityError: if a file is missing, changed, of a newer schema or does not hold what it should.
    """

    def stored(c: Content) -> StoredVirtual:
        return StoredVirtual(VirtualDescription.from_json(c.description), _scaling(c.statistics), c.tensors, c.costs, c.history)

    return read_files(folder, stored)


def collapse(history: Sequence[Mapping[str, float]]) -> str:
    """A warning where generated fields hardly differ from each other at the end of training, else ""."""
    spread = history[-1]["variance_ratio"] if history else 1.0
    if spread >= COLLAPSED:
        return ""
    return (
        f"its fields have {100 * spread:.2g} % of the variance of the training fields: the generator has collapsed; "
        "train longer, or with dcgan.adversarial=nonsaturating"
    )


def card(stored: StoredVirtual) -> str:
    """What a person should know before using the model."""
    d = stored.description
    origin = f"scenario `{d.scenario}` {dict(d.options) or ''}" if d.scenario else "plain NetCDF data"
    numbers = sum(a.size for a in stored.tensors.values())
    seconds = stored.costs["training_seconds"]
    lines = [
        f"# {d.name}",
        "",
        f"Trained by fieldgan {__version__} on {origin}, seed {d.seed}, data {d.data[:16]}.",
        "",
        f"* draws fields of {d.target.name} [{d.target.units}] from noise alone; it takes no conditions",
        f"* on a grid of {GRID[0]}×{GRID[1]} cells ({', '.join(d.coords)}), the only one that its layers make",
        f"* within the range of its training fields, {stored.scaling.low:.4g} to {stored.scaling.high:.4g}"
        + (" about the mean of each cell" if stored.scaling.offset.any() else ""),
        f"* objective: {d.settings.adversarial}; numbers stored: {numbers:,}; training took {seconds:.0f} s",
        "",
        "How its fields compare with held-out ones, and with copies of training fields: see the comparison report.",
        "It knows no physics: a field that it draws need not solve any equation.",
        "",
    ]
    warning = collapse(stored.history)
    return "\n".join([*lines, *([f"**Warning**: {warning}.", ""] if warning else [])])


def _scaling(statistics: Mapping[str, Any]) -> Scaling:
    scaling = Scaling(float(statistics["low"]), float(statistics["high"]), np.array(statistics["offset"], dtype=np.float64))
    if not (np.isfinite([scaling.low, scaling.high]).all() and scaling.low < scaling.high):
        raise ValueError(f"statistics.json has the range {scaling.low} to {scaling.high}; it must be finite and rise")
    if scaling.offset.shape != GRID or not np.isfinite(scaling.offset).all():
        raise ValueError(f"statistics.json has an offset of shape {scaling.offset.shape}; expected {GRID}, finite")
    return scaling
