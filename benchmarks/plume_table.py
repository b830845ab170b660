"""A buoyant plume of smoke by fieldgan and PhiFlow, in one run on one core; writes docs/results/plume_benchmark.{md,json}.

pip install -e '.[bench]' && python benchmarks/plume_table.py

PhiFlow is left out where it is missing, and the table says why.
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"

import json
import sys
import warnings
from functools import partial

import numpy as np
import plume_peers as peers
from flow_table import RESULTS, machine, timed_rows

PLUMES = {
    "fieldgan, float32": peers.plume_fieldgan,
    "fieldgan, float64": partial(peers.plume_fieldgan, np.float64),
    "PhiFlow, float32": peers.plume_phiflow,
    "fieldgan, all of a stack, float32": peers.stack_fieldgan,
    "fieldgan, all of a stack, float64": partial(peers.stack_fieldgan, np.float64),
}


def plume_rows():
    rows, fields, skipped = timed_rows(PLUMES)
    for name, row in rows.items():
        row["seconds_per_unit"] = row["seconds"] / peers.UNTIL
        row["amount"], row["centre_x"], row["centre_y"] = peers.smoke_at(fields[name])
    return rows, skipped


def markdown(result):
    about = ", ".join(f"{k} {v}" for k, v in result["machine"].items())
    emitted = 4 * peers.H**2 * peers.RATE * peers.UNTIL
    text = f"""# Plume: fieldgan and PhiFlow

`{result["command"]}` on {about}.

Process CPU time on one core, {peers.ROWS} × {peers.COLUMNS} cells, κ = ν = {peers.SPREAD:g}, until t = {peers.UNTIL:g}.
A uniform wind between two walls blows past a stack, above which light smoke is let out, {emitted:g} in all. PhiFlow takes
steps of {peers.PHI_STEP:g}, fieldgan of nine tenths of its limit. "All of a stack" is fieldgan's plume with a vent,
{peers.MODES} modes of gusts, shear, and buoyancy apart from smoke.
"""
    lines = [
        text,
        "| | ms per step | seconds per unit of time | steps | smoke at the end | its centre (x, y) |",
        "|---" * 6 + "|",
    ]
    for name, r in result["plume"].items():
        place = f"{r['amount']:.4f} | {r['centre_x']:.2f}, {r['centre_y']:.2f}"
        lines.append(f"| {name} | {r['ms_per_step']:.3f} | {r['seconds_per_unit']:.4f} | {r['steps']} | {place} |")
    lines += ["", *(f"- {name} is missing: {why}" for name, why in result["skipped"].items())]
    return "\n".join(lines).rstrip() + "\n"


def main():
    warnings.filterwarnings("ignore")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rows, skipped = plume_rows()
    result = {"command": "python benchmarks/plume_table.py", "machine": machine(), "plume": rows, "skipped": skipped}
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "plume_benchmark.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    (RESULTS / "plume_benchmark.md").write_text(markdown(result))
    sys.stdout.write(markdown(result))


if __name__ == "__main__":
    main()
