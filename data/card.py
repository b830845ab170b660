"""DATASET.md: what is in a data set, how it was made, and what it is not good for."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from .. import __version__
from .scenario import Array, Scenario, Variable, axis_coords
from .schema import ROUGH
from .splits import SPLITS
from .statistics import Statistics

CARD = "DATASET.md"


def dataset_card(
    scenario: Scenario,
    records: xr.Dataset,
    statistics: Statistics,
    identity: Mapping[str, Any],
    failures: Mapping[int, str],
) -> str:
    """The description of a generated data set, in Markdown.

    Args:
        records: split, seconds and residual of every sample.
    """
    return "\n\n".join(
        [
            f"# Data set `{scenario.name}`",
            f"{scenario.summary[:1].upper()}{scenario.summary[1:]}.",
            _contents(scenario, records),
            _variables(scenario, statistics),
            _making(scenario, records, identity),
            _failed(failures),
            _use(),
        ]
    )


def _contents(scenario: Scenario, records: xr.Dataset) -> str:
    split = records["split"].values
    counts = ", ".join(f"{(split == name).sum()} {name}" for name in SPLITS)
    ny, nx = scenario.domain.shape(scenario.stored_resolution)
    along = {axis: c.size for axis, c in axis_coords(scenario.targets).items()}
    times = "".join(f" × {size} {axis}s" for axis, size in along.items())
    ensembles = ", ".join(f"{n} in {split}" for split, n in scenario.members.items())
    members = f" Members per sample: {ensembles}; `members` says how many count, the rest is missing." if ensembles else ""
    return f"{records.sizes['sample']} samples ({counts}) on {ny} × {nx} cells{times}, in NetCDF4 after CF-1.11.{members}"


def _variables(scenario: Scenario, statistics: Statistics) -> str:
    """A table of the variables with their training statistics."""

    def row(variable: Variable, role: str) -> str:
        m = statistics.get(variable.name)
        numbers = (f"{x:.4g}" for x in (m.mean, m.std, m.minimum, m.maximum)) if m else ("–",) * 4
        cells = (f"`{variable.name}`", role, variable.units, variable.long_name, *numbers)
        return f"| {' | '.join(cells)} |"

    head = "| variable | role | units | meaning | mean | std | min | max |\n|---|---|---|---|---|---|---|---|"
    rows = [row(v, "condition") for v in scenario.inputs] + [row(v, "target") for v in scenario.targets]
    return "\n".join(["## Variables (statistics of the training split)", "", head, *rows])


def _making(scenario: Scenario, records: xr.Dataset, identity: Mapping[str, Any]) -> str:
    seconds = records["solve_seconds"].values
    rough = records[ROUGH].values == 1 if scenario.rough else np.zeros(len(seconds), dtype=bool)
    cheap = ""
    if scenario.rough and rough.any():
        what = scenario.rough.summary or "solved"
        cheap = (
            f" {rough.sum()} of the samples to learn from are rough, as `{ROUGH}` says: {what} on "
            f"{scenario.rough.resolution} cells{_average(seconds[rough])}."
        )
    return (
        "## How it was made\n\n"
        f"fieldgan {__version__}, seed {identity['seed']}. Sample i is drawn from (seed, i) alone, solved "
        f"on {scenario.truth_resolution} cells along the first axis{_average(seconds[~rough])}, and "
        f"averaged over the stored cells.{cheap} Largest relative residual of a solve: "
        f"{records['solver_residual'].values.max():.2g}. Options: {dict(scenario.options) or 'none'}."
    )


def _average(seconds: Array) -> str:
    """How long solves took, where there are some."""
    return f" ({seconds.mean():.3g} s on average)" if len(seconds) else ""


def _failed(failures: Mapping[int, str]) -> str:
    if not failures:
        return "No sample failed."
    lines = [f"* sample {index}: {reason}" for index, reason in sorted(failures.items())]
    return "\n".join([f"## Samples left out ({len(failures)}), on which the solver gave up", "", *lines])


def _use() -> str:
    return (
        "## How to use it\n\n"
        "    # checks every file first\n"
        '    fieldgan.open_dataset("RUN")\n'
        "    # without fieldgan\n"
        '    xarray.open_mfdataset("RUN/data/*.nc", combine="nested", concat_dim="sample")\n\n'
        "`split` says which samples train, choose the model and test; keep to it to compare figures.\n\n"
        "The data say nothing about problems outside the distribution of the scenario, and nothing about "
        "structure finer than a cell.\n"
    )
