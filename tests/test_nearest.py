"""Nearest neighbour: the nearest of all, in the frame of reference of its sample."""

import numpy as np
from fieldgan.surrogate.encoding import Encoded
from fieldgan.surrogate.nearest import features, fit_nearest, restore_nearest


def sample(n: int, seed: int) -> tuple[Encoded, np.ndarray]:
    rng = np.random.default_rng(seed)
    fields = rng.normal(size=(n, 2, 6, 6)).astype(np.float32)
    return Encoded(fields, rng.normal(size=(n, 1)).astype(np.float32), None), rng.normal(size=(n, 1, 6, 6)).astype(np.float32)


def test_training_samples_find_themselves() -> None:
    encoded, targets = sample(40, 0)
    nearest = fit_nearest(encoded, targets[:, None])
    np.testing.assert_array_equal(nearest(encoded, 1, 0)[:, 0], targets)


def test_the_answer_is_that_of_the_least_distance() -> None:
    encoded, targets = sample(40, 0)
    unseen, _ = sample(30, 1)
    distances = np.linalg.norm(features(unseen)[:, None] - features(encoded)[None], axis=2)
    np.testing.assert_array_equal(fit_nearest(encoded, targets[:, None])(unseen, 1, 0)[:, 0], targets[distances.argmin(axis=1)])


def test_a_field_weighs_as_much_as_a_scalar() -> None:
    fields = np.zeros((2, 2, 6, 6), np.float32)
    fields[1, 0] = 1.0
    by_field = features(Encoded(fields, np.zeros((2, 1), np.float32), None))
    by_scalar = features(Encoded(np.zeros((2, 2, 6, 6), np.float32), np.array([[0], [1]], np.float32), None))
    np.testing.assert_allclose([np.linalg.norm(a[1] - a[0]) for a in (by_field, by_scalar)], 1, rtol=1e-6)


def test_stored_and_restored() -> None:
    encoded, targets = sample(10, 0)
    nearest = fit_nearest(encoded, targets[:, None])
    unseen, _ = sample(5, 1)
    np.testing.assert_array_equal(restore_nearest(dict(nearest.tensors()))(unseen, 1, 0), nearest(unseen, 1, 0))
