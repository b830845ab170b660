"""Datasets as NetCDF4 bytes, checksummed and whole."""

from pathlib import Path
from typing import Any

import netCDF4
import xarray as xr
from xarray.backends.netCDF4_ import NETCDF4_PYTHON_LOCK

from .members import MEMBER, shortest
from .storage import write_bytes


def encode(dataset: xr.Dataset) -> bytes:
    """A dataset as a NetCDF4 file in memory, so that a full disk is met by a plain write.

    Variables carry a fletcher32 checksum, so that a flipped bit is a read error, and numeric ones no fill value. Those with
    members are compressed, as most of a shorter ensemble is missing values: of every sample in pieces of as many as the shortest
    has, so that who reads the short ones does not unpack what is missing.
    """
    with NETCDF4_PYTHON_LOCK:  # the library is not thread-safe, and a worker may have several threads
        file = netCDF4.Dataset("memory.nc", mode="w", memory=dataset.nbytes)
        store = xr.backends.NetCDF4DataStore(file, lock=False)  # type: ignore[no-untyped-call]
        dataset.dump_to_store(store, encoding=_encoding(dataset))
        return bytes(file.close())


def write_dataset(path: Path, dataset: xr.Dataset) -> None:
    """Write a dataset whole."""
    write_bytes(path, encode(dataset))


def _encoding(dataset: xr.Dataset) -> dict[str, dict[str, Any]]:
    encoding: dict[str, dict[str, Any]] = {}
    for name, v in dataset.variables.items():
        if v.dtype.kind in "OU":  # as characters: HDF5 2.0 crashes on variable-length text after other files were closed
            encoding[str(name)] = {"dtype": "S1", "fletcher32": True}
        elif v.dtype.kind in "fiu":
            checksum = {"fletcher32": True, "chunksizes": v.shape} if v.ndim and v.size else {}
            if v.dims[:2] == ("sample", MEMBER):
                checksum |= {"zlib": True, "complevel": 1, "shuffle": True, "chunksizes": (1, shortest(dataset), *v.shape[2:])}
            encoding[str(name)] = {"_FillValue": None, **checksum}
    return encoding
