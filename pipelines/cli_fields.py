"""The commands on single fields: sample, solve, predict."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .cli_options import (
    Assignments,
    NewFile,
    Quiet,
    ScenarioName,
    Threads,
    Verbose,
    layers,
    require_new,
)
from .console import say
from .environment import set_threads

if TYPE_CHECKING:
    from ..data.scenario import Scenario

Conditions = Annotated[Path, typer.Argument(metavar="CONDITIONS.nc", help="Conditions, as `fieldgan sample` writes them.")]


def sample(
    scenario: ScenarioName,
    samples: Annotated[int, typer.Option("--samples", "-n", min=1, help="Number of problems to draw.")],
    output: NewFile,
    seed: Annotated[int, typer.Option(min=0, help="Sample i depends on the seed and on i alone.")] = 0,
    resolution: Annotated[
        int | None,
        typer.Option(min=2, help="Cells along the first axis.  [default: as stored]", show_default=False),
    ] = None,
    assignments: Assignments = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Draw conditions only, and store them."""
    require_new(output)
    from ..data.netcdf import write_dataset
    from .fields import draw

    write_dataset(output, draw(_scenario(scenario, assignments), samples, seed, resolution))
    say(f"{output}: {samples} problems of {scenario}")


def solve(
    scenario: ScenarioName,
    conditions: Conditions,
    output: NewFile,
    resolution: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Cells along the first axis, a divisor of that of the conditions.  [default: theirs]",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of a stochastic solver.")] = 0,
    assignments: Assignments = None,
    threads: Threads = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Solve given conditions with the reference solver."""
    require_new(output)
    set_threads(threads)
    from ..data.netcdf import write_dataset
    from .fields import read_conditions, solve_all

    made = _scenario(scenario, assignments)
    solved = solve_all(made, read_conditions(conditions, made.inputs), resolution, seed)
    write_dataset(output, solved)
    say(f"{output}: {solved.sizes['sample']} solutions")


def predict(
    model: Annotated[Path, typer.Argument(metavar="RUN|MODEL", help="A run folder, or the folder of one model.")],
    conditions: Conditions,
    output: NewFile,
    name: Annotated[str, typer.Option("--model", help="The surrogate, where a run folder is given.")] = "cgan",
    members: Annotated[int, typer.Option(min=1, help="Outcomes per condition, for stochastic scenarios.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the noise that tells members apart.")] = 0,
    threads: Threads = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Predict fields with a trained surrogate."""
    require_new(output)
    set_threads(threads)
    from ..data.netcdf import write_dataset
    from ..surrogate.registry import load
    from .fields import model_folder, read_conditions

    surrogate = load(model_folder(model, name))
    predicted = surrogate.predict(read_conditions(conditions, surrogate.description.inputs), members, seed)
    write_dataset(output, predicted)
    say(f"{output}: {predicted.sizes.get('sample', 1)} predictions by {surrogate.name}")


def _scenario(name: str, assignments: list[str] | None) -> "Scenario":
    from .run import configure

    return configure(name, "quick", *layers(None, assignments))[1]
