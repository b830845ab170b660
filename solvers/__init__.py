"""Numerics: grids, boundaries, Numba kernels, Poisson solvers and the models built on them. No files, no torch."""

from contextlib import suppress
from pathlib import Path


def _forget_stale_kernels(folder: Path) -> None:
    """Delete compiled kernels that are older than any source.

    Numba renews a kernel when the file it stands in changes, blind to the files of the kernels that it calls.
    """
    newest = max(source.stat().st_mtime for source in folder.glob("*.py"))
    for kernel in folder.glob("__pycache__/*.nb?"):
        with suppress(OSError):
            if kernel.stat().st_mtime < newest:
                kernel.unlink()


_forget_stale_kernels(Path(__file__).parent)
