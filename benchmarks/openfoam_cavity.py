"""OpenFOAM on the lid-driven cavity: cases written from the templates below, run, and read back.

One block of n × n cells, unit square, lid at speed 1. Both programs use central differences throughout, so that they solve
the same equations as fieldgan to second order. icoFoam marches from rest by PISO with two corrections, at a Courant number
of two; simpleFoam iterates by SIMPLEC. Pressure is solved by GAMG. Tolerances and relaxation are those that reached the
steady state at 64² fastest, without changing it. The clock is OpenFOAM's own ExecutionTime, process CPU time.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import numpy as np

CONTROL = """
application {solver}; startFrom startTime; startTime 0; stopAt endTime; endTime {end}; deltaT {step};
writeControl timeStep; writeInterval {every}; writeFormat ascii; writePrecision 10; timePrecision 8; runTimeModifiable no;
"""
SCHEMES = """
ddtSchemes {{ default {ddt}; }}
gradSchemes {{ default Gauss linear; }}
divSchemes {{ default none; div(phi,U) Gauss linear; div((nuEff*dev2(T(grad(U))))) Gauss linear; }}
laplacianSchemes {{ default Gauss linear orthogonal; }}
interpolationSchemes {{ default linear; }}
snGradSchemes {{ default orthogonal; }}
"""
SOLUTION = """
solvers
{{
    p {{ solver GAMG; smoother GaussSeidel; tolerance {p_tolerance}; relTol {p_relative}; }}
    pFinal {{ $p; relTol 0; }}
    U {{ solver smoothSolver; smoother symGaussSeidel; tolerance {u_tolerance}; relTol {u_relative}; }}
}}
PISO {{ nCorrectors 2; nNonOrthogonalCorrectors 0; pRefCell 0; pRefValue 0; }}
SIMPLE {{ consistent yes; nNonOrthogonalCorrectors 0; pRefCell 0; pRefValue 0; residualControl {{ p 1e-8; U 1e-8; }} }}
relaxationFactors {{ equations {{ U {relax}; }} }}
"""
MESH = """
scale 1;
vertices ((0 0 0) (1 0 0) (1 1 0) (0 1 0) (0 0 {h}) (1 0 {h}) (1 1 {h}) (0 1 {h}));
blocks (hex (0 1 2 3 4 5 6 7) ({n} {n} 1) simpleGrading (1 1 1));
edges ();
boundary
(
    lid {{ type wall; faces ((3 7 6 2)); }}
    still {{ type wall; faces ((0 4 7 3) (2 6 5 1) (1 5 4 0)); }}
    frontAndBack {{ type empty; faces ((0 3 2 1) (4 5 6 7)); }}
);
"""
VELOCITY = """
dimensions [0 1 -1 0 0 0 0]; internalField uniform (0 0 0);
boundaryField
{{
    lid {{ type fixedValue; value uniform (1 0 0); }}
    still {{ type noSlip; }}
    frontAndBack {{ type empty; }}
}}
"""
PRESSURE = """
dimensions [0 2 -2 0 0 0 0]; internalField uniform 0;
boundaryField {{ "(lid|still)" {{ type zeroGradient; }} frontAndBack {{ type empty; }} }}
"""
FILES = {
    "system/controlDict": CONTROL,
    "system/fvSchemes": SCHEMES,
    "system/fvSolution": SOLUTION,
    "system/blockMeshDict": MESH,
    "constant/transportProperties": "transportModel Newtonian; nu [0 2 -1 0 0 0 0] {viscosity};",
    "constant/turbulenceProperties": "simulationType laminar;",
    "0/U": VELOCITY,
    "0/p": PRESSURE,
}
CLASSES = {"0/U": "volVectorField", "0/p": "volScalarField"}
TUNED = {
    "icoFoam": {"ddt": "Euler", "relax": 1, "p_tolerance": 1e-5, "p_relative": 0.05, "u_tolerance": 1e-5, "u_relative": 0},
    "simpleFoam": {"ddt": "steadyState", "relax": 0.95, "p_tolerance": 0, "p_relative": 0.3, "u_tolerance": 0, "u_relative": 0.3},
}
COURANT = 2  # the fastest to steady among 1, 2 and 4


class History(NamedTuple):
    """What a run wrote.

    Attributes:
        step: number of steps or iterations when each field was written.
        seconds: process CPU time until then, start-up and mesh reading included.
        u, v: velocity at cell centres, (times, n, n).
        step_seconds: CPU time of one step or iteration, mean over the second half of the run.
    """

    step: np.ndarray
    seconds: np.ndarray
    u: np.ndarray
    v: np.ndarray
    step_seconds: float


def available() -> bool:
    """Whether OpenFOAM is installed."""
    return all(shutil.which(program) for program in ("blockMesh", *TUNED))


def run_cavity(solver: str, n: int, viscosity: float, steps: int, every: int, folder: Path) -> History:
    """Run icoFoam or simpleFoam from rest for `steps` steps, with a field written after each `every`."""
    dt = COURANT / n if solver == "icoFoam" else 1
    settings = {"solver": solver, "n": n, "h": 1 / n, "viscosity": viscosity, "step": dt, "end": steps * dt, "every": every}
    for name, template in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        header = f"FoamFile {{ version 2.0; format ascii; class {CLASSES.get(name, 'dictionary')}; object {path.name}; }}\n"
        path.write_text(header + template.format(**settings, **TUNED[solver]))
    _run("blockMesh", folder)
    return _history(_run(solver, folder), folder, n, dt)


def _run(program: str, folder: Path) -> str:
    surroundings = {"WM_PROJECT_DIR": "/usr/share/openfoam"} | os.environ  # where Debian's package puts it
    done = subprocess.run([program, "-case", folder], capture_output=True, text=True, check=False, env=surroundings)
    if done.returncode:
        raise RuntimeError(f"{program} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def _history(log: str, folder: Path, n: int, dt: float) -> History:
    clock = {}
    for time, seconds in re.findall(r"^Time = (\S+)$.*?^ExecutionTime = (\S+) s", log, re.MULTILINE | re.DOTALL):
        clock[round(float(time) / dt)] = float(seconds)
    written = {round(float(p.parent.name) / dt): p for p in folder.glob("[0-9]*/U") if p.parent.name != "0"}
    steps = sorted(written)
    fields = np.array([_read_vectors(written[k], n) for k in steps])
    last, half = max(clock), max(clock) // 2
    pace = (clock[last] - clock[half]) / (last - half)
    return History(np.array(steps), np.array([clock[k] for k in steps]), fields[..., 0], fields[..., 1], pace)


def _read_vectors(path: Path, n: int) -> np.ndarray:
    text = path.read_text()
    body = text[text.index("internalField") : text.index("boundaryField")]
    numbers = body[body.index("(") + 1 : body.rindex(")")].replace("(", " ").replace(")", " ")
    return np.array(numbers.split(), dtype=np.float64).reshape(n, n, 3)
