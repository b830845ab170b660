"""The options that several commands share, each described once; heavy modules are not loaded here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ..solvers.errors import UsageError
from .config import Tree, parse_assignments, read_toml
from .console import set_verbosity


def _quiet(value: bool) -> None:
    if value:
        set_verbosity("quiet")


def _verbose(value: bool) -> None:
    if value:
        set_verbosity("verbose")


def run_folder(name: str) -> Path:
    """A folder that may be made, before anything is computed for it.

    Raises:
        UsageError: if the name is empty, or a file stands where a folder would.
    """
    if not name:
        raise UsageError("-o '' names no folder; use -o . for the current one")
    folder = Path(name)
    for path in (folder, *folder.parents):
        if path.is_dir():
            break
        if path.exists() or path.is_symlink():
            raise UsageError(f"{path} is a file; name a folder")
    return folder


ScenarioName = Annotated[str, typer.Argument(metavar="SCENARIO", help="Name of a scenario; `fieldgan scenarios` lists them.")]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]
NewRun = Annotated[
    Path,
    typer.Option("--output", "-o", metavar="RUN", parser=run_folder, help="The run folder; made where it is missing."),
]
NewFile = Annotated[Path, typer.Option("--output", "-o", metavar="OUT.nc", help="The NetCDF file to write.")]
PresetName = Annotated[
    str,
    typer.Option(
        "--preset",
        metavar="quick|standard|large",
        help="How large the run is: minutes, an hour, a GPU or a cluster.",
    ),
]
ConfigFile = Annotated[Path | None, typer.Option("--config", metavar="FILE.toml", help="Settings that differ from the preset.")]
Assignments = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="SECTION.KEY=VALUE",
        help="One setting; may be repeated. `fieldgan config SCENARIO` lists them all.",
    ),
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", help="Seed of samples and networks, 0 or more.  [default: 0]", show_default=False),
]
Samples = Annotated[int | None, typer.Option("--samples", "-n", help="Number of samples; the same as --set data.samples=N.")]
ModelNames = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="A surrogate to train; may be repeated.  [default: those of the preset]",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        help="Local processes that generate samples.  [default: physical cores]",
        show_default=False,
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="A Dask scheduler to use in place of local processes, tcp://HOST:8786 say.",
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        min=1,
        help="Threads of BLAS, numba and torch.  [default: OMP_NUM_THREADS, else physical cores]",
        show_default=False,
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="auto|cpu|cuda|cuda:N|mps",
        help="Where networks work.  [default: cpu]",
        show_default=False,
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the plan (samples, memory, disk, time) and stop.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Remove results of an earlier run first.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.", callback=_quiet)]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show tracebacks.", callback=_verbose)]


def layers(
    file: Path | None = None,
    assignments: Sequence[str] | None = None,
    *,
    seed: int | None = None,
    samples: int | None = None,
    models: Sequence[str] | None = None,
    device: str | None = None,
) -> list[Tree]:
    """What was chosen on the command line, as layers of settings, later ones first.

    Raises:
        UsageError: for a file or an assignment that cannot be read.
    """
    chosen: list[tuple[object, Tree]] = [
        (seed, {"seed": seed}),
        (samples, {"data": {"samples": samples}}),
        (models or None, {"models": models}),
        (device, {"training": {"device": device}}),
    ]
    options = [layer for value, layer in chosen if value is not None]
    return [read_toml(file) if file else {}, parse_assignments(assignments or []), *options]


def require_new(file: Path) -> None:
    """Refuse an output file that cannot be written, before anything is computed.

    Raises:
        UsageError: if it is a folder, or its folder does not exist.
    """
    if file.is_dir():
        raise UsageError(f"{file} is a folder; name a file, {file / 'out.nc'} say")
    if not file.parent.is_dir():
        raise UsageError(f"the folder {file.parent} does not exist; make it first")
