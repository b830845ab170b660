"""Fields of two kinds, a warm spot on the left or on the right, of a height of their own each; 28×28 cells."""

import numpy as np
import xarray as xr
from fieldgan.data.splits import split_of


def blobs(samples: int, cells: int = 28, seed: int = 0) -> xr.Dataset:
    """A field dataset whose first half of the samples has its spot on the left."""
    rng = np.random.default_rng(seed)
    s = (np.arange(cells) + 0.5) / cells
    left = np.arange(samples) < samples // 2
    centre = np.where(left, 0.3, 0.7)[:, None, None]
    height = rng.uniform(0.8, 1.2, (samples, 1, 1))
    fields = height * np.exp(-((s[:, None] - 0.5) ** 2 + (s - centre) ** 2) / 0.02)
    attrs = {"units": "K", "long_name": "temperature"}
    return xr.Dataset(
        {
            "side": ("sample", left.astype(np.float32), {"units": "1", "long_name": "side", "role": "condition"}),
            "temperature": (("sample", "y", "x"), fields.astype(np.float32), attrs | {"role": "target"}),
            "split": ("sample", np.array([split_of(i) for i in range(samples)], dtype=object)),
        },
        {
            "sample": np.arange(samples),
            "y": ("y", s, {"units": "m", "long_name": "distance northwards"}),
            "x": ("x", s, {"units": "m", "long_name": "distance eastwards"}),
        },
    )
