"""What scenarios, runs, models and files hold, as plain values for `scenarios` and `inspect`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import xarray as xr

from ..data.scenario import Scenario, Variable
from ..data.storage import MANIFEST, read_json, read_manifest
from ..solvers.errors import UsageError
from ..surrogate.model_folder import read_model, validation_of_best
from ..surrogate.virtual import is_virtual
from ..surrogate.virtual_folder import read_virtual
from .fields import read_netcdf
from .presets import PRESETS, preset
from .result import MEASURES, judge
from .run_folder import RECORD, STAGES, read_record
from .wording import verdict_word


def describe_scenario(scenario: Scenario) -> dict[str, Any]:
    """Conditions, targets, units, resolutions, options and presets of a scenario."""
    return {
        "summary": scenario.summary,
        "conditions": _variables(scenario.inputs),
        "targets": _variables(scenario.targets),
        "stored_resolution": scenario.stored_resolution,
        "truth_resolution": scenario.truth_resolution,
        "stochastic": scenario.stochastic,
        "options": dict(scenario.options),
        "presets": {name: preset(name, scenario.name) for name in PRESETS},
    }


def describe_path(path: Path) -> dict[str, Any]:
    """What stands at a path: a run, a model, or a NetCDF file.

    Raises:
        UsageError: if it is none of them.
        IntegrityError: if it is damaged.
    """
    if (path / RECORD).is_file():
        return describe_run(path)
    if (path / "model.safetensors").is_file():
        return describe_model(path)
    if path.is_file():
        return describe_file(path)
    if path.is_dir() and any(path.glob("*.nc")):
        return {file.name: describe_file(file) for file in sorted(path.glob("*.nc"))}
    state = "holds neither a run nor a model nor NetCDF files" if path.exists() else "does not exist"
    raise UsageError(f"{path} {state}; name a run folder, a model folder or a NetCDF file")


def describe_run(folder: Path) -> dict[str, Any]:
    """How far a run is, what it holds, and its verdict."""
    record = read_record(folder)
    described: dict[str, Any] = {"scenario": record.scenario or "own data", "seed": record.config["seed"]}
    described["stages"] = {stage: record.state(stage) or "not begun" for stage in STAGES}
    if (folder / "data" / MANIFEST).is_file():
        manifest = read_manifest(folder / "data")
        described["data"] = {
            "samples": record.config["data"]["samples"],
            "failed": len(manifest.get("failed", [])),
            "files": len(manifest["files"]),
            "bytes": sum(entry["bytes"] for entry in manifest["files"].values()),
        }
    models = sorted(manifest.parent for manifest in (folder / "models").glob(f"*/{MANIFEST}"))
    described["models"] = {model.name: describe_model(model) for model in models}
    metrics = folder / "comparison" / "metrics.json"
    if metrics.is_file():
        described["comparison"] = described_errors(read_json(metrics))
    return described


def describe_model(folder: Path) -> dict[str, Any]:
    """What a trained model is; its files are checked against their manifest."""
    if is_virtual(folder):
        return describe_virtual(folder)
    stored = read_model(folder)
    judged = validation_of_best(stored.history)
    return {
        "name": stored.description.name,
        "scenario": stored.description.scenario or "own data",
        "conditions": [v.name for v in stored.description.inputs],
        "targets": [v.name for v in stored.description.targets],
        "grid": list(stored.description.shape),
        "parameters": int(sum(a.size for a in stored.tensors.values())),
        **{name: round(seconds, 1) for name, seconds in stored.costs.items()},
        **(dict([judged]) if judged else {}),
    }


def describe_virtual(folder: Path) -> dict[str, Any]:
    """What an unconditional network is."""
    stored = read_virtual(folder)
    return {
        "name": stored.description.name,
        "scenario": stored.description.scenario or "own data",
        "targets": [stored.description.target.name],
        "grid": list(stored.scaling.offset.shape),
        "parameters": int(sum(a.size for a in stored.tensors.values())),
        **{name: round(seconds, 1) for name, seconds in stored.costs.items()},
        "variance_ratio": stored.history[-1]["variance_ratio"],
    }


def describe_file(path: Path) -> dict[str, Any]:
    """Dimensions, variables and origin of a NetCDF file."""
    dataset = read_netcdf(path)
    return {
        "dimensions": {str(name): size for name, size in dataset.sizes.items()},
        "variables": {str(name): _variable(v) for name, v in dataset.variables.items()},
        "attributes": {str(name): str(value)[:200] for name, value in dataset.attrs.items()},
    }


def _variable(variable: xr.Variable) -> str:
    facts = [
        variable.attrs.get("role", ""),
        str(variable.attrs.get("units", "no units")),
        variable.attrs.get("long_name", ""),
    ]
    return f"({', '.join(map(str, variable.dims))}) {'; '.join(fact for fact in facts if fact)}"


def _variables(variables: Iterable[Variable]) -> dict[str, dict[str, str]]:
    return {
        v.name: {"units": v.units, "long_name": v.long_name, **({"axes": ", ".join(v.axes)} if v.axes else {})} for v in variables
    }


def described_errors(metrics: dict[str, Any]) -> dict[str, Any]:
    """Error and verdict of each method."""
    described = {}
    for method in metrics["methods"]:
        name = f"{method['name']} {method['scheme']}" if method.get("scheme") else method["name"]
        verdict = verdict_word(method["speedup"]) if "speedup" in method else ""
        overall = method["metrics"]["overall"]
        error = f"{MEASURES[judge(overall)]} {100 * overall[judge(overall)]['mean']:.3g} %"
        described[name] = f"{error}; {verdict}" if verdict else error
    for name, entry in metrics.get("virtual", {}).items():
        ratios = (f"{key.replace('_', ' ')} {entry[key]:.3g}" for key in ("variance_ratio", "energy_distance_ratio"))
        described[name] = ", ".join(ratios)
    return described
