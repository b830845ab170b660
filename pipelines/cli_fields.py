"""The commands on single fields: sample, solve, predict."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..solvers.errors import UsageError
from .cli_options import (
    Assignments,
    Device,
    Json,
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
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO|MODEL",
            help="Name of a scenario, as `fieldgan scenarios` lists them, or the folder of an unconditional model.",
        ),
    ],
    samples: Annotated[int, typer.Option("--samples", "-n", min=1, help="Number of problems, or fields, to draw.")],
    output: NewFile,
    seed: Annotated[int, typer.Option(min=0, help="Sample i depends on the seed and on i alone.")] = 0,
    resolution: Annotated[
        int | None,
        typer.Option(min=2, help="Cells along the first axis.  [default: as stored]", show_default=False),
    ] = None,
    assignments: Assignments = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Draw conditions only, or fields from an unconditional model, and store them."""
    require_new(output)
    if (Path(scenario) / "model.safetensors").is_file():
        if resolution or assignments:
            raise UsageError(f"{scenario} is a model, whose grid and settings are fixed; leave --resolution and --set out")
        _draw_fields(Path(scenario), samples, output, seed, as_json)
        return
    from ..data.netcdf import write_dataset
    from .fields import check_drawn, draw

    made = _scenario(scenario, assignments)
    check_drawn(made, output, samples, resolution)
    write_dataset(output, draw(made, samples, seed, resolution))
    _tell(output, samples, f"problems of {scenario}", as_json)


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
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Solve given conditions with the reference solver."""
    require_new(output)
    set_threads(threads)
    from ..data.netcdf import write_dataset
    from .fields import read_conditions, solve_all

    made = _scenario(scenario, assignments)
    given = read_conditions(conditions, made.inputs, made.domain.dims, made)
    solved = solve_all(made, given, resolution, seed)
    write_dataset(output, solved)
    _tell(output, solved.sizes["sample"], "solutions", as_json)


def predict(
    model: Annotated[Path, typer.Argument(metavar="RUN|MODEL", help="A run folder, or the folder of one model.")],
    conditions: Conditions,
    output: NewFile,
    name: Annotated[str, typer.Option("--model", help="The surrogate, where a run folder is given.")] = "cgan",
    members: Annotated[int, typer.Option(min=1, help="Outcomes per condition, for stochastic scenarios.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the noise that tells members apart.")] = 0,
    threads: Threads = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Predict fields with a trained surrogate."""
    require_new(output)
    set_threads(threads)
    from ..data.netcdf import write_dataset
    from .fields import check_predicted, model_folder, predict_all, read_conditions, scenario_of

    folder = model_folder(model, name)
    check_predicted(conditions, output, members)
    from ..surrogate.registry import load  # loads torch, which takes seconds
    from ..surrogate.virtual import is_virtual

    if is_virtual(folder):
        raise UsageError(f"{folder} takes no conditions; draw fields with `fieldgan sample {folder} -n 100 -o {output}`")

    surrogate = load(folder, device=device or "cpu")
    d = surrogate.description
    predicted = predict_all(surrogate, read_conditions(conditions, d.inputs, d.dims, scenario_of(d)), members, seed)
    write_dataset(output, predicted)
    _tell(output, predicted.sizes.get("sample", 1), f"predictions by {surrogate.name}", as_json)


def _draw_fields(folder: Path, samples: int, output: Path, seed: int, as_json: bool) -> None:
    """Fields from an unconditional model in a file."""
    from ..data.netcdf import write_dataset
    from ..data.plan import check_file
    from ..surrogate.dcgan import CELLS  # loads torch, which takes seconds
    from ..surrogate.virtual import is_virtual, load_virtual

    if not is_virtual(folder):
        raise UsageError(f"{folder} predicts from conditions; use `fieldgan predict {folder} CONDITIONS.nc -o {output}`")
    check_file(output, samples * CELLS**2, "use fewer samples")
    write_dataset(output, load_virtual(folder).generate(samples, seed))
    _tell(output, samples, f"virtual fields by {folder.name}", as_json)


def _tell(output: Path, samples: int, what: str, as_json: bool) -> None:
    say(f"{output}: {samples} {what}")
    if as_json:
        print(json.dumps({"output": str(output), "samples": samples}, indent=1, ensure_ascii=False))


def _scenario(name: str, assignments: list[str] | None) -> "Scenario":
    from .configure import configure

    return configure(name, "quick", *layers(None, assignments))[1]
