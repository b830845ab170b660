"""Principal components of fields, through the Gram matrix of the samples."""

from dataclasses import dataclass

import numpy as np

from ..data.scenario import Array


@dataclass(frozen=True)
class Components:
    """An orthonormal basis about a mean: mean (d,), basis (r, d), standard deviations (r,) of coordinates."""

    mean: Array
    basis: Array
    deviations: Array

    def coordinates(self, samples: Array) -> Array:
        """(n, d) -> (n, r)."""
        return np.asarray((samples - self.mean) @ self.basis.T)

    def samples(self, coordinates: Array) -> Array:
        """(n, r) -> (n, d)."""
        return np.asarray(coordinates @ self.basis + self.mean)


def principal_components(samples: Array, count: int) -> Components:
    """The `count` directions of largest variance, by the method of snapshots (Sirovich 1987).

    Args:
        samples: (n, d); at most n − 1 components have any variance, and no others are returned.
    """
    mean = samples.mean(axis=0)
    centred = samples - mean
    values, vectors = np.linalg.eigh((centred @ centred.T).astype(np.float64))
    keep = np.argsort(values)[::-1][:count]
    keep = keep[values[keep] > 1e-10 * max(float(values[-1]), 1e-300)]
    sizes = np.sqrt(values[keep])
    basis = np.ascontiguousarray((vectors[:, keep] / sizes).T, samples.dtype) @ centred
    return Components(mean, basis, (sizes / np.sqrt(len(samples))).astype(samples.dtype))
