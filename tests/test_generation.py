"""Generation gives the same stored values in whatever way it is run, and refuses what cannot be."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import poisson as module
import psutil
import pytest
import xarray as xr
from fieldgan.data.datasets import open_dataset
from fieldgan.data.generation import generate
from fieldgan.data.plan import plan
from fieldgan.data.samples import sample_rng, sample_seed, simulate_sample
from fieldgan.data.scenario import Fields
from fieldgan.data.schema import content_hash
from fieldgan.data.storage import read_json
from fieldgan.solvers.errors import NumericalError, UsageError
from poisson import poisson, simulate
from threadpoolctl import threadpool_info, threadpool_limits

SAMPLES, SEED, SHARD = 22, 7, 4


def run(folder: Path, **options: Any) -> xr.Dataset:
    generate(poisson(), folder, SAMPLES, SEED, shard_size=SHARD, **options)
    return open_dataset(folder)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    return content_hash(run(tmp_path_factory.mktemp("one")))


def test_two_workers_give_the_same_fields(tmp_path: Path, expected: str) -> None:
    seen: list[int] = []
    dataset = run(tmp_path, workers=2, progress=lambda done, total, seconds: seen.append(done))
    assert content_hash(dataset) == expected
    assert seen[0] == 0
    assert seen[-1] == SAMPLES
    assert sorted(seen) == seen


def test_a_scenario_of_a_script_reaches_the_workers(tmp_path: Path, expected: str) -> None:
    command = [sys.executable, module.__file__, str(tmp_path), str(SAMPLES), "2"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert content_hash(open_dataset(tmp_path)) == expected


def test_a_script_without_a_guard_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {str(Path(module.__file__).parent)!r})\n"
        "from poisson import poisson\n"
        "from fieldgan.data.generation import generate\n"
        f"generate(poisson(), {str(tmp_path / 'run')!r}, 8, shard_size=4, workers=2)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60)
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1
    assert 'put the call under `if __name__ == "__main__":`' in last


def test_a_scheduler_elsewhere_gives_the_same_fields(tmp_path: Path, expected: str) -> None:
    from distributed import LocalCluster

    threads = {"processes": False, "protocol": "tcp", "host": "127.0.0.1", "dashboard_address": None}
    with LocalCluster(n_workers=1, **threads) as cluster:
        dataset = run(tmp_path, scheduler=cluster.scheduler_address)
    assert content_hash(dataset) == expected


def test_no_scheduler_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no Dask scheduler answers"):
        run(tmp_path, scheduler="tcp://127.0.0.1:1")


def test_a_sample_depends_on_seed_and_index_alone(tmp_path: Path) -> None:
    stored = run(tmp_path).isel(sample=9)
    alone = simulate_sample(poisson(), SEED, 9)
    assert stored["sample"] == 9
    for name, values in alone.fields.items():
        assert np.array_equal(stored[name], values)
    assert not np.array_equal(simulate_sample(poisson(), SEED + 1, 9).fields["source"], alone.fields["source"])


def test_random_numbers_are_those_of_the_keyed_seed_sequence() -> None:
    keyed = np.random.Generator(np.random.PCG64(np.random.SeedSequence(5, spawn_key=(3,))))
    assert sample_rng(5, 3).random() == keyed.random()
    assert len({sample_seed(s, i) for s in range(20) for i in range(20)}) == 400


def test_stored_fields_are_cell_averages_of_the_truth() -> None:
    one = simulate_sample(poisson(), SEED, 0)
    conditions = module.render(module.draw(sample_rng(SEED, 0)), 16)
    truth = simulate(conditions, 0)["potential"]
    assert one.fields["potential"] == pytest.approx(truth.reshape(8, 2, 8, 2).mean(axis=(1, 3)), rel=1e-6, abs=1e-7)
    assert one.residual < 1e-12


def test_a_second_run_solves_nothing(tmp_path: Path) -> None:
    run(tmp_path)

    def never(conditions: Fields, seed: int) -> Fields:
        raise AssertionError("solved again")

    generate(poisson(simulate=never), tmp_path, SAMPLES, SEED, shard_size=SHARD)


def test_only_missing_shards_are_made_again(tmp_path: Path, expected: str) -> None:
    run(tmp_path)
    kept, lost = (tmp_path / "data" / f"shard-0000{k}.nc" for k in (0, 3))
    before = kept.stat().st_mtime_ns
    lost.unlink()
    assert content_hash(run(tmp_path)) == expected
    assert kept.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"samples": 30}, "samples=22 there but 30 asked"),
        ({"seed": 8}, "seed=7 there but 8 asked"),
        ({"options": {"modes": 4}}, "options.modes=3 there but 4 asked"),
        ({"truth_resolution": 32}, "truth_resolution=16 there but 32 asked"),
    ],
)
def test_another_configuration_is_refused_with_the_difference(
    tmp_path: Path, changes: dict[str, Any], difference: str
) -> None:
    run(tmp_path)
    given = {"samples": SAMPLES, "seed": SEED} | {k: v for k, v in changes.items() if k in ("samples", "seed")}
    scenario = poisson(**{k: v for k, v in changes.items() if k not in given})
    with pytest.raises(UsageError, match=difference):
        generate(scenario, tmp_path, **given, shard_size=SHARD)
    generate(scenario, tmp_path, **given, shard_size=SHARD, fresh=True)
    assert open_dataset(tmp_path).sizes["sample"] == given["samples"]


def blow_up(conditions: Fields, seed: int) -> Fields:
    if conditions["offset"] > 0.8:
        raise NumericalError("step 3: potential exceeds 1e9; use a smaller step")
    solved = simulate(conditions, seed)
    return {"potential": solved["potential"] * (np.nan if conditions["offset"] < -0.8 else 1.0)}


def test_failed_samples_are_listed_and_left_out(tmp_path: Path) -> None:
    generate(poisson(simulate=blow_up), tmp_path, 40, SEED, shard_size=2)
    offsets = [float(module.draw(sample_rng(SEED, i)).offset) for i in range(40)]
    bad = [i for i, offset in enumerate(offsets) if abs(offset) > 0.8]
    manifest = read_json(tmp_path / "data" / "manifest.json")
    assert [entry["sample"] for entry in manifest["failed"]] == bad
    assert len(bad) > 2
    dataset = open_dataset(tmp_path)
    assert dataset["sample"].values.tolist() == [i for i in range(40) if i not in bad]
    assert np.isfinite(dataset["potential"]).all()
    assert f"sample {bad[0]}: " in (tmp_path / "data" / "DATASET.md").read_text()


def test_nothing_but_failures(tmp_path: Path) -> None:
    def never(conditions: Fields, seed: int) -> Fields:
        raise NumericalError("not converged")

    with pytest.raises(NumericalError, match="all 5 samples failed; sample 0: not converged"):
        generate(poisson(simulate=never), tmp_path, 5)


def test_one_sample(tmp_path: Path) -> None:
    generate(poisson(), tmp_path, 1)
    assert open_dataset(tmp_path).sizes["sample"] == 1


@pytest.mark.parametrize(
    ("scenario", "samples", "needs"),
    [
        (poisson(), 10**12, "of disk space"),
        (poisson(stored_resolution=10**9, truth_resolution=10**9), 1, "of disk space"),
        (poisson(truth_resolution=10**9), 1, "of memory"),
    ],
)
def test_what_cannot_fit_is_refused_fast_and_small(tmp_path: Path, scenario: Any, samples: int, needs: str) -> None:
    start, used = time.monotonic(), psutil.Process().memory_info().rss
    with pytest.raises(UsageError, match=needs) as caught:
        generate(scenario, tmp_path / "run", samples)
    assert caught.value.exit_code == 2
    assert time.monotonic() - start < 1
    assert psutil.Process().memory_info().rss - used < 20e6
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["samples", "shard_size", "workers"])
def test_counts_below_one_are_refused(tmp_path: Path, name: str) -> None:
    counts = {"samples": 5, "shard_size": 5, "workers": 1} | {name: 0}
    with pytest.raises(UsageError, match=f"{name}=0 is out of range"):
        generate(poisson(), tmp_path, **counts)


def test_a_negative_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="seed=-1"):
        generate(poisson(), tmp_path, 5, seed=-1)


def test_plan_foresees_the_size_on_disk(tmp_path: Path) -> None:
    scenario = replace(poisson(), stored_resolution=64, truth_resolution=64)
    foreseen = plan(scenario, tmp_path, 64, 32, 1)
    generate(scenario, tmp_path, 64, shard_size=32)
    actual = sum(path.stat().st_size for path in (tmp_path / "data").glob("*.nc"))
    assert foreseen.shards == 2
    assert foreseen.bytes == pytest.approx(actual, rel=0.1)
    assert 0 < foreseen.seconds < 60


def test_the_record_holds_configuration_and_seconds(tmp_path: Path) -> None:
    dataset = run(tmp_path, config=json.dumps({"scenario": {"name": "poisson"}}))
    assert json.loads(dataset.attrs["fieldgan_config"]) == {"scenario": {"name": "poisson"}}
    manifest = read_json(tmp_path / "data" / "manifest.json")
    assert manifest["seconds"] >= float(dataset["solve_seconds"].sum()) > 0


def on_one_thread(conditions: Fields, seed: int) -> Fields:
    assert {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"} == {1}
    return simulate(conditions, seed)


@pytest.mark.parametrize("workers", [1, 2])
def test_solves_use_one_thread_whatever_the_user_has_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, "2")
    with threadpool_limits(2, user_api="blas"):
        generate(poisson(simulate=on_one_thread), tmp_path, SAMPLES, SEED, shard_size=SHARD, workers=workers)
    assert os.environ["OMP_NUM_THREADS"] == "2"
