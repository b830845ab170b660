"""The command that draws a century of virtual months."""

import json
from itertools import count
from pathlib import Path
from typing import Annotated

import typer

from ..solvers.errors import UsageError
from .cli_options import Json, Quiet, RunFolder, Threads, Verbose
from .console import say
from .environment import set_threads


def century(
    run_folder: RunFolder,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="The folder to write to, new or empty.")],
    model: Annotated[str, typer.Option(metavar="NAME", help="The model that draws.")] = "cgan",
    sample: Annotated[
        int | None,
        typer.Option(
            min=0, help="Number of the sample whose planet it is.  [default: the first of the test split]", show_default=False
        ),
    ] = None,
    years: Annotated[int, typer.Option(min=2, max=10_000, help="How many years of months.")] = 100,
    threads: Threads = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Draw a century of virtual months with a model of `weather`, beside the solver's: animation, fields and statistics."""
    set_threads(threads)
    if output.exists() and any(output.iterdir()):
        raise UsageError(f"{output} is not empty; name a new folder")
    from ..data.netcdf import write_dataset
    from ..data.splits import split_of
    from ..surrogate.registry import load
    from .century import century_dataset, make_century, statistics
    from .century_animation import write_animation
    from .run_folder import read_record

    record = read_record(run_folder)
    if record.scenario != "weather":
        raise UsageError(f"{run_folder} is a run of {record.scenario}; centuries are drawn from runs of weather")
    if sample is None:
        sample = next(number for number in count() if split_of(number) == "test")
    made = make_century(load(run_folder / "models" / model), sample, years, record.config["seed"])
    output.mkdir(parents=True, exist_ok=True)
    write_dataset(output / "century.nc", century_dataset(made))
    write_animation(made, output / "century.gif")
    found = {"sample": sample, **statistics(made)}
    (output / "statistics.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if as_json:
        print(json.dumps(found, indent=1))
        return
    for name in ("virtual", "solved"):
        told = found[name]
        cell, globe, memory = (told[key] for key in ("deviation_of_a_cell", "deviation_of_the_globe", "month_to_month"))
        say(f"{name}: deviation of a cell {cell:.3g} K, of the globe {globe:.3g} K, correlation from month to month {memory:.2f}")
    distance = found["energy_distance_ratio"]
    say(f"variance ratio {found['variance_ratio']:.3g}, energy distance {distance:.3g} times that of two halves of the solver's")
    say(f"century: {output / 'century.gif'}")
