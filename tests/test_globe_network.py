"""What networks make of the globe: months as channels, latitude, symmetries, and levels that go around."""

import numpy as np
import pytest
import torch
from fieldgan.data.scenario import Fields, Symmetry
from fieldgan.solvers.errors import UsageError
from fieldgan.surrogate.augmentation import Batch, augment, mirrors
from fieldgan.surrogate.encoding import Encoding
from fieldgan.surrogate.generators import build_generator, fit_generator
from fieldgan.surrogate.levels import globe_levels
from fieldgan.surrogate.modal import ModalGenerator
from fieldgan.surrogate.networks import Critic, Generator
from fieldgan.surrogate.normalisation import fit
from fieldgan.surrogate.padding import beyond_poles
from fieldgan.surrogate.settings import ModelSettings
from fieldgan.surrogate.training_data import Samples
from globe_balance import GLOBE, INPUTS, SYMMETRIES, TARGETS

LATITUDES = tuple(map(float, GLOBE.domain.coords(8)["lat"].values))


def samples(n: int, seed: int = 0) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    drawn = [GLOBE.render(GLOBE.draw(np.random.default_rng([seed, i])), 8) for i in range(n)]
    conditions = {name: np.stack([c[name] for c in drawn]) for name in drawn[0]}
    solved = [GLOBE.simulate(c, 0) for c in drawn]
    return conditions, {name: np.stack([s[name] for s in solved]) for name in solved[0]}


def encoding(lift: Fields | None = None) -> Encoding:
    conditions, truth = samples(12)
    return fit(INPUTS, TARGETS, Samples(conditions, truth, lift), symmetries=SYMMETRIES, latitudes=LATITUDES)


def batch(model: Encoding, conditions: Fields, truth: Fields) -> Batch:
    encoded = model.encode(conditions, None)
    corrections = model.corrections_of(truth, None, encoded.frame)
    parts = (encoded.fields, encoded.scalars, corrections, np.ones((len(corrections), 1, 8, 16), np.float32))
    return Batch(*(torch.from_numpy(a) for a in parts))


@pytest.mark.parametrize("lifted", [False, True])
def test_decoding_inverts_with_months(lifted: bool) -> None:
    _, truth = samples(12)
    base = {name: 0.9 * a for name, a in truth.items()} if lifted else None
    model = encoding(base)
    assert (model.channels, model.outputs) == ((1 + 25 + 2, 25) if lifted else (3, 25))
    corrections = model.corrections_of(truth, base, None)
    back = model.decode(corrections[:, None], base, None)
    for name, a in truth.items():
        np.testing.assert_allclose(back[name][:, 0], a, rtol=0, atol=2e-5 * np.abs(a).max())


def test_lifts_enter_month_by_month() -> None:
    conditions, truth = samples(12)
    model = encoding(truth)
    before = model.encode(conditions, truth).fields
    warmer = {**truth, "temperature": truth["temperature"].copy()}
    warmer["temperature"][:, 4] += 1
    changed = np.abs(model.encode(conditions, warmer).fields - before).max(axis=(0, 2, 3)) > 0
    assert np.flatnonzero(changed).tolist() == [1 + 4]


def test_the_network_is_told_the_latitude() -> None:
    conditions, _ = samples(3)
    sine, cosine = encoding().encode(conditions, None).fields[0, -2:]
    found = np.degrees(np.arctan2(sine, cosine)).T
    assert found == pytest.approx(np.broadcast_to(LATITUDES, (16, 8)), abs=1e-4)


def test_no_correction_is_the_mean_by_latitude_and_month() -> None:
    """Without a lift; north and south, half a year apart, share it, as the symmetries have it."""
    model, (_, truth) = encoding(), samples(12)
    mean = model.decode(np.zeros((1, 1, 25, 8, 16), np.float32), None, None)["temperature"][0, 0]
    zonal = truth["temperature"].mean(axis=(0, 3))
    expected = (zonal + np.roll(zonal[:, ::-1], 6, axis=0)) / 2
    np.testing.assert_allclose(mean, np.broadcast_to(expected[:, :, None], mean.shape), atol=1e-4)


@pytest.mark.parametrize("symmetry", SYMMETRIES)
def test_mirrored_samples_are_samples_of_the_mirrored_problem(symmetry: Symmetry) -> None:
    """Encoded, then mirrored and shifted, equals: mirrored and shifted by the same cells, solved, then encoded."""
    conditions, truth = samples(4)
    model = encoding()
    chosen = mirrors(SYMMETRIES, model, square=False)
    k = next(k for k, m in enumerate(chosen) if m.symmetry == symmetry)
    moved = augment(batch(model, conditions, truth), chosen, torch.full((4,), k), np.random.default_rng(3))
    shifts = np.random.default_rng(3).integers(16, size=4)
    assert len(set(shifts)) > 1
    flips = [0] * symmetry.flip_y + [1] * symmetry.flip_x
    heating = np.stack([np.roll(np.flip(a, flips), s, axis=-1) for a, s in zip(conditions["heating"], shifts, strict=True)])
    eccentricity = symmetry.sign.get("eccentricity", 1.0) * conditions["eccentricity"]
    mirrored = conditions | {"heating": heating, "eccentricity": eccentricity}
    problems = [{name: a[i] for name, a in mirrored.items()} for i in range(4)]
    solved = [GLOBE.simulate(p, 0) for p in problems]
    expected = batch(model, mirrored, {name: np.stack([s[name] for s in solved]) for name in truth})
    for name in ("fields", "scalars", "corrections"):
        torch.testing.assert_close(getattr(moved, name), getattr(expected, name), rtol=0, atol=2e-4)


def test_shifts_are_drawn_for_every_sample_and_are_repeatable() -> None:
    model = encoding()
    whole, chosen = batch(model, *samples(8)), mirrors(SYMMETRIES, model, square=False)
    assert [m.symmetry for m in chosen] == list(SYMMETRIES)
    one, other = (augment(whole, chosen, torch.zeros(8, dtype=torch.long), np.random.default_rng(s)) for s in (0, 0))
    assert torch.equal(one.fields, other.fields)
    assert not torch.equal(one.fields, augment(whole, chosen, torch.zeros(8, dtype=torch.long), np.random.default_rng(1)).fields)


def generator(shape: tuple[int, int], levels: int, upsampling: str = "nearest") -> Generator:
    torch.manual_seed(0)
    told = {"padding": "longitude", "noise_channels": 2, "globe": globe_levels(shape, levels), "upsampling": upsampling}
    network = Generator(3, 0, 25, (6,) * levels, head=4, **told)
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return network.double()


@pytest.mark.parametrize("upsampling", ["nearest", "linear"])
@pytest.mark.parametrize(
    ("shape", "levels", "coarsest"), [((36, 72), 4, 24), ((36, 72), 3, 8), ((45, 90), 3, 18), ((10, 16), 4, 16)]
)
def test_longitude_has_no_seam_on_any_level(shape: tuple[int, int], levels: int, coarsest: int, upsampling: str) -> None:
    """A field shifted by a whole coarsest cell gives the same output, shifted."""
    network, x = generator(shape, levels, upsampling), torch.randn(1, 3, *shape, dtype=torch.float64)
    noise = network.draw(1, shape, torch.Generator().manual_seed(0))
    assert noise is not None
    still = type(noise)(noise.vector.double(), tuple(torch.zeros_like(m, dtype=torch.float64) for m in noise.maps))
    assert len(noise.maps) == levels - 2
    out = network(x, None, still)
    assert out.shape == (1, 25, *shape)
    shifted, size = network(x.roll(coarsest, 3), None, still), float(out.detach().abs().max())
    torch.testing.assert_close(shifted, out.roll(coarsest, 3), rtol=0, atol=1e-9 * size)


def test_longitudes_that_do_not_divide_are_refused() -> None:
    with pytest.raises(UsageError, match=r"4 levels.* 74 longitudes.* use 1 widths, or a multiple of 16"):
        globe_levels((37, 74), 4)


def test_beyond_a_pole_lies_the_other_side() -> None:
    """cos φ cos λ goes on smoothly: as cos φ of latitudes beyond 90°."""
    phi, lam = (np.radians(c.values) for c in GLOBE.domain.coords(8).values())
    further = np.radians(np.array(LATITUDES[0]) + 22.5 * np.arange(-2, 10))
    field = torch.from_numpy(np.cos(phi)[:, None] * np.cos(lam))
    np.testing.assert_allclose(beyond_poles(field, 2, 2), np.cos(further)[:, None] * np.cos(lam), atol=1e-12)


def test_modes_are_those_of_shifted_samples_too() -> None:
    """Shifted around the globe, one pattern becomes a pair of waves: the modes of few samples hold those between them."""
    model, settings = encoding(), ModelSettings(generator="modal", modes=40, padding="longitude")
    whole, chosen = batch(model, *samples(12)), mirrors(SYMMETRIES, model, square=False)
    network = build_generator(model, settings, (8, 16))
    fit_generator(network, whole, chosen, model, GLOBE)
    assert isinstance(network, ModalGenerator)
    basis = network.corrections_basis.double()
    left = (moved := batch(model, *samples(3)).corrections.double().roll(5, 3).flatten(1) - network.corrections_mean) @ basis.T
    assert torch.linalg.norm(left @ basis - moved) < 0.1 * torch.linalg.norm(moved)


def test_critics_see_any_globe() -> None:
    critic = Critic(3, 0, 25, (6, 6), padding="longitude")
    scores = critic(torch.randn(2, 3, 10, 18), None, torch.randn(2, 25, 10, 18))
    assert scores.shape == (2, 1, 3, 5)
