"""The command `fieldgan`: its commands, and how it ends.

Errors are one line on stderr and an exit code, see solvers/errors.py. Commands load heavy modules themselves.
"""

import errno
import os
import signal
import sys
import traceback
from types import FrameType
from typing import Any

import typer
from typer.core import TyperGroup

from .. import __version__
from ..solvers.errors import FieldganError
from ..surrogate.interrupts import Interrupted
from . import cli_century, cli_check, cli_fields, cli_import, cli_run, cli_show
from .console import set_verbosity, verbose, warn
from .environment import settle_caches, settle_streams

USAGE = 2
RESUMABLE = ("run", "generate", "train", "compare")
USAGE_ERROR: Any = typer.BadParameter.__base__  # of typer's own parser, or of click under older versions


class Commands(TyperGroup):
    """Commands in the order in which they are used; an interruption leaves by its own exit code."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of their definition."""
        return list(self.commands)

    def invoke(self, ctx: Any) -> Any:
        """Run the command, and tell an interruption apart before the parser makes it an abort."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interruption:
            raise Stopped(interruption, ctx.invoked_subcommand) from None


class Stopped(FieldganError):
    """A command that a signal ended."""

    def __init__(self, interruption: KeyboardInterrupt, command: str | None) -> None:
        reason = str(interruption) or "stopped"
        resume = "; run the same command again to go on" if command in RESUMABLE and "again" not in reason else ""
        super().__init__(reason + resume)
        self.exit_code = getattr(interruption, "exit_code", 128 + signal.SIGINT)


app = typer.Typer(
    cls=Commands,
    help="Can a conditional GAN replace your PDE solver: how fast, how wrong, and when not?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
for command in (
    cli_show.scenarios,
    cli_run.run,
    cli_run.generate,
    cli_run.train,
    cli_run.compare,
    cli_fields.sample,
    cli_fields.solve,
    cli_fields.predict,
    cli_century.century,
    cli_check.validate,
    cli_check.verify,
    cli_check.lint,
    cli_show.inspect,
    cli_show.config,
    cli_show.info,
):
    app.command()(command)
app.command("import")(cli_import.import_fields)


def _version(value: bool) -> None:
    if value:
        print(f"fieldgan {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


def main() -> None:
    """Run a command and exit with its code."""
    settle_streams()
    settle_caches()
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    code = call(sys.argv[1:])
    _leave(code)


def call(arguments: list[str]) -> int:
    """Run a command; every failure is told in one line.

    Returns:
        The exit code.
    """
    try:
        return int(app(arguments, prog_name="fieldgan", standalone_mode=False) or 0)
    except FieldganError as error:
        _tell(str(error))
        return error.exit_code
    except USAGE_ERROR as error:
        _tell(error.format_message())
        return USAGE
    except KeyboardInterrupt as interruption:
        return Stopped(interruption, None).exit_code
    except Exception as error:
        return _unexpected(error)
    finally:
        set_verbosity("normal")


def _unexpected(error: Exception) -> int:
    if isinstance(error, OSError) and error.errno == errno.EPIPE:  # the reader of our output has left
        return 1
    if isinstance(error, MemoryError):
        _tell("out of memory; use fewer samples, smaller batches or fewer workers")
    elif isinstance(error, OSError) and error.strerror:
        _tell(f"{error.filename or 'output'}: {error.strerror}")
    else:
        first = (str(error).splitlines() or ["no message"])[0]
        _tell(f"unexpected {type(error).__name__}: {first}; -v shows the traceback")
    return 1


def _tell(message: str) -> None:
    if verbose() and sys.exc_info()[0]:
        warn(traceback.format_exc().rstrip())
    for line in message.splitlines():
        warn(f"fieldgan: {line}")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interrupted(number, "stopped")


def _leave(code: int) -> None:
    """Exit; where stdout has no reader any more, without a complaint about that."""
    try:
        sys.stdout.flush()
    except OSError as error:
        if error.errno != errno.EPIPE:
            _tell(f"output: {error.strerror}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = code or 1
    sys.exit(code)
