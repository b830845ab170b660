"""What is compared: a scenario, a data set of it, and the surrogates that were trained on it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from ..data.datasets import open_dataset
from ..data.scenario import Scenario
from ..data.scenarios import scenario as scenario_by_name
from ..data.storage import MANIFEST
from ..solvers.errors import UsageError
from ..surrogate.registry import load
from ..surrogate.surrogate import Surrogate
from ..surrogate.virtual import is_virtual

MODELS = "models"


@dataclass(frozen=True)
class Subject:
    """Scenario, data set and surrogates by name; and the models of the run whose training is not finished."""

    scenario: Scenario
    dataset: xr.Dataset
    surrogates: Mapping[str, Surrogate]
    unfinished: tuple[str, ...] = ()


def subject(
    run_folder: Path | None,
    scenario: Scenario | None,
    dataset: xr.Dataset | None,
    surrogates: Mapping[str, Surrogate] | None,
) -> Subject:
    """Complete what is given explicitly with what stands in the run folder.

    Raises:
        UsageError: if something is missing in both, or the data have no solver to be compared with.
    """
    if run_folder is None and (scenario is None or dataset is None or surrogates is None):
        raise UsageError("nothing to compare; name a run folder, or give scenario, dataset and surrogates")
    if dataset is None:
        assert run_folder is not None
        dataset = open_dataset(run_folder)
    scenario = scenario or scenario_of(dataset)
    unfinished: tuple[str, ...] = ()
    if surrogates is None:
        assert run_folder is not None
        surrogates, unfinished = trained(run_folder, scenario), half_trained(run_folder)
    if not surrogates:
        raise UsageError(f"no trained model in {run_folder}; run `fieldgan train {run_folder}` first")
    return Subject(scenario, dataset, surrogates, unfinished)


def scenario_of(dataset: xr.Dataset) -> Scenario:
    """The scenario that a data set was generated with, its options included.

    Raises:
        UsageError: for data that come from no scenario.
    """
    name = dataset.attrs.get("fieldgan_scenario")
    if not name:
        raise UsageError("these data come from no scenario, so no solver can be compared with; give scenario=… in Python")
    identity = json.loads(dataset.attrs.get("fieldgan_identity") or "{}")
    return scenario_by_name(name, **identity.get("options", {}))


def has_rivals(run_folder: Path, dataset: xr.Dataset, scenario: Scenario | None) -> bool:
    """Whether a run has conditional models, and a solver to compare them with."""
    return bool(conditional(run_folder)) and bool(scenario or dataset.attrs.get("fieldgan_scenario"))


def trained(run_folder: Path, scenario: Scenario) -> dict[str, Surrogate]:
    """The finished models of a run that predict from conditions, by the name of their folder."""
    return {folder.name: load(folder, scenario=scenario) for folder in conditional(run_folder)}


def conditional(run_folder: Path) -> list[Path]:
    """The folders of the finished models of a run that predict from conditions."""
    folders = sorted(path.parent for path in (run_folder / MODELS).glob(f"*/{MANIFEST}"))
    return [folder for folder in folders if not is_virtual(folder)]


def half_trained(run_folder: Path) -> tuple[str, ...]:
    """The models of a run that were begun and have no manifest yet."""
    folders = sorted(path for path in (run_folder / MODELS).glob("*") if path.is_dir())
    return tuple(folder.name for folder in folders if not (folder / MANIFEST).is_file())
