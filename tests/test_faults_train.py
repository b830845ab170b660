"""Whatever happens to a training, running it again gives the weights of an undisturbed one, and nothing damaged is loaded."""

import json
import multiprocessing
import os
import random
import shutil
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from fieldgan.data.storage import describe, read_manifest, sha256, write_manifest
from fieldgan.solvers.errors import IntegrityError
from fieldgan.surrogate.interrupts import Interrupted
from fieldgan.surrogate.registry import load, train
from fieldgan.surrogate.settings import ModelSettings, Settings, TrainingSettings
from surrogate_fixtures import dataset, screened_plate

STEPS = 12
SCENARIO = screened_plate(16)
DATA = dataset(SCENARIO, 30)
SETTINGS = Settings(
    model=ModelSettings(widths=(8, 8), head=4, lift_resolution=8, critic_widths=(8, 8), noise_channels=2),
    training=TrainingSettings(
        steps=STEPS, batch=4, warmup=1, validate_every=4, checkpoint_every=2, critic_start=0.3, critic_weight=0.1
    ),
)
FORK = multiprocessing.get_context("fork")


def train_here(folder: Path, act: Callable[[int], None] = lambda step: None) -> None:
    """Train on one thread; `act` is called after every step."""

    def progress(step: int, steps: int, losses: Mapping[str, float]) -> None:
        act(step)

    torch.set_num_threads(1)
    train("cgan", DATA, folder, SCENARIO, SETTINGS, seed=3, progress=progress)


def train_apart(folder: Path, act: Callable[[int], None] = lambda step: None, fault: str = "") -> int:
    """Train in another process, which may be killed; its exit code."""

    def body() -> None:
        os.environ["FIELDGAN_FAULT"] = fault
        train_here(folder, act)

    process = FORK.Process(target=body)
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def die_after(last: int) -> Callable[[int], None]:
    return lambda step: os.kill(os.getpid(), signal.SIGKILL) if step == last else None


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    assert train_apart(folder) == 0
    return folder


@pytest.fixture
def model(undisturbed: Path, tmp_path: Path) -> Path:
    """A copy of the finished model, to be damaged."""
    shutil.copytree(undisturbed, tmp_path / "model")
    return tmp_path / "model"


def same(one: Path, other: Path) -> bool:
    """Whether weights and losses are equal bit for bit (times differ)."""
    losses = [np.loadtxt(f / "history.csv", delimiter=",", skiprows=1)[:, :-1] for f in (one, other)]
    return sha256(one / "model.safetensors") == sha256(other / "model.safetensors") and np.array_equal(*losses)


def test_killed_at_random_steps(undisturbed: Path, tmp_path: Path) -> None:
    rng = random.Random(0)
    for last in sorted(rng.sample(range(1, STEPS), 5)):
        assert train_apart(tmp_path, die_after(last)) == -signal.SIGKILL
    assert train_apart(tmp_path) == 0
    assert same(undisturbed, tmp_path)


@pytest.mark.parametrize(
    "point",
    [
        "after-temporary:latest.json",
        "before-rename:step-00000002.pt",
        "before-rename:latest.json",
        "after-temporary:model.safetensors",
        "before-rename:config.json",
        "before-manifest",
    ],
)
def test_killed_while_writing(point: str, undisturbed: Path, tmp_path: Path) -> None:
    assert train_apart(tmp_path, fault=point) == -signal.SIGKILL
    with pytest.raises(IntegrityError, match=r"has no manifest\.json"):
        load(tmp_path, SCENARIO)
    assert train_apart(tmp_path) == 0
    assert same(undisturbed, tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_save_first(number: signal.Signals, undisturbed: Path, tmp_path: Path) -> None:
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(Interrupted, match="stopped at step 6 of 12; run the same command again") as stop:
        train_here(tmp_path, lambda step: os.kill(os.getpid(), number) if step == 5 else None)
    assert stop.value.exit_code == 128 + number
    assert json.loads((tmp_path / "checkpoints" / "latest.json").read_text())["step"] == 6
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert train_apart(tmp_path) == 0
    assert same(undisturbed, tmp_path)


FILES = ("model.safetensors", "config.json", "statistics.json", "history.csv", "MODEL_CARD.md", "manifest.json")


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_is_found(name: str, model: Path) -> None:
    content = bytearray((model / name).read_bytes())
    for position in random.Random(name).sample(range(len(content)), 5):
        content[position] ^= 1
        (model / name).write_bytes(content)
        with pytest.raises(IntegrityError):
            load(model, SCENARIO)
        content[position] ^= 1


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
@pytest.mark.parametrize("name", FILES)
def test_truncated_files_are_refused(name: str, share: float, model: Path) -> None:
    content = (model / name).read_bytes()
    (model / name).write_bytes(content[: int(share * len(content))])
    with pytest.raises(IntegrityError):
        load(model, SCENARIO)


def forge(folder: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    """Change a file and its entry in the manifest, as one who knows the format can."""
    manifest = read_manifest(folder)
    (folder / name).write_bytes(change((folder / name).read_bytes()))
    files = manifest.pop("files") | {name: describe(folder / name)}
    manifest.pop("schema")
    write_manifest(folder, files, manifest)


def edit(**changes: object) -> Callable[[bytes], bytes]:
    return lambda content: json.dumps({**json.loads(content), **changes}).encode()


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("config.json", edit(schema="fieldgan-model/2"), "upgrade fieldgan"),
        ("config.json", edit(shape="none"), "can be read"),
        ("config.json", edit(settings={"model": {"widths": [8, 12]}}), "do not fit the network"),
        ("config.json", edit(settings={"model": {"depth": 3}}), "can be read"),
        ("statistics.json", edit(corrections={"temperature": [0.0, 0.0]}), "deviation 0.0; both must be finite"),
        ("statistics.json", edit(moments={}), "different variables"),
        ("statistics.json", lambda content: b"[]", "can be read"),
        ("model.safetensors", lambda content: content[:200], "can be read"),
        ("model.safetensors", lambda content: b"\x80\x04cos\nsystem\n", "can be read"),
    ],
)
def test_forged_content_is_refused(name: str, change: Callable[[bytes], bytes], message: str, model: Path) -> None:
    forge(model, name, change)
    with pytest.raises(IntegrityError, match=message):
        load(model, SCENARIO)


def test_a_spectral_critic_goes_on_as_it_was(tmp_path: Path) -> None:
    """Its power iterations belong to the state of the game."""
    torch.set_num_threads(1)
    settings = SETTINGS.model_copy(update={"model": SETTINGS.model.model_copy(update={"spectral_norm": True})})

    def break_off(step: int, steps: int, losses: Mapping[str, float]) -> None:
        if step == 9:
            raise EOFError

    whole = train("cgan", DATA, tmp_path / "whole", SCENARIO, settings, seed=3)
    with pytest.raises(EOFError):
        train("cgan", DATA, tmp_path / "parts", SCENARIO, settings, seed=3, progress=break_off)
    train("cgan", DATA, tmp_path / "parts", SCENARIO, settings, seed=3)
    assert same(tmp_path / "whole", tmp_path / "parts")
    assert whole.history[-1]["critic"] != 0


def test_a_damaged_checkpoint_stops_the_resumption(model: Path) -> None:
    (model / "manifest.json").unlink()
    (checkpoint,) = (model / "checkpoints").glob("*.pt")
    checkpoint.write_bytes(checkpoint.read_bytes()[:-1])
    with pytest.raises(IntegrityError, match=r"delete .*checkpoints to train from the start"):
        train_here(model)


def test_a_batch_of_nan_is_refused_before_the_first_step(tmp_path: Path) -> None:
    spoiled = DATA.copy(deep=True)
    spoiled["source"][2, 3, 3] = np.nan
    with pytest.raises(IntegrityError, match="source"):
        train("unet", spoiled, tmp_path, SCENARIO, SETTINGS)
