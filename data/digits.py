"""Pictures of handwritten digits as field datasets: the label is the condition, the grey levels are the target."""

import numpy as np
import xarray as xr

from ..solvers.errors import UsageError
from ..solvers.regrid import regrid
from .scenario import Array
from .schema import global_attributes
from .splits import split_of

CELLS = 28
DARKEST = 16.0  # grey levels of scikit-learn's digits run from 0 to 16
SOURCE = "scikit-learn digits, 8×8, upsampled"


def small_digits() -> xr.Dataset:
    """The 1797 digits that scikit-learn ships, 8×8 cells, interpolated to 28×28.

    They are the test set of E. Alpaydin & C. Kaynak, Optical recognition of handwritten digits, UCI repository (1998); not MNIST.

    Raises:
        UsageError: if scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError:
        raise UsageError("--digits needs scikit-learn; install it with `pip install fieldgan[digits]`") from None
    found = load_digits()
    pictures = regrid(np.asarray(found.images, dtype=np.float64), (CELLS, CELLS)).clip(0, DARKEST)
    return picture_dataset(pictures, np.asarray(found.target), np.array([split_of(i) for i in range(len(pictures))]), SOURCE)


def picture_dataset(pictures: Array, labels: Array, splits: Array, source: str) -> xr.Dataset:
    """Pictures as a field dataset (sample, y, x).

    Args:
        pictures: grey levels (n, ny, nx), the top row first; y falls along the rows.
        labels: the digit that each shows, (n,).
        splits: train, validation or test, (n,).
        source: what they are, for the title.
    """
    n, ny, nx = pictures.shape
    text = {"units": "1", "long_name": "train, validation or test"}
    fields = {
        "label": ("sample", labels.astype(np.float32), {"units": "1", "long_name": "digit", "role": "condition"}),
        "image": (
            ("sample", "y", "x"),
            pictures.astype(np.float32),
            {"units": "1", "long_name": "grey level", "role": "target"},
        ),
        "split": ("sample", splits.astype(object), text),
    }
    coords = {
        "sample": ("sample", np.arange(n), {"units": "1", "long_name": "number of the sample"}),
        "y": ("y", np.arange(ny)[::-1] + 0.5, {"units": "1", "long_name": "distance upwards in cells", "axis": "Y"}),
        "x": ("x", np.arange(nx) + 0.5, {"units": "1", "long_name": "distance to the right in cells", "axis": "X"}),
    }
    return xr.Dataset(fields, coords, global_attributes(source, "imported"))
