"""What each objective makes of a generator of ensembles: trained alike, several seeds each, failures included.

Writes docs/results/NAME_objectives.{md,json}.

    fieldgan generate plume -o runs/plume --preset standard
    python benchmarks/objectives_table.py runs/plume plume --steps 1000

Model and training are those of the run but for the objective and the number of steps. Every training is a process of its own, on
one core, as many at a time as there are cores; called again, the table goes on with the rows that are missing. A regression
beneath is trained once a seed for all rows that would train the same.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

RESULTS = Path(__file__).parents[1] / "docs" / "results"
ALONE = {"reconstruction_weight": 0.0, "critic_weight": 1.0, "critic_start": 0.0}
NO_CRITIC = {"critic_weight": 0.0}
OBJECTIVES = {  # what differs from the run's training settings
    "vanilla alone": {**ALONE, "adversarial": "vanilla"},
    "vanilla + L1": {"adversarial": "vanilla", "reconstruction": "l1"},
    "nonsaturating + L1": {"adversarial": "nonsaturating", "reconstruction": "l1"},
    "lsgan + L1": {"adversarial": "lsgan", "reconstruction": "l1"},
    "hinge + L1": {"adversarial": "hinge", "reconstruction": "l1"},
    "wgan-gp + L1": {"adversarial": "wgan-gp", "reconstruction": "l1"},
    "relativistic + L1": {"adversarial": "relativistic", "reconstruction": "l1"},
    "relativistic + L1, no noise": {"adversarial": "relativistic", "reconstruction": "l1"},
    "relativistic + L2": {"adversarial": "relativistic", "reconstruction": "l2"},
    "relativistic + energy": {"adversarial": "relativistic", "reconstruction": "energy"},
    "relativistic + CRPS": {"adversarial": "relativistic", "reconstruction": "crps"},
    "L2": {**NO_CRITIC, "reconstruction": "l2"},
    "energy": {**NO_CRITIC, "reconstruction": "energy"},
    "CRPS": {**NO_CRITIC, "reconstruction": "crps"},
}
SHOWN = {
    "crps_ratio": "CRPS over that of the truth's half",
    "variance_ratio": "variance ratio",
    "energy_distance_ratio": "energy distance over halves",
    "z_sensitivity": "change with the noise",
    "lsd": "spectrum, dB",
    "seconds": "training, s",
}
TOLD = ("widths", "blocks", "deepest", "perceptron", "head", "noise_channels", "noise_vector", "upsampling", "critic_widths")
REGRESSION = "unet"  # what generators learn the residuals of, where it stands beside them
DECIBEL = 10.0  # of a power of ten of energy


def trained(run: Path, objective: str, seed: int, steps: int, beside: Path):
    """The data set, and a network that is trained in this process with an objective, or the regression."""
    from fieldgan.pipelines.run import reopen
    from fieldgan.surrogate.registry import train

    job = reopen(run, [{"training": {"steps": steps, **OBJECTIVES.get(objective, {})}}], threads=1)
    if (name := objective) != REGRESSION:
        name = "cgan-nonoise" if "no noise" in objective else "cgan"
    dataset = job.dataset()
    return dataset, train(name, dataset, beside / objective, job.scenario, job.config.settings(), seed)


def row(run: Path, objective: str, seed: int, steps: int, samples: int, beside: Path) -> dict:
    """One row of the table: train in this process, predict the test samples, and measure."""
    dataset, model = trained(run, objective, seed, steps, beside)
    return {"objective": objective, "seed": seed, **measured(model, dataset, samples), "seconds": model.costs["training_seconds"]}


def measured(model, dataset, samples: int) -> dict[str, float]:
    """How many test samples are scored, and means over them and the targets of what the comparison measures.

    The CRPS is over that of the truth's half.
    """
    import numpy as np
    from fieldgan.pipelines.ensembles import target_scores
    from fieldgan.pipelines.methods import learned
    from fieldgan.pipelines.problems import stored_problems
    from fieldgan.pipelines.scoring import predict_all

    problems = stored_problems(dataset, model.scenario, samples)
    (method,) = learned({model.name: model}, problems.members)
    predicted, rows = predict_all(method, problems, map, {}), []
    for target in model.scenario.targets:
        own, half = (target_scores(fields[target.name], target, problems) for fields in (predicted, problems.half))
        found = {key: float(own[key].mean()) for key in SHOWN if key in own}
        rows.append(found | {"crps_ratio": float(own["crps"].mean() / half["crps"].mean()), "lsd": DECIBEL * found["lsd"]})
    return {"scored": problems.count} | {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}


def in_another_process(options: argparse.Namespace, objective: str, seed: int, beside: Path) -> dict:
    """The same in a process of its own; a training that fails is a row that says why."""
    command = [sys.executable, __file__, str(options.run), options.name, "--one", objective, "--seed", str(seed)]
    command += ["--steps", str(options.steps), "--samples", str(options.samples), "--beside", str(beside)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"OMP_NUM_THREADS": "1"})
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return {"objective": objective, "seed": seed, "failed": reason}
    return json.loads(done.stdout.splitlines()[-1])


def missing_rows(options: argparse.Namespace, done: set[tuple[str, int]]) -> Iterator[dict]:
    """The rows that are not done, as they come."""
    wanted = [(seed, objective) for seed in range(options.seeds) for objective in OBJECTIVES if (objective, seed) not in done]
    seeds = sorted({seed for seed, _ in wanted})
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(options.at_once) as pool:
        beside = {seed: Path(folder) / str(seed) for seed in seeds}
        for found in pool.map(lambda seed: in_another_process(options, REGRESSION, seed, beside[seed]), seeds):
            if "failed" in found:
                sys.exit(f"the regression failed: {found['failed']}")
        rows = [pool.submit(in_another_process, options, objective, seed, beside[seed]) for seed, objective in wanted]
        try:
            for finished in as_completed(rows):
                yield finished.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def table(result: dict) -> str:
    """Median over the seeds, and the range in brackets, as Markdown."""
    lines = [f"# {result['scenario']}: what each objective gives", "", f"`{result['command']}`", ""]
    scored = max((row["scored"] for row in result["rows"] if "failed" not in row), default=0)
    lines += [f"Median over {result['seeds']} seeds (least to most), {result['steps']} steps each, {scored} test samples."]
    lines += [learned_from(result["run"])]
    lines += ["1 is best for the ratios; the spectrum of the truth's half is not 0 either.", ""]
    lines += [f"| objective | {' | '.join(SHOWN.values())} |", "|---" * (len(SHOWN) + 1) + "|"]
    for objective in OBJECTIVES:
        rows = [row for row in result["rows"] if row["objective"] == objective]
        good = [row for row in rows if "failed" not in row]
        cells = [spread([row[key] for row in good]) for key in SHOWN] if good else ["–"] * len(SHOWN)
        lines.append(f"| {objective} | {' | '.join(cells)} |")
    failed = [f"* {row['objective']}, seed {row['seed']}: {row['failed']}" for row in result["rows"] if "failed" in row]
    return "\n".join([*lines, "", *(["Trainings that failed:", "", *failed, ""] if failed else [])])


def learned_from(run: dict) -> str:
    """What the run learned from, and by which network."""
    model = ", ".join(f"{key}={run['model'][key]}" for key in TOLD if key in run["model"])
    return f"Learned from {run['samples']} samples; network: {model}; fieldgan {run['versions']['fieldgan']}."


def spread(values: list[float]) -> str:
    """Median and range."""
    return f"{statistics.median(values):.3g} ({min(values):.3g} to {max(values):.3g})"


def begun(options: argparse.Namespace, path: Path) -> dict:
    """The table as far as it is there."""
    record = json.loads((options.run / "run.json").read_text(encoding="utf-8"))
    run = {"samples": record["config"]["data"]["samples"], "model": record["config"]["model"], "versions": record["versions"]}
    about = {"scenario": options.name, "steps": options.steps, "seeds": options.seeds, "samples": options.samples}
    command = f"python benchmarks/objectives_table.py runs/{options.run.name} {options.name} --steps {options.steps}"
    if not path.is_file():
        return {"command": f"{command} --seeds {options.seeds} --samples {options.samples}", **about, "run": run, "rows": []}
    found = json.loads(path.read_text(encoding="utf-8"))
    if any(found[key] != about[key] for key in ("steps", "samples")):
        sys.exit(f"{path} has {found['steps']} steps and {found['samples']} samples; use these, or remove it")
    return found | {"seeds": max(found["seeds"], options.seeds)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="a run folder with data of a scenario with ensembles")
    parser.add_argument("name", help="of the results: docs/results/NAME_objectives.json")
    parser.add_argument("--steps", type=int, default=1000, help="of every training (1000)")
    parser.add_argument("--seeds", type=int, default=3, help="trainings per objective (3)")
    parser.add_argument("--samples", type=int, default=32, help="test samples that are scored, at most (32)")
    parser.add_argument("--at-once", type=int, default=os.cpu_count(), help="trainings at a time (one for each core)")
    inner = parser.add_argument_group("of the process of one training")
    inner.add_argument("--one", choices=(REGRESSION, *OBJECTIVES), help="train and score this one, and print its row")
    inner.add_argument("--seed", type=int, default=0)
    inner.add_argument("--beside", type=Path, help="where the networks of this seed stand")
    options = parser.parse_args()
    training = (options.run, options.one, options.seed, options.steps)
    if options.one == REGRESSION:
        print(json.dumps(trained(*training, options.beside)[1].costs))
        return
    if options.one:
        print(json.dumps(row(*training, options.samples, options.beside)))
        return
    path, order = RESULTS / f"{options.name}_objectives.json", list(OBJECTIVES)
    result = begun(options, path)
    for found in missing_rows(options, {(row["objective"], row["seed"]) for row in result["rows"]}):
        result["rows"] = sorted([*result["rows"], found], key=lambda row: (row["seed"], order.index(row["objective"])))
        path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        path.with_suffix(".md").write_text(table(result), encoding="utf-8")
        print(json.dumps(found), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
