"""What the comparison ran on: processor, memory and versions."""

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

PACKAGES = ("fieldgan", "numpy", "scipy", "numba", "torch", "xarray", "netCDF4", "dask", "matplotlib")


def machine(threads: int) -> dict[str, Any]:
    """Processor, cores, threads in use, memory [GiB], graphics processor and versions."""
    return {
        "cpu": processor(),
        "cores": cores(),
        "threads": threads,
        "memory": f"{psutil.virtual_memory().total / 2**30:.1f} GiB",
        "gpu": graphics_processor(),
        "system": platform.platform(terse=True),
        "versions": {"python": platform.python_version(), **installed_versions()},
    }


def cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor() -> str:
    """Model name of the processor, where the system tells."""
    listing = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", listing.read_text(errors="replace")) if listing.exists() else None
    return found.group(1).strip() if found else platform.processor() or platform.machine()


def graphics_processor() -> str | None:
    """Name of the first CUDA device, or None."""
    import torch

    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else None


def installed_versions() -> dict[str, str]:
    """Versions of the packages that matter for numbers and times."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions
