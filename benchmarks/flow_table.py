"""fieldgan's flow solver and its peers side by side, in one run on one core; writes docs/results/flow_benchmark.{md,json}.

apt-get install openfoam && pip install -e '.[bench]' && python benchmarks/flow_table.py

A peer that is missing is left out, and the table says why.
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"

import json
import platform
import subprocess
import sys
import time
import warnings
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import flow_peers as peers
import numpy as np
from openfoam_cavity import available

RESULTS = Path(__file__).parents[1] / "docs" / "results"
ROUNDS = 5
SIZES = (64, 128)
CAVITIES = {
    "fieldgan, Newton": peers.newton_cavity,
    "fieldgan, marching": peers.marching_cavity,
    "OpenFOAM simpleFoam": partial(peers.openfoam_cavity, "simpleFoam"),
    "OpenFOAM icoFoam": partial(peers.openfoam_cavity, "icoFoam"),
}
EDDIES = {
    "fieldgan, central, Runge-Kutta": peers.eddies_fieldgan,
    "jax-cfd, central, forward Euler": partial(peers.eddies_jax_cfd, central=True),
    "jax-cfd, van Leer (default), forward Euler": partial(peers.eddies_jax_cfd, central=False),
    "exponax, ETDRK2": partial(peers.eddies_exponax, order=2),
    "exponax, ETDRK4": partial(peers.eddies_exponax, order=4),
}
RISE = {"fieldgan": peers.rise_fieldgan, "PhiFlow": peers.rise_phiflow}
MISSING = (ImportError, AttributeError)


def cavity_rows():
    """Seconds to the steady state, steps, time per step, and distance to fieldgan's, by program and size."""
    rows, skipped = {name: {} for name in CAVITIES}, {}
    for n in SIZES:
        truth = None
        for name, solve in CAVITIES.items():
            if "OpenFOAM" in name and not available():
                skipped[name] = "blockMesh, icoFoam and simpleFoam are not on the path"
                continue
            solve(16) if "fieldgan" in name else None  # compiled before the clock runs
            found = solve(n)
            truth = found if truth is None else truth
            apart = np.array([found.u - truth.u, found.v - truth.v])[:, away_from_jumps(n)]
            rows[name][f"{n}²"] = {
                "seconds": found.seconds,
                "steps": found.steps,
                "ms_per_step": 1e3 * found.step_seconds,
                "left": found.left,
                "largest_distance": float(np.abs(apart).max()),
                "rms_distance": float(np.sqrt((apart**2).mean())),
            }
    return {name: row for name, row in rows.items() if row}, skipped


def away_from_jumps(n):
    """Cells more than a tenth of a side from the ends of the lid, where the velocity jumps and no two schemes agree."""
    x = (np.arange(n) + 0.5) / n
    return np.hypot(np.minimum(x, 1 - x), 1 - x[:, None]) > 0.1


def timed_rows(makers):
    """Median CPU time of interleaved rounds, and the field that each computes."""
    calls, skipped = {}, {}
    for name, make in makers.items():
        try:
            calls[name] = make()
            calls[name].call()
        except MISSING as error:
            skipped[name] = f"{type(error).__name__}: {error}".splitlines()[0]
            calls.pop(name, None)
    rounds = [{name: clock(timed.call) for name, timed in calls.items()} for _ in range(ROUNDS)]
    rows = {}
    for name, timed in calls.items():
        seconds = float(np.median([r[name] for r in rounds]))
        rows[name] = {"seconds": seconds, "steps": timed.steps, "ms_per_step": 1e3 * seconds / timed.steps}
    return rows, {name: timed.field() for name, timed in calls.items()}, skipped


def clock(call):
    begin = time.process_time()
    call()
    return time.process_time() - begin


def eddy_rows():
    rows, fields, skipped = timed_rows(EDDIES)
    truth = fields.get("exponax, ETDRK4")
    for name, row in rows.items():
        row["error"] = float(np.linalg.norm(fields[name] - truth) / np.linalg.norm(truth)) if truth is not None else None
    return rows, skipped


def rise_rows():
    rows, fields, skipped = timed_rows(RISE)
    for name, row in rows.items():
        row["seconds_per_unit"] = row["seconds"] / peers.UNTIL
        row["height"] = peers.height(fields[name])
    return rows, skipped


def machine():
    cpu = next((x.split(":")[1].strip() for x in _lines("/proc/cpuinfo") if x.startswith("model name")), platform.processor())
    packages = {p: _version(p) for p in ("fieldgan", "numpy", "scipy", "numba", "jax", "jax-cfd", "exponax", "phiflow")}
    return {"cpu": cpu, "threads": 1, "python": platform.python_version(), **packages, "openfoam": _openfoam()}


def _version(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _openfoam():
    query = ["dpkg-query", "-W", "-f", "${Version}", "openfoam"]
    try:
        return subprocess.run(query, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "none"


def _lines(path):
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def markdown(result):
    about = ", ".join(f"{k} {v}" for k, v in result["machine"].items())
    lines = ["# Flow: fieldgan and its peers", "", f"`{result['command']}` on {about}.", "", "Process CPU time on one core.", ""]
    lines += [*cavity_lines(result["cavity"]), *eddy_lines(result["eddies"]), *rise_lines(result["rise"])]
    lines += [f"- {name} is missing: {why}" for name, why in result["skipped"].items()]
    return "\n".join(lines) + "\n"


def cavity_lines(rows):
    text = f"""## Lid-driven cavity, Re 1000, from rest to steady

One criterion for all: seconds until u and v differ by less than {peers.CLOSE:g} lid speeds, in every cell, from the steady
state that the same program reaches when it runs on. Newton is charged for all it does to max |∂u/∂t| < 1e-8. In brackets how
many times longer than Newton and than marching. Distance: of the steady states from fieldgan's, largest and root mean square,
a tenth of a side away from the ends of the lid, where the velocity jumps.
"""
    lines = [text, "| | cells | seconds | steps | ms per step | distance | still changing |", "|---" * 7 + "|"]
    for n in (f"{n}²" for n in SIZES):
        newton, marching = (rows[name][n]["seconds"] for name in list(CAVITIES)[:2])
        for name, row in rows.items():
            c = row[n]
            ratios = f"{c['seconds'] / newton:.1f}×, {c['seconds'] / marching:.1f}×"
            apart = f"{c['largest_distance']:.0e}, {c['rms_distance']:.0e}"
            paces = f"{c['seconds']:.2f} ({ratios}) | {c['steps']} | {c['ms_per_step']:.2f}"
            lines.append(f"| {name} | {n} | {paces} | {apart} | {c['left']:.0e} |")
    return [*lines, ""]


def eddy_lines(rows):
    text = f"""## Periodic eddies, {peers.CELLS}², float32, ν = {peers.VISCOSITY:g}

{peers.STEPS} steps of 0.3 cells per unit of velocity. Error: of u afterwards, relative to that of exponax with ETDRK4.
"""
    lines = [text, "| | ms per step | error |", "|---|---|---|"]
    for name, row in rows.items():
        lines.append(f"| {name} | {row['ms_per_step']:.3f} | {row['error']:.1e} |")
    return [*lines, ""]


def rise_lines(rows):
    text = f"""## A warm disc rises in a closed box, {peers.COLUMNS} × {peers.ROWS}, float32

Boussinesq, κ = ν = {peers.VISCOSITY:g}, until t = {peers.UNTIL:g}; PhiFlow takes steps of {peers.PHI_STEP:g}, fieldgan of nine
tenths of its limit.
"""
    lines = [text, "| | ms per step | seconds per unit of time | mean height of the warm fluid at the end |", "|---|---|---|---|"]
    for name, row in rows.items():
        lines.append(f"| {name} | {row['ms_per_step']:.3f} | {row['seconds_per_unit']:.3f} | {row['height']:.3f} |")
    return [*lines, ""]


def main():
    warnings.filterwarnings("ignore")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    (eddies, less), (rise, fewer) = eddy_rows(), rise_rows()
    cavity, least = cavity_rows()
    result = {
        "command": "python benchmarks/flow_table.py",
        "machine": machine(),
        "cavity": cavity,
        "eddies": eddies,
        "rise": rise,
    }
    result["skipped"] = least | less | fewer
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "flow_benchmark.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    (RESULTS / "flow_benchmark.md").write_text(markdown(result))
    sys.stdout.write(markdown(result))


if __name__ == "__main__":
    main()
