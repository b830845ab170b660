"""POD: the best linear basis, and regression that recovers what is in the span of its kernel."""

import numpy as np
import pytest
from fieldgan.surrogate.components import principal_components
from fieldgan.surrogate.encoding import Encoded
from fieldgan.surrogate.pod import Kernel, fit_pod, restore_pod
from fieldgan.surrogate.settings import PODSettings

RNG = np.random.default_rng(0)
FACTORS, RESPONSES = RNG.normal(size=(5, 2 * 64)), RNG.normal(size=(5, 64))


def sample(n: int, seed: int, response: str = "linear") -> tuple[Encoded, np.ndarray]:
    """Conditions in a five-dimensional space, and targets that answer them."""
    z = np.random.default_rng(seed).normal(size=(n, 5))
    fields = (z @ FACTORS).reshape(n, 2, 8, 8).astype(np.float32)
    answer = z if response == "linear" else np.sin(z)
    return Encoded(fields, np.zeros((n, 0), np.float32), None), (answer @ RESPONSES + 3).reshape(n, 1, 8, 8).astype(np.float32)


def relative_error(guess: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.linalg.norm(guess - wanted) / np.linalg.norm(wanted - wanted.mean(axis=0)))


def test_components_are_those_of_the_singular_value_decomposition() -> None:
    a = np.random.default_rng(1).normal(size=(20, 50)) * np.geomspace(1, 0.01, 50)
    components = principal_components(a, 6)
    _, values, rows = np.linalg.svd(a - a.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(components.deviations, values[:6] / np.sqrt(20), rtol=1e-8)
    np.testing.assert_allclose(np.abs(np.sum(components.basis * rows[:6], axis=1)), 1, rtol=1e-6)


def test_truncation_error_is_that_of_eckart_and_young() -> None:
    a = np.random.default_rng(1).normal(size=(20, 50)) * np.geomspace(1, 0.01, 50)
    components = principal_components(a, 6)
    error = np.linalg.norm(components.samples(components.coordinates(a)) - a)
    values = np.linalg.svd(a - a.mean(axis=0), compute_uv=False)
    assert error == pytest.approx(np.sqrt(np.sum(values[6:] ** 2)), rel=1e-6)


def test_no_more_components_than_there_is_variance() -> None:
    a = np.ones((4, 10))
    a[:, 0] = [1, 2, 3, 4]
    assert len(principal_components(a, 9).basis) == 1
    assert len(principal_components(np.ones((3, 10)), 9).basis) == 0


def test_kernel_by_hand() -> None:
    kernel = Kernel(length=0.5, noise=0.0, trend=0.1, power=0.0)
    x, y = np.array([[1.0, 2.0]]), np.array([[3.0, 0.0], [1.0, 2.0]])
    expected = [[np.exp(-8 / 4 / (4 * 0.25)) + 0.1 * 3 / 4, 1 + 0.1 * 5 / 4]]
    np.testing.assert_allclose(kernel(x, y, spread=4.0), expected, rtol=1e-12)


def test_a_linear_response_is_recovered() -> None:
    encoded, targets = sample(200, 0)
    pod = fit_pod(encoded, targets, *sample(50, 1), PODSettings())
    unseen, wanted = sample(50, 2)
    assert relative_error(pod(unseen, 1, 0)[:, 0], wanted) < 0.03


def test_a_curved_response_is_learned_better_than_by_the_best_line() -> None:
    encoded, targets = sample(400, 0, "curved")
    pod = fit_pod(encoded, targets, *sample(50, 1, "curved"), PODSettings())
    unseen, wanted = sample(100, 2, "curved")
    design, outputs = (a.reshape(len(a), -1) for a in (encoded.fields, targets))
    line = np.linalg.lstsq(np.c_[design, np.ones(400)], outputs, rcond=1e-6)[0]
    linear = (np.c_[unseen.fields.reshape(100, -1), np.ones(100)] @ line).reshape(wanted.shape)
    assert relative_error(pod(unseen, 1, 0)[:, 0], wanted) < 0.5 * relative_error(linear, wanted)


def test_one_sample_and_no_validation() -> None:
    encoded, targets = sample(1, 0)
    empty = sample(0, 1)
    pod = fit_pod(encoded, targets, *empty, PODSettings())
    np.testing.assert_allclose(pod(sample(3, 2)[0], 1, 0)[1, 0], targets[0], rtol=1e-5)


def test_stored_and_restored() -> None:
    pod = fit_pod(*sample(60, 0), *sample(20, 1), PODSettings(modes=3, components=4))
    again = restore_pod(dict(pod.tensors()))
    unseen, _ = sample(5, 2)
    np.testing.assert_array_equal(again(unseen, 1, 0), pod(unseen, 1, 0))
    assert pod(unseen, 1, 0).shape == (5, 1, 1, 8, 8)
    assert pod.modes.basis.shape == (3, 64)
