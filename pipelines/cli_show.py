"""The commands that show: scenarios, inspect, config, info."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .cli_options import Assignments, ConfigFile, Json, PresetName, Quiet, ScenarioName, Seed, Verbose, layers
from .environment import set_threads


def scenarios(as_json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """List what can be simulated: conditions, targets, units, resolutions, presets."""
    from ..data.scenarios import known, scenario
    from .describe import describe_scenario

    described = {name: describe_scenario(scenario(name)) for name in known()}
    _show(described, as_json)


def inspect(
    path: Annotated[Path, typer.Argument(help="A run folder, a model folder, or a NetCDF file.")],
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Tell what a run, a model or a data file holds."""
    from .describe import describe_path

    _show(describe_path(path), as_json)


def config(
    scenario: ScenarioName,
    preset: PresetName = "quick",
    file: ConfigFile = None,
    assignments: Assignments = None,
    seed: Seed = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Print the resolved configuration, every setting under its description; --config reads it."""
    from .config import to_toml
    from .configure import configure

    resolved, _ = configure(scenario, preset, *layers(file, assignments, seed=seed))
    title = f"{scenario}, preset {preset}; save as FILE.toml, change, and use with --config FILE.toml"
    print(
        json.dumps(resolved.model_dump(mode="json"), indent=1) if as_json else to_toml(resolved, title),
        end="\n" if as_json else "",
    )


def info(as_json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Tell version, machine and installed packages, for a bug report."""
    threads = set_threads(None)
    from .. import __version__
    from .machine import machine

    _show({"fieldgan": __version__, **machine(threads)}, as_json)


def _show(values: Mapping[str, Any], as_json: bool) -> None:
    print(json.dumps(values, indent=1, ensure_ascii=False, default=str) if as_json else "\n".join(_outline(values, "")))


def _outline(value: Any, indent: str) -> list[str]:
    """Nested values as an indented list."""
    lines = []
    for name, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            lines += [f"{indent}{name}", *_outline(inner, indent + "  ")]
        else:
            lines.append(f"{indent}{name}: {', '.join(map(str, inner)) if isinstance(inner, list | tuple) else inner}")
    return lines
