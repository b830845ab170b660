"""Open data: a run, a data folder, or any NetCDF files whose variables share a grid."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from ..solvers.errors import IntegrityError, UsageError
from .members import COUNT, MEMBER, counting, shortest, without_padding
from .scenario import Array
from .schema import ROUGH, named, validate
from .splits import SPLITS, fewest, split_of
from .storage import MANIFEST, member, read_manifest, sha256

NUMBERED = {"units": "1", "long_name": "number of the cell"}
BOOKKEEPING = ("split", "seed", "solve_seconds", "solver_residual", "solve_resolution", COUNT, ROUGH)


def open_dataset(
    path: str | Path | Sequence[str | Path], conditions: Sequence[str] = (), targets: Sequence[str] = ()
) -> xr.Dataset:
    """Open a field dataset lazily, after every file was compared with its manifest where there is one.

    Args:
        path: a run folder, a data folder, or one or several NetCDF files.
        conditions, targets: names of variables, for files without `role` attributes; the first dimension of
            the first target counts samples, its last two are the grid.
    Raises:
        IntegrityError: if a file is missing, changed, unreadable or not a field dataset.
        UsageError: if nothing stands there, or a name is unknown.
    """
    files = [file for p in ([path] if isinstance(path, str | Path) else path) for file in _files(Path(p))]
    if not files:
        raise UsageError("no data file is given; name a run folder or NetCDF files")
    dataset = concatenate(files, conditions, targets)
    validate(dataset, str(files[0]) if len(files) == 1 else str(files[0].parent))
    return dataset


def concatenate(
    files: Sequence[Path], conditions: Sequence[str] = (), targets: Sequence[str] = ()
) -> xr.Dataset:
    """NetCDF files of equal structure, one after the other along `sample`, lazily and unchecked.

    Raises:
        IntegrityError: if one cannot be read, or their variables or grids differ.
    """
    parts = [_adopt(_open(file), conditions, targets, file) for file in files]
    try:
        dataset = xr.concat(
            parts,
            "sample",
            data_vars="minimal",
            coords="minimal",
            compat="override",
            join="exact",
            combine_attrs="override",
        )
    except (ValueError, KeyError) as error:
        raise IntegrityError(f"{files[0]} and the files beside it do not fit together: {error}") from None
    if "split" not in dataset:
        splits = np.array([split_of(i) for i in range(dataset.sizes["sample"])], dtype=object)
        dataset["split"] = ("sample", splits, {"units": "1", "long_name": "train, validation or test"})
        dataset["sample"] = ("sample", np.arange(dataset.sizes["sample"]), {"units": "1"})
    return dataset


def select(dataset: xr.Dataset, split: str) -> xr.Dataset:
    """The samples of one split.

    Raises:
        UsageError: for an unknown split, or one without samples.
    """
    if split not in SPLITS:
        raise UsageError(f"unknown split {split!r}; known are {', '.join(SPLITS)}")
    rows = np.flatnonzero(dataset["split"].values == split)
    if not len(rows):
        counted = f"none of the {dataset.sizes['sample']} samples is in the {split} split"
        one_in = json.loads(dataset.attrs.get("fieldgan_identity", "{}")).get("rough", {}).get("one_in", 1)
        raise UsageError(f"{counted}; use {fewest({split: 1}, one_in)} samples or more")
    return dataset.isel(sample=rows)


def arrays(dataset: xr.Dataset, names: Sequence[str]) -> dict[str, Array]:
    """The values of some variables in memory, in their stored type.

    Those with members have as many as the longest sample; where others have fewer, NaN stands for the rest.

    Raises:
        UsageError: for an unknown name.
        IntegrityError: if a value is not a finite number or a checksum in the file fails.
    """
    _known(dataset, names, "the dataset")
    for name in names:
        if dataset[name].dtype.kind not in "fiu":
            raise IntegrityError(f"{name} has type {dataset[name].dtype}; expected float32 or float64")
    try:
        counts = [COUNT] if COUNT in dataset else []
        loaded = without_padding(dataset[[*names, *counts]]).load()
    except (OSError, RuntimeError) as error:
        raise IntegrityError(f"the data cannot be read ({error}); run `fieldgan verify` on them") from None
    for name in names:
        bad = ~np.isfinite(loaded[name].values)
        if MEMBER in loaded[name].dims:
            bad[~counting(loaded)] = False
        if bad.any():
            row = int(np.argwhere(bad)[0][0]) if bad.ndim else 0
            raise IntegrityError(
                f"{name} is not finite in {bad.sum()} values, first in sample {row}; fill or drop them"
            )
    return {name: loaded[name].values for name in names}


def data_folder(path: Path) -> Path:
    """The data folder of a run, or the folder itself."""
    return path / "data" if (path / "data").is_dir() else path


def with_samples(dataset: xr.Dataset, dimension: str) -> xr.Dataset:
    """The dataset with a dimension called `sample`: one that has another name is renamed, its coordinate dropped."""
    if dimension == "sample":
        return dataset
    return dataset.drop_vars(dimension, errors="ignore").rename({dimension: "sample"})


def with_coordinates(dataset: xr.Dataset, dims: Sequence[str]) -> xr.Dataset:
    """The dataset with cell numbers as coordinates, of unit "1", along dimensions that have none."""
    missing = {d: (d, np.arange(dataset.sizes[d], dtype=np.float64), NUMBERED) for d in dims if d not in dataset.coords}
    return dataset.assign_coords(missing)


def numbered_axes(dataset: xr.Dataset) -> list[str]:
    """The dimensions that `with_coordinates` gave numbers."""
    return [str(d) for d in dataset.dims if d in dataset.coords and NUMBERED.items() <= dataset[d].attrs.items()]


def _files(path: Path) -> list[Path]:
    """The data files that a path stands for, checked against their manifest."""
    if path.is_file():
        return [_checked(path)]
    if not path.exists():
        raise UsageError(f"{path} does not exist; name a run folder or a NetCDF file")
    folder = data_folder(path)
    manifest = read_manifest(folder)
    if not manifest.get("complete"):
        raise IntegrityError(f"the data in {folder} are incomplete; run `fieldgan generate` again to go on")
    names = sorted(name for name in manifest["files"] if name.endswith(".nc"))
    for name in manifest["files"]:
        _check(folder, name, manifest["files"][name]["sha256"])
    return [folder / name for name in names]


def _checked(file: Path) -> Path:
    if (file.parent / MANIFEST).is_file():
        entry = read_manifest(file.parent)["files"].get(file.name)
        if entry:
            _check(file.parent, file.name, entry["sha256"])
    return file


def _check(folder: Path, name: str, expected: str) -> None:
    path = member(folder, name)
    if not path.is_file() or sha256(path) != expected:
        state = "was changed" if path.is_file() else "is missing"
        raise IntegrityError(
            f"{path} {state}; `fieldgan verify --repair` and `fieldgan generate` make it again"
        )


def _open(file: Path) -> xr.Dataset:
    """A file with its bookkeeping in memory and its fields as dask arrays, in chunks of all samples and the members stored
    together."""
    try:
        dataset = xr.open_dataset(file, engine="netcdf4", decode_timedelta=False)
        known = dataset[[name for name in BOOKKEEPING if name in dataset]].load()
        together = {MEMBER: shortest(dataset)} if MEMBER in dataset.dims else {}
        return dataset.drop_vars(list(known.data_vars)).chunk(together).assign(known.data_vars)
    except (OSError, RuntimeError, ValueError, KeyError, AttributeError) as error:
        raise IntegrityError(f"{file} cannot be read as NetCDF: {error}") from None


def _adopt(dataset: xr.Dataset, conditions: Sequence[str], targets: Sequence[str], file: Path) -> xr.Dataset:
    """Give the variables of a foreign file their roles, its first dimension the name `sample`, the others coordinates."""
    _known(dataset, (*conditions, *targets), str(file))
    conditions = conditions or named(dataset, "condition")
    targets = targets or named(dataset, "target")
    if not (conditions and targets):
        raise IntegrityError(
            f"{file} does not say what is given and what is sought; use --conditions and --targets"
        )
    if both := set(conditions) & set(targets):
        raise UsageError(f"{', '.join(sorted(both))} cannot be both condition and target; name it once")
    kept = dataset[[*conditions, *targets, *(name for name in BOOKKEEPING if name in dataset)]]
    dims = [str(d) for d in kept[targets[0]].dims]
    if dims:
        kept = with_coordinates(with_samples(kept, dims[0]), dims[1:][-2:])
    for names, role in ((conditions, "condition"), (targets, "target")):
        for name in names:
            told = {"units": "1", "long_name": name} | {k: v for k, v in kept[name].attrs.items() if v}
            kept[name].attrs = told | {"role": role}
    return kept


def _known(dataset: xr.Dataset, names: Sequence[str], source: str) -> None:
    if unknown := [name for name in names if name not in dataset]:
        raise UsageError(
            f"{source} has no variable {unknown[0]!r}; it has {', '.join(map(str, dataset.data_vars))}"
        )
