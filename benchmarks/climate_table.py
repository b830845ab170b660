"""fieldgan's climate solver, climlab and plain numpy side by side, in one run on one thread.

Writes docs/results/climate_benchmark.{md,json}.

pip install -e '.[bench]' && python benchmarks/climate_table.py

A peer that is missing is left out, and the table says why.
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import json
import platform
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import climate_peers as peers
import numpy as np

RESULTS = Path(__file__).parents[1] / "docs" / "results"
ROUNDS, SHORTEST = 7, 0.02  # each round lasts at least so many seconds
STEPS = 48
LADDER = {12: 24, 18: 24, 24: 48, 36: 48, 48: 48, 72: 96, 96: 96, 144: 192}  # rows and steps a year
WAYS = {"accelerated": True, "brute force": False}
TOLERANCES = (1e-2, 1e-3)  # K a year
GRIDS = {
    "36 × 72": {
        "fieldgan": lambda: peers.steps_fieldgan(peers.earth(36), STEPS),
        "numpy, sparse LU": lambda: peers.steps_numpy(peers.earth(36), STEPS),
        "climlab EBM_seasonal": lambda: peers.steps_climlab(36, 72, STEPS),
    },
    "90 × 1": {
        "fieldgan": lambda: peers.steps_fieldgan(peers.column(), STEPS),
        "numpy, sparse LU": lambda: peers.steps_numpy(peers.column(), STEPS),
        "climlab EBM_seasonal": lambda: peers.steps_climlab(90, 1, STEPS),
    },
}


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


def step_rows():
    """Microseconds per step by program and grid, and which programs are missing."""
    rows, skipped = {}, {}
    for grid, makers in GRIDS.items():
        calls = {}
        for name, make in makers.items():
            try:
                calls[name] = make()
                calls[name]()
            except Exception as error:  # a peer that does not run here, for whatever reason
                skipped[f"{name}, {grid}"] = f"{type(error).__name__}: {error}".splitlines()[0]
                calls.pop(name, None)
        for name, seconds in medians(calls).items():
            rows.setdefault(name, {})[grid] = 1e6 * seconds / STEPS
    return rows, skipped


def equilibrium_rows():
    """Years run, milliseconds, and what is left of the error, by rows, tolerance and way."""
    rows = []
    for nlat, steps in LADDER.items():
        exact = peers.equilibrium(nlat, steps, 1e-8, True)().temperature
        for tolerance in TOLERANCES:
            ways = {name: peers.equilibrium(nlat, steps, tolerance, way) for name, way in WAYS.items()}
            row = {"rows": nlat, "steps": steps, "tolerance": tolerance}
            for name, seconds in medians(ways).items():
                year = ways[name]()
                left = float(np.abs(year.temperature - exact).max())
                row[name] = {"years": year.years, "ms": 1e3 * seconds, "left": left}
            rows.append(row)
    return rows


def machine():
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    cpu = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), platform.processor())
    found = {}
    for package in ("fieldgan", "numpy", "scipy", "numba", "climlab"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return {"cpu": cpu, "threads": 1, "python": platform.python_version(), **found}


STEP_NOTE = """Microseconds; in brackets how many times longer than fieldgan. Both stages of fieldgan's second-order step count as
one; climlab's is Euler's method. At 36 × 72 fieldgan and numpy have continents, ice and exchange in both directions; climlab
mixes along meridians only.
"""
EQUILIBRIUM_NOTE = """From 28 − 45 sin² φ until a year changes no cell by more than the tolerance, with set-up. Years on this
grid, milliseconds, and the largest error of the monthly means that the tolerance leaves [K].
"""
HEADING = "| rows | steps | tolerance, K | accelerated: years, ms, left | brute force: years, ms, left | factor |"


def markdown(result):
    about = ", ".join(f"{k} {v}" for k, v in result["machine"].items())
    lines = ["# Climate: fieldgan and its peers", "", f"`{result['command']}` on {about}.", ""]
    lines += [f"Median process CPU time of {ROUNDS} interleaved rounds on one thread.", "", "## One step", "", STEP_NOTE]
    lines += ["| | " + " | ".join(GRIDS) + " |", "|---" * (1 + len(GRIDS)) + "|"]
    ours = result["steps"]["fieldgan"]
    for name, row in result["steps"].items():
        cells = (f"{row[g]:.1f} ({row[g] / ours[g]:.0f}×)" if g in row else "–" for g in GRIDS)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += ["", *(f"Left out: {name} ({why})." for name, why in result["skipped"].items())]
    lines += ["## Equilibrium", "", EQUILIBRIUM_NOTE]
    lines += [HEADING, "|---" * 6 + "|"]
    for row in result["equilibrium"]:
        fast, slow = (row[way] for way in WAYS)
        cells = [f"{way['years']}, {way['ms']:.1f}, {way['left']:.0e}" for way in (fast, slow)]
        start = f"| {row['rows']} | {row['steps']} | {row['tolerance']:g} | "
        lines.append(start + " | ".join(cells) + f" | {slow['ms'] / fast['ms']:.1f} |")
    return "\n".join([*lines, ""])


def main():
    steps, skipped = step_rows()
    result = {
        "command": "python benchmarks/climate_table.py",
        "machine": machine(),
        "steps": steps,
        "skipped": skipped,
        "equilibrium": equilibrium_rows(),
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "climate_benchmark.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    (RESULTS / "climate_benchmark.md").write_text(markdown(result))
    sys.stdout.write(markdown(result))


if __name__ == "__main__":
    main()
