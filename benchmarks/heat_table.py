"""fieldgan's heat solver and its peers side by side, in one run on one thread; writes docs/results/heat_benchmark.{md,json}.

pip install -e '.[bench]' && python benchmarks/heat_table.py
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import json
import platform
import subprocess
import sys
import time
import warnings
from functools import partial
from importlib.metadata import version
from pathlib import Path

import heat_peers as peers
import numpy as np

RESULTS = Path(__file__).parents[1] / "docs" / "results"
ROUNDS, SHORTEST = 7, 0.02  # each round lasts at least so many seconds
SIZES = (64, 128, 256)
SOLVERS = {
    "fieldgan, multigrid-preconditioned CG": peers.steady_fieldgan,
    "scipy splu, best ordering": peers.steady_splu,
    "pyamg, Ruge-Stüben + CG": peers.steady_pyamg,
}
PLATES = {"lognormal conductivity": peers.lognormal, "inclusions, contrast 100": peers.inclusions}
STEPS = {
    "fieldgan": peers.step_fieldgan,
    "C -O3 -march=native, stored faces": peers.step_c,
    "C -O3 -march=native, means on the fly": peers.step_c_means,
    "scipy CSR product": peers.step_scipy,
    "numpy slices": peers.step_numpy,
    "py-pde, explicit Euler in numba": peers.step_pde,
}
GRIDS = {"256² float64": (256, np.float64, 400), "1024² float64": (1024, np.float64, 50), "256² float32": (256, np.float32, 400)}


def medians(calls):
    """Median process CPU seconds of each call over interleaved rounds, after one call to warm up."""
    for call in calls.values():
        call()
    repeats = {name: max(1, round(SHORTEST / max(clock(call, 1), 1e-7))) for name, call in calls.items()}
    rounds = [{name: clock(call, repeats[name]) for name, call in calls.items()} for _ in range(ROUNDS)]
    return {name: float(np.median([r[name] for r in rounds])) for name in calls}


def clock(call, repeats):
    begin = time.process_time()
    for _ in range(repeats):
        call()
    return (time.process_time() - begin) / repeats


def steady_rows(plate):
    """Milliseconds and largest relative error by peer and size."""
    rows = {name: {} for name in SOLVERS}
    for n in SIZES:
        heat = PLATES[plate](n)
        calls = {name: solver(heat) for name, solver in SOLVERS.items()}
        truth = peers.exact(heat)
        for name, seconds in medians(calls).items():
            error = np.abs(calls[name]() - truth).max() / np.abs(truth).max()
            rows[name][f"{n}²"] = {"ms": 1e3 * seconds, "error": float(error)}
    return rows


def step_rows():
    """Microseconds per step by peer and grid, where the peer has that precision."""
    rows = {name: {} for name in STEPS}
    for label, (n, kind, steps) in GRIDS.items():
        heat = peers.insulated(n)
        stepper = {k: s if kind is np.float64 else partial(s, kind=kind) for k, s in STEPS.items()}
        if kind is np.float32:
            stepper = {k: s for k, s in stepper.items() if "means" not in k and "py-pde" not in k}
        calls = {name: make(heat, 0.9 * heat.stable_dt(), steps) for name, make in stepper.items()}
        for name, seconds in medians(calls).items():
            rows[name][label] = {"us": 1e6 * seconds / steps}
    return rows


def machine():
    cpu = next((x.split(":")[1].strip() for x in _lines("/proc/cpuinfo") if x.startswith("model name")), platform.processor())
    packages = {p: version(p) for p in ("fieldgan", "numpy", "scipy", "numba", "pyamg", "py-pde")}
    gcc = subprocess.run(["gcc", "-dumpfullversion"], capture_output=True, text=True, check=True).stdout.strip()
    return {"cpu": cpu, "threads": 1, "python": platform.python_version(), "gcc": gcc, **packages}


def _lines(path):
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def markdown(result):
    about = ", ".join(f"{k} {v}" for k, v in result["machine"].items())
    lines = ["# Heat: fieldgan and its peers", "", f"`{result['command']}` on {about}.", ""]
    lines += [f"Median process CPU time of {ROUNDS} interleaved rounds on one thread.", ""]
    for plate, rows in result["steady"].items():
        lines += [f"## Steady, {plate}", "", "Milliseconds per problem with set-up (and largest error relative to the largest"]
        lines += ["temperature); in brackets how many times longer than fieldgan.", ""]
        lines += ["| | " + " | ".join(f"{n}²" for n in SIZES) + " |", "|---" * (1 + len(SIZES)) + "|"]
        ours = rows[next(iter(SOLVERS))]
        for name, row in rows.items():
            cells = (f"{c['ms']:.2f} ({c['ms'] / ours[n]['ms']:.1f}×; {c['error']:.0e})" for n, c in row.items())
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
        lines.append("")
    lines += ["## Explicit step, variable conductivity", "", "Microseconds per step.", ""]
    lines += ["| | " + " | ".join(GRIDS) + " |", "|---" * (1 + len(GRIDS)) + "|"]
    for name, row in result["explicit"].items():
        lines.append(f"| {name} | " + " | ".join(f"{row[g]['us']:.1f}" if g in row else "–" for g in GRIDS) + " |")
    return "\n".join([*lines, ""])


def main():
    warnings.filterwarnings("ignore", module="pyamg")
    steady = {plate: steady_rows(plate) for plate in PLATES}
    result = {"command": "python benchmarks/heat_table.py", "machine": machine(), "steady": steady, "explicit": step_rows()}
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "heat_benchmark.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    (RESULTS / "heat_benchmark.md").write_text(markdown(result))
    sys.stdout.write(markdown(result))


if __name__ == "__main__":
    main()
