"""The commands that check: validate (solvers), verify (bytes), lint (meaning of data)."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..data.names import unknown
from ..solvers.errors import IntegrityError, UsageError
from .cli_options import Json, Quiet, RunFolder, Threads, Verbose
from .console import say
from .environment import set_threads

if TYPE_CHECKING:
    from ..solvers.validation import Check
    from .verification import Verdict

FAILED = 1


def validate(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[heat|flow|climate|plume]", help="Which solvers.  [default: all]", show_default=False),
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option("--figure", metavar="OUT.png", help="Also draw profiles of the flow in a cavity beside published ones."),
    ] = None,
    threads: Threads = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Compare the solvers with exact solutions and published tables; exit 1 where one fails."""
    set_threads(threads)
    from ..solvers.validation import VALIDATIONS

    for name in names or []:
        if name not in VALIDATIONS:
            raise UsageError(unknown("validation", name, list(VALIDATIONS)))
    if figure is not None:
        _draw_profiles(figure)
    checks = [check for name in names or VALIDATIONS for check in VALIDATIONS[name]()]
    print(json.dumps([asdict(check) for check in checks], indent=1, ensure_ascii=False) if as_json else _table(checks))
    if not all(check.passed for check in checks):
        raise typer.Exit(FAILED)


def _draw_profiles(path: Path) -> None:
    if path.suffix != ".png" or not path.parent.is_dir():
        raise UsageError(f"{path} cannot be drawn; name a .png file in a folder that exists")
    from ..data.storage import write_bytes
    from .figures import render
    from .figures_flow import cavity_profiles

    write_bytes(path, render(cavity_profiles)[0])


def verify(
    path: Annotated[Path, typer.Argument(help="A run folder, a data or model folder, or a data file.")],
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Remove damaged data files, so that `generate` makes just those again."),
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Compare every byte with what was written; exit 3 where one changed or a file is lost."""
    if not path.exists():
        raise UsageError(f"{path} does not exist; name a run folder, a data or model folder, or a data file")
    from .verification import verify as compare_bytes

    verdict = compare_bytes(path, repair)
    if as_json:
        print(json.dumps({"path": str(path), **asdict(verdict)}, indent=1, ensure_ascii=False, default=str))
    for line in verdict.unfinished:
        say(line)
    if verdict.problems:
        raise IntegrityError("\n".join([*verdict.problems, _summary(path, verdict, repair)]))
    say(f"{path}: every {'finished ' if verdict.unfinished else ''}file is as it was written")


def lint(
    run_folder: RunFolder,
    as_json: Json = False,
    threads: Threads = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Check that fields satisfy the discrete equations and that every condition matters; exit 1 if not."""
    set_threads(threads)
    from ..data.lint import lint as find_faults

    findings = find_faults(run_folder)
    print(json.dumps([asdict(f) for f in findings], indent=1) if as_json else "\n".join(map(str, findings)))
    if not all(finding.passed for finding in findings):
        raise typer.Exit(FAILED)


def _summary(path: Path, verdict: "Verdict", repair: bool) -> str:
    """How many problems, what was done about them, and what helps."""
    count = f"{path}: {len(verdict.problems)} problem{'s' if len(verdict.problems) > 1 else ''}"
    removed = f"removed {', '.join(map(str, verdict.removed))}" if verdict.removed else "nothing was removed"
    return "; ".join([count, *([removed] if repair else []), *verdict.remedies])


def _table(checks: "list[Check]") -> str:
    """One line per check: outcome, case, quantity, value, reference, tolerance."""
    rows = [("", "case", "quantity", "value", "reference", "tolerance")]
    rows += [
        (
            "ok" if c.passed else "FAILED",
            c.case,
            c.quantity,
            f"{c.value:.6g}",
            f"{c.reference:.6g}",
            f"{c.tolerance:.2g}",
        )
        for c in checks
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
