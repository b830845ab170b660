"""The command `import`: data of others as field files."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ..solvers.errors import UsageError
from .cli_options import Json, NewFile, Quiet, Verbose, require_new
from .console import say


def import_fields(
    output: NewFile,
    digits: Annotated[
        bool,
        typer.Option("--digits", help="The digits of scikit-learn, 8×8, upsampled to 28×28; needs the extra `digits`."),
    ] = False,
    mnist_dir: Annotated[
        Path | None,
        typer.Option("--mnist-dir", metavar="DIR", help="A folder with the four official MNIST files, .gz or not."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write data of others as fields that `train` takes; nothing is downloaded."""
    if digits == (mnist_dir is not None):
        raise UsageError("name one source: --digits, or --mnist-dir DIR")
    require_new(output)
    from ..data.digits import small_digits
    from ..data.idx import mnist
    from ..data.netcdf import write_dataset

    dataset = mnist(mnist_dir) if mnist_dir else small_digits()
    write_dataset(output, dataset)
    say(f"{output}: {dataset.sizes['sample']} samples, {dataset.attrs['title']}")
    if as_json:
        print(json.dumps({"output": str(output), "samples": dataset.sizes["sample"]}, indent=1, ensure_ascii=False))
