"""The unconditional network from the command line: train, compare, sample, and what it refuses."""

import json
from pathlib import Path

import pytest
import xarray as xr
from blobs import blobs
from fieldgan import load
from fieldgan.data.netcdf import write_dataset
from fieldgan.pipelines.cli import call
from fieldgan.surrogate.virtual import VirtualModel
from small_run import copied, finished_run, waves_by_name

SHORT = ["--set", "dcgan.steps=3", "--set", "dcgan.batch=4", "-q"]
SCORES = {
    *("variance_ratio", "eof_shares", "eof_distance", "energy_distance", "energy_distance_ratio"),
    *("nearest_training_ratio", "repetition"),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on a file of one's own, compared."""
    base = tmp_path_factory.mktemp("virtual")
    write_dataset(base / "blobs.nc", blobs(60))
    with waves_by_name():
        assert call(["train", str(base / "blobs.nc"), "-o", str(base / "run"), "--model", "dcgan", *SHORT]) == 0
        assert call(["compare", str(base / "run"), "-q"]) == 0
    return base / "run"


def test_a_run_without_a_solver_gets_a_report_of_virtual_fields_alone(run: Path) -> None:
    metrics = json.loads((run / "comparison" / "metrics.json").read_text())
    assert metrics["methods"] == []
    assert set(metrics["virtual"]) == {"dcgan", "gaussian", "copies"}
    assert all(set(entry) >= SCORES for entry in metrics["virtual"].values())
    assert metrics["virtual"]["copies"]["nearest_training_ratio"] == pytest.approx(0, abs=1e-5)
    assert any("dcgan: its fields have" in line and "collapsed" in line for line in metrics["warnings"])
    page = (run / "comparison" / "report.html").read_text()
    assert "Virtual fields" in page
    assert page.count("data:image/png") == 4
    assert "http:" not in page
    assert "https:" not in page
    assert "virtual_eofs.png" in (run / "comparison" / "report.md").read_text()
    assert {path.name for path in (run / "comparison" / "figures").iterdir()} == {"virtual_dcgan.png", "virtual_eofs.png"}


def test_its_folder_is_that_of_a_model(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["verify", str(run)]) == 0
    assert call(["inspect", str(run), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["models"]["dcgan"]["grid"] == [28, 28]
    assert "energy distance ratio" in told["comparison"]["dcgan"]
    card = (run / "models" / "dcgan" / "MODEL_CARD.md").read_text()
    assert "takes no conditions" in card
    assert "**Warning**" in card
    model = load(run / "models" / "dcgan")
    assert isinstance(model, VirtualModel)
    assert model.generate(2)["temperature"].attrs["units"] == "K"


def test_fields_are_drawn_with_sample(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, out = str(run / "models" / "dcgan"), str(tmp_path / "fields.nc")
    assert call(["sample", model, "-n", "5", "--seed", "2", "-o", out]) == 0
    with xr.open_dataset(out) as fields:
        assert fields["temperature"].dims == ("sample", "y", "x")
        assert fields["temperature"].shape == (5, 28, 28)
        assert "virtual fields of temperature by dcgan, seed 2" in fields.attrs["title"]
    capsys.readouterr()
    assert call(["sample", model, "-n", "5", "--resolution", "14", "-o", out]) == 2
    assert "leave --resolution and --set out" in capsys.readouterr().err


def test_predict_says_which_command_draws_fields(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "fields.nc"
    assert call(["predict", str(run), str(run.parent / "blobs.nc"), "--model", "dcgan", "-o", str(out)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"draw fields with `fieldgan sample {run / 'models' / 'dcgan'}" in line
    assert not out.exists()


def test_training_again_resumes_and_other_settings_are_refused(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = (run / "models" / "dcgan" / "model.safetensors").stat().st_mtime_ns
    assert call(["train", str(run), "--model", "dcgan", "-q"]) == 0
    assert (run / "models" / "dcgan" / "model.safetensors").stat().st_mtime_ns == weights
    capsys.readouterr()
    assert call(["train", str(run), "--model", "dcgan", "--set", "dcgan.steps=4", "-q"]) == 2
    assert "settings.steps=3 there, 4 now" in capsys.readouterr().err


def test_beside_conditional_models_it_is_one_section_more(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = copied(finished_run(tmp_path_factory.getbasetemp()), tmp_path)
    with waves_by_name():
        assert call(["train", str(folder), "--model", "dcgan", *SHORT]) == 0
        assert call(["compare", str(folder), "-q"]) == 0
    metrics = json.loads((folder / "comparison" / "metrics.json").read_text())
    assert {m["name"] for m in metrics["methods"]} >= {"cgan", "mean", "solver@8"}
    assert "dcgan" in metrics["virtual"]
    assert metrics["virtual_truth"]["target"] == "potential"
    page = (folder / "comparison" / "report.html").read_text()
    assert "Virtual fields" in page
    assert "Cost against error" in page
    assert (folder / "comparison" / "figures" / "virtual_dcgan.png").is_file()
