"""Frames, lifts, channels and statistics: exact equivariance, exact inverses, constant data."""

import numpy as np
import pytest
import torch
from fieldgan.data.scenario import Fields, Symmetry, Variable
from fieldgan.solvers.errors import IntegrityError, UsageError
from fieldgan.surrogate.augmentation import Batch, mirrors
from fieldgan.surrogate.encoding import Encoding
from fieldgan.surrogate.frames import frame_of_lift
from fieldgan.surrogate.lift import lift
from fieldgan.surrogate.normalisation import fit
from fieldgan.surrogate.training_data import Samples
from hypothesis import given, settings
from hypothesis import strategies as st
from surrogate_fixtures import screened_plate

SCENARIO = screened_plate(16)


def samples(n: int, seed: int = 0) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Conditions and targets of n problems."""
    drawn = [SCENARIO.render(SCENARIO.draw(np.random.default_rng([seed, i])), 16) for i in range(n)]
    conditions = {name: np.stack([c[name] for c in drawn]) for name in drawn[0]}
    return conditions, {"temperature": np.stack([SCENARIO.simulate(c, 0)["temperature"] for c in drawn])}


def encoding(lifted: bool) -> Encoding:
    conditions, truth = samples(12)
    base = lift(SCENARIO, conditions, 8) if lifted else None
    return fit(SCENARIO.inputs, SCENARIO.targets, Samples(conditions, truth, base), symmetries=SCENARIO.symmetries)


@pytest.mark.parametrize("lifted", [True, False])
@given(scale=st.floats(1e-2, 1e2), offset=st.floats(-500, 500))
@settings(max_examples=20, deadline=None)
def test_network_inputs_know_neither_offset_nor_scale(lifted: bool, scale: float, offset: float) -> None:
    conditions, _ = samples(3, seed=1)
    moved = conditions | {
        "ambient": scale * conditions["ambient"] + offset,
        "source": scale * conditions["source"],
    }
    model = encoding(lifted)
    inputs = []
    for problem in (conditions, moved):
        inputs.append(model.encode(problem, lift(SCENARIO, problem, 8) if lifted else None))
    np.testing.assert_allclose(inputs[0].fields, inputs[1].fields, rtol=0, atol=2e-4)
    np.testing.assert_array_equal(inputs[0].scalars, inputs[1].scalars)
    output = np.random.default_rng(0).normal(size=(3, 1, 1, 16, 16)).astype(np.float32)
    fields = []
    for problem, encoded in zip((conditions, moved), inputs, strict=True):
        base = lift(SCENARIO, problem, 8) if lifted else None
        fields.append(model.decode(output, base, encoded.frame)["temperature"])
    spread = abs(scale * fields[0]).max() + abs(offset)
    np.testing.assert_allclose(fields[1], scale * fields[0] + offset, rtol=0, atol=1e-5 * spread)


@pytest.mark.parametrize("lifted", [True, False])
def test_decoding_inverts(lifted: bool) -> None:
    conditions, truth = samples(4, seed=1)
    base = lift(SCENARIO, conditions, 8) if lifted else None
    model = encoding(lifted)
    frame = model.frame(conditions, base)
    corrections = model.corrections_of(truth, base, frame)
    back = model.decode(corrections[:, None], base, frame)["temperature"][:, 0]
    np.testing.assert_allclose(back, truth["temperature"], rtol=0, atol=1e-4)


def test_corrections_have_size_one_on_the_training_samples() -> None:
    conditions, truth = samples(12)
    base = lift(SCENARIO, conditions, 8)
    model = encoding(lifted=True)
    corrections = model.corrections_of(truth, base, model.frame(conditions, base))
    assert np.sqrt(np.mean(corrections**2)) == pytest.approx(1, rel=1e-5)


def test_no_correction_is_the_lift() -> None:
    conditions, _ = samples(2, seed=1)
    base = lift(SCENARIO, conditions, 8)
    model = encoding(lifted=True)
    zero = np.zeros((2, 1, 1, 16, 16), np.float32)
    np.testing.assert_array_equal(
        model.decode(zero, base, model.frame(conditions, base))["temperature"][:, 0], base["temperature"]
    )


def test_lift_is_exact_where_the_solution_is_uniform() -> None:
    conditions = {
        "ambient": np.full((2, 16, 16), 7.0),
        "source": np.zeros((2, 16, 16)),
        "screening": np.array([9.0, 30.0]),
    }
    np.testing.assert_allclose(lift(SCENARIO, conditions, 4, threads=2)["temperature"], 7, rtol=1e-12)


@pytest.mark.parametrize("resolution", [16, 5, 32])
def test_lift_must_be_coarser_by_a_whole_factor(resolution: int) -> None:
    with pytest.raises(UsageError, match=f"lift_resolution={resolution} .* use 8 or 4"):
        lift(SCENARIO, samples(1)[0], resolution)


def test_a_uniform_sample_has_a_frame_of_scale_one() -> None:
    lifted = {"temperature": np.full((1, 4, 4), 300.0)}
    frame = frame_of_lift(lifted, SCENARIO.targets, np.ones((1, 4, 4)))
    assert (frame.offset[0], frame.scale[0]) == (pytest.approx(300), 1)


def test_frames_leave_holes_out() -> None:
    field, weights = np.array([[[1.0, 3.0, 1e6]]]), np.array([[[1.0, 1.0, 0.0]]])
    frame = frame_of_lift({"temperature": field}, SCENARIO.targets, weights)
    assert (frame.offset[0], frame.scale[0]) == (pytest.approx(2), pytest.approx(1))


def plain(name: str, **kwargs: object) -> Variable:
    return Variable(name, "1", name, **kwargs)


def test_constant_and_sparse_conditions() -> None:
    a = np.random.default_rng(0).normal(5, 2, (6, 4, 4))
    rim = np.zeros((6, 4, 4))
    rim[:, 0] = 3.0
    conditions: Fields = {
        "field": a,
        "constant": np.full((6, 4, 4), 2.0),
        "rim": rim,
        "zero": np.zeros((6, 4, 4)),
    }
    inputs = tuple(plain(name) for name in conditions)
    model = fit(inputs, (plain("out"),), Samples(conditions, {"out": np.full((6, 4, 4), 4.0)}, None))
    encoded = model.encode(conditions, None).fields
    assert encoded[:, 0].mean() == pytest.approx(0, abs=1e-6)
    assert encoded[:, 0].std() == pytest.approx(1, rel=1e-5)
    assert (encoded[:, 1] == 0).all()
    assert (encoded[:, 2, 0] == 1).all()
    assert (encoded[:, 2, 1:] == 0).all()
    assert (encoded[:, 3] == 0).all()
    np.testing.assert_allclose(model.decode(np.zeros((6, 1, 1, 4, 4), np.float32), None, None)["out"], 4)


def test_networks_see_the_root_of_what_is_nowhere_negative() -> None:
    rng = np.random.default_rng(0)
    targets = (plain("smoke", root=True),)
    conditions, smoke = {"wind": rng.normal(size=(50, 4, 4))}, rng.gamma(0.1, 1.0, (50, 4, 4))
    model = fit((plain("wind"),), targets, Samples(conditions, {"smoke": smoke}, None))
    corrections = model.corrections_of({"smoke": smoke}, None, None)
    np.testing.assert_allclose(corrections.mean(), 0, atol=1e-6)
    np.testing.assert_allclose(corrections[:, 0], (np.sqrt(smoke) - np.sqrt(smoke).mean()) / np.sqrt(smoke).std(), atol=1e-5)
    np.testing.assert_allclose(model.decode(corrections[:, None], None, None)["smoke"][:, 0], smoke, rtol=1e-4, atol=1e-6)
    assert (model.decode(np.full((1, 1, 1, 4, 4), -9.0), None, None)["smoke"] == 0).all()


def test_predictions_are_cut_off_where_a_maximum_principle_ends() -> None:
    targets = (plain("smoke", root=True, most=1.0),)
    rng = np.random.default_rng(0)
    conditions, smoke = {"wind": rng.normal(size=(50, 4, 4))}, rng.uniform(0, 1, (50, 4, 4))
    model = fit((plain("wind"),), targets, Samples(conditions, {"smoke": smoke}, None))
    assert model.decode(np.full((1, 1, 1, 4, 4), 9.0), None, None)["smoke"].max() == 1.0
    corrections = model.corrections_of({"smoke": smoke}, None, None)
    np.testing.assert_allclose(model.decode(corrections[:, None], None, None)["smoke"][:, 0], smoke, rtol=1e-4, atol=1e-6)


def test_variables_count_only_where_they_have_a_meaning() -> None:
    inputs = (plain("transfer"), plain("ambient", linearity="affine", where="transfer"))
    targets = (plain("out", linearity="affine"),)
    transfer = np.zeros((5, 4, 4))
    transfer[:, 0] = 1.0
    ambient = transfer * np.random.default_rng(0).normal(20, 3, (5, 4, 4))
    conditions, truth = (
        {"transfer": transfer, "ambient": ambient},
        {"out": np.random.default_rng(1).normal(20, 3, (5, 4, 4))},
    )
    model = fit(inputs, targets, Samples(conditions, truth, None))
    frame = model.frame(conditions, None)
    assert frame is not None
    np.testing.assert_allclose(frame.offset, ambient[:, 0].mean(axis=1))
    np.testing.assert_allclose(frame.scale, ambient[:, 0].std(axis=1))
    assert (model.encode(conditions, None).fields[:, 1, 1:] == 0).all()


def test_not_finite_is_refused() -> None:
    conditions, truth = samples(2)
    conditions["source"][1, 3, 3] = np.nan
    with pytest.raises(IntegrityError, match="source"):
        fit(SCENARIO.inputs, SCENARIO.targets, Samples(conditions, truth, None))


SWAPPED = {"east": "north", "north": "east", "u": "v", "v": "u"}
VECTORS = (
    Symmetry(flip_x=True, sign={"u": -1.0}),
    Symmetry(flip_y=True, sign={"v": -1.0}),
    Symmetry(transpose=True, swap=SWAPPED),
    Symmetry(transpose=True, flip_y=True, swap=SWAPPED, sign={"v": -1.0}),
)


@pytest.mark.parametrize("symmetry", VECTORS)
def test_mirrored_channels_are_channels_of_the_mirrored_problem(symmetry: Symmetry) -> None:
    rng = np.random.default_rng(0)
    names = ("east", "north", "u", "v")
    fields = {name: rng.normal(size=(4, 6, 6)) * (i + 1) for i, name in enumerate(names)}
    inputs, targets = (plain("east"), plain("north")), (plain("u"), plain("v"))
    model = fit(inputs, targets, Samples(fields, fields, None), symmetries=VECTORS)
    mirrored = {}
    for name, a in fields.items():
        b = a.swapaxes(1, 2) if symmetry.transpose else a
        b = np.flip(b, [1] * symmetry.flip_y + [2] * symmetry.flip_x)
        new = symmetry.swap.get(name, name)
        mirrored[new] = b * symmetry.sign.get(new, 1.0)
    (_, mirror) = mirrors([symmetry], model, square=True)
    moved, expected = mirror(batch(model, fields)), batch(model, mirrored)
    torch.testing.assert_close(moved.fields, expected.fields, rtol=0, atol=1e-5)
    torch.testing.assert_close(moved.corrections, expected.corrections, rtol=0, atol=1e-5)


def batch(model: Encoding, fields: Fields) -> Batch:
    encoded = model.encode(fields, None)
    corrections = model.corrections_of(fields, None, encoded.frame)
    parts = (encoded.fields, encoded.scalars, corrections, np.ones((4, 1, 6, 6), np.float32))
    return Batch(*(torch.from_numpy(a) for a in parts))


def test_transpositions_need_a_square_grid() -> None:
    assert len(mirrors(SCENARIO.symmetries, encoding(True), square=True)) == 8
    assert len(mirrors(SCENARIO.symmetries, encoding(True), square=False)) == 4
