"""What has to be settled before numpy, numba, torch and matplotlib load: threads and writable caches."""

import errno
import io
import os
import sys
import tempfile
from pathlib import Path
from typing import TextIO, cast

import psutil

from ..solvers.errors import UsageError
from .machine import cores

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


def physical_cores() -> int:
    """Physical cores that this process may use: hyper-threads gain nothing on stencils and convolutions."""
    return max(1, min(cores(), psutil.cpu_count(logical=False) or cores(), _quota()))


def _quota() -> int:
    """Cores that the container's time quota amounts to (cgroup v2), or no limit."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError):
        return sys.maxsize


def memory() -> int:
    """Bytes that there are, or that the container may use (cgroup v2)."""
    total = int(psutil.virtual_memory().total)
    try:
        return min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):
        return total


def set_threads(threads: int | None) -> int:
    """Settle the threads of BLAS, numba and torch: the option, else OMP_NUM_THREADS, else the physical cores.

    Has to run before those libraries are loaded, for they read the environment once.

    Raises:
        UsageError: if the option asks for more threads than there are cores; the environment is held to them.
    """
    if threads is None and os.environ.get("OMP_NUM_THREADS", "").isdigit():
        threads = min(int(os.environ["OMP_NUM_THREADS"]), cores())
    threads = threads or physical_cores()
    if threads > cores():
        raise UsageError(f"--threads {threads} exceeds the {cores()} cores that are available; use fewer")
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
    return threads


def settle_caches() -> None:
    """Give numba and matplotlib a writable cache where neither the package folder nor a home is."""
    package = Path(__file__).parent.parent
    if os.access(package, os.W_OK) or _writable_home():
        return
    cache = Path(tempfile.mkdtemp(prefix="fieldgan-cache-"))
    os.environ.setdefault("NUMBA_CACHE_DIR", str(cache / "numba"))
    os.environ.setdefault("MPLCONFIGDIR", str(cache / "matplotlib"))


def _writable_home() -> bool:
    try:
        return os.access(Path.home(), os.W_OK)
    except RuntimeError:  # neither HOME nor an entry in the user database
        return False


def settle_streams() -> None:
    """Never fail on a character that the terminal's encoding lacks, and never write results into nothing.

    A closed descriptor is given to the null device, lest the next file that is opened takes its number and receives
    what libraries print.
    """
    for number in (1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
    sys.stdout, sys.stderr = sys.stdout or ClosedOutput(), sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            cast("_Text", stream).reconfigure(errors="replace")


class ClosedOutput(io.StringIO):
    """What stands for a closed stdout: writing fails."""

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, "it is closed; give it a file or a pipe", "stdout")


class _Text(TextIO):
    def reconfigure(self, *, errors: str) -> None: ...
