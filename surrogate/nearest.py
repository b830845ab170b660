"""The answer of the training sample whose conditions are nearest, in its own frame of reference."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..data.scenario import Array
from .components import Components, principal_components
from .encoding import Encoded

COMPONENTS = 256  # distances within the span of so many principal components of the conditions


def features(encoded: Encoded) -> Array:
    """Conditions as vectors (n, d) in which each field, and each scalar, has the same weight."""
    n = len(encoded.fields)
    cells = encoded.fields.shape[2] * encoded.fields.shape[3]
    return np.concatenate([encoded.fields.reshape(n, -1) / np.sqrt(cells, dtype=np.float32), encoded.scalars], axis=1)


@dataclass(frozen=True)
class Neighbours:
    """Training samples at `places` (n, r) of the principal components of their conditions."""

    components: Components
    places: Array

    def nearest(self, encoded: Encoded, count: int) -> Array:
        """Numbers of the training samples with the nearest conditions, nearest first, (n, count)."""
        at = self.components.coordinates(features(encoded))
        distances = (self.places**2).sum(axis=1) - 2 * at @ self.places.T
        return np.argsort(distances, axis=1, kind="stable")[:, :count]

    def tensors(self) -> Mapping[str, Array]:
        """All arrays by name."""
        c = self.components
        return {"mean": c.mean, "basis": c.basis, "deviations": c.deviations, "places": self.places}


def fit_neighbours(encoded: Encoded) -> Neighbours:
    """Remember the conditions of training samples."""
    vectors = features(encoded)
    components = principal_components(vectors, COMPONENTS)
    return Neighbours(components, components.coordinates(vectors))


def restore_neighbours(tensors: Mapping[str, Array]) -> Neighbours:
    """From stored arrays."""
    return Neighbours(Components(tensors["mean"], tensors["basis"], tensors["deviations"]), tensors["places"])


@dataclass(frozen=True)
class Nearest:
    """A Regressor that looks up the targets of its neighbours, (n, m, o, ny, nx).

    Members are the m outcomes of the nearest sample, then those of the next one, until there are enough.
    """

    neighbours: Neighbours
    targets: Array

    def __call__(self, encoded: Encoded, members: int, seed: int) -> Array:
        """Corrections of the nearest training samples, (n, members, targets, ny, nx), or one member where each has one."""
        outcomes = self.targets.shape[1]
        wanted = members if outcomes > 1 else 1
        found = self.targets[self.neighbours.nearest(encoded, -(-wanted // outcomes))]
        return np.asarray(found.reshape(len(found), -1, *found.shape[3:])[:, :wanted])

    def tensors(self) -> Mapping[str, Array]:
        """All arrays by name."""
        return {**self.neighbours.tensors(), "targets": self.targets}


def fit_nearest(encoded: Encoded, corrections: Array) -> Nearest:
    """Remember the training samples; corrections are (n, m, outputs, ny, nx)."""
    return Nearest(fit_neighbours(encoded), corrections)


def restore_nearest(tensors: Mapping[str, Array]) -> Nearest:
    """From stored arrays; older ones have no axis for outcomes."""
    targets = tensors["targets"]
    return Nearest(restore_neighbours(tensors), targets[:, None] if targets.ndim == 4 else targets)
