"""A trained model: lift, encode, regress, decode; the same for networks and their baselines."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import xarray as xr

from ..data.conditions import check_conditions, differences
from ..data.scenario import Array, Fields, Scenario, Variable, attributes, axis_coords
from ..solvers.errors import IntegrityError, UsageError
from .encoding import Encoding
from .lift import grid_shape, lift
from .model_folder import Description, Stored, write_model
from .precision import devices, in_precision
from .regressor import Regressor


@dataclass(frozen=True)
class Model:
    """A Surrogate, see surrogate.py; `scenario` solves the lift, and is None for models without one."""

    description: Description
    encoding: Encoding
    regressor: Regressor
    costs: Mapping[str, float]
    scenario: Scenario | None = None
    history: tuple[Mapping[str, float], ...] = ()

    @property
    def name(self) -> str:
        """As in the registry."""
        return self.description.name

    def fields(self, conditions: Fields, members: int = 1, seed: int = 0) -> dict[str, Array]:
        """Targets from conditions, as plain arrays.

        Args:
            conditions: {name: (n, ny, nx), or (n,) for scalars}, in the units of the scenario.
            members: how many outcomes per condition.
            seed: of the noise that tells members apart.
        Returns:
            {target: (n, *axes, ny, nx)}, or {target: (n, members, *axes, ny, nx)} for more than one member.
        Raises:
            UsageError: if a condition is missing.
            IntegrityError: if the grid is another one.
        """
        self._require(conditions)
        lifted = self._lift(conditions)
        encoded = self.encoding.encode(conditions, lifted)
        with in_precision(self.description.settings.model.precision, *devices()):
            output = self.regressor(encoded, members, seed)
        decoded = self.encoding.decode(output, lifted, encoded.frame)
        if members == 1:
            return {name: a[:, 0] for name, a in decoded.items()}
        return {name: np.broadcast_to(a, (len(a), members, *a.shape[2:])) for name, a in decoded.items()}

    def predict(self, conditions: xr.Dataset, members: int = 1, seed: int = 0) -> xr.Dataset:
        """Targets from conditions, as a Dataset with the conditions' coordinates and the targets' units.

        Args:
            conditions: with dims (sample, y, x), or (y, x) for a single one.
        Raises:
            IntegrityError: if variables, units or grid are not those of the training data; lists the
                differences.
            UsageError: for physics out of range, where the model has its scenario.
        """
        several = "sample" in conditions.dims
        data = conditions if several else conditions.expand_dims("sample")
        check_data(self.description, data, self.description.inputs)
        if self.scenario is not None:
            check_conditions(data, self.scenario)
        dims = self.description.dims
        order = {v.name: ("sample", *v.dims(dims)) for v in self.description.inputs}
        arrays = {name: data[name].transpose(*order[name]).values for name in order}
        lead = ("sample",) if members == 1 else ("sample", "member")
        fields = self.fields(arrays, members, seed)
        result = xr.Dataset(
            {
                v.name: xr.Variable(
                    (*lead, *v.dims(dims)), fields[v.name].astype(np.float32, copy=False), attributes(v, "target")
                )
                for v in self.description.targets
            },
            coords={name: c for name, c in data.coords.items() if set(c.dims) <= {"sample", *dims}}
            | _numbered(members)
            | axis_coords(self.description.targets),
        )
        return result if several else result.isel(sample=0)

    def save(self, folder: Path) -> None:
        """Write the model folder."""
        write_model(
            folder,
            Stored(self.description, self.encoding, self.regressor.tensors(), self.costs, self.history),
        )

    def _lift(self, conditions: Fields) -> Fields | None:
        resolution = self.description.settings.model.lift_resolution
        if not self.encoding.lifted or resolution is None:
            return None
        if self.scenario is None:
            raise UsageError(f"{self.name} corrects solves of {self.description.scenario!r}; load it with scenario=…")
        return lift(self.scenario, conditions, resolution, threads=torch.get_num_threads())

    def _require(self, conditions: Fields) -> None:
        missing = [v.name for v in self.description.inputs if v.name not in conditions]
        if missing:
            raise UsageError(f"{self.name} needs the conditions {', '.join(missing)} too")
        shape = grid_shape(conditions)
        if shape != self.description.shape:
            (ny, nx), (my, mx) = shape, self.description.shape
            raise IntegrityError(f"{self.name} was trained on {my}×{mx} cells, not {ny}×{nx}; regrid the conditions")


def _numbered(members: int) -> dict[str, xr.Variable]:
    """The coordinate `member` of an ensemble."""
    attrs = {"units": "1", "long_name": "number of the member", "standard_name": "realization"}
    return {"member": xr.Variable("member", np.arange(members), attrs)} if members > 1 else {}


def check_data(description: Description, data: xr.Dataset, variables: tuple[Variable, ...]) -> None:
    """Refuse data that a model does not belong to.

    Raises:
        IntegrityError: listing all differences of scenario, variables, units and grid.
    """
    found = differences(data, description.scenario, variables, description.dims)
    grid = tuple(data.sizes.get(name, 0) for name in description.dims)
    if grid != description.shape:
        found.append(f"grid {grid} instead of {description.shape} along {description.dims}")
    if found:
        raise IntegrityError(f"the data do not fit the model {description.name!r}: {'; '.join(found)}")


def check_scenario(description: Description, scenario: Scenario) -> None:
    """Refuse a scenario that a model was not trained on; where its predictions are cut off is the model's own affair.

    Raises:
        IntegrityError: listing the differences of name, options and variables.
    """
    found = {
        "scenario": scenario.name,
        "options": dict(scenario.options),
        "inputs": scenario.inputs,
        "targets": tuple(replace(v, most=None) for v in scenario.targets),
    }
    expected = {
        "scenario": description.scenario,
        "options": dict(description.options),
        "inputs": description.inputs,
        "targets": tuple(replace(v, most=None) for v in description.targets),
    }
    differences = [f"{key} {found[key]} instead of {expected[key]}" for key in found if found[key] != expected[key]]
    if differences:
        raise IntegrityError(f"the scenario does not fit the model {description.name!r}: {'; '.join(differences)}")
