"""A scenario of your own: a tracer that the wind carries over a periodic square while it spreads and decays.

    v·∇c − κ ∇²c + λ c = s      upwind finite volumes, sparse LU

`python own_scenario.py [runs/tracer]` generates, trains and compares. For `fieldgan run tracer`, name it under
[project] in the pyproject.toml of your package:  entry-points."fieldgan.scenarios".tracer = "my_package:TRACER"
"""

import sys

import fieldgan
import numpy as np
from fieldgan import Scenario, Variable
from scipy.sparse import eye_array, kron
from scipy.sparse.linalg import spsolve

DIFFUSIVITY, DECAY, LADDER = 0.01, 1.0, (8, 16, 32, 64)  # m2 s-1, s-1, cells


def draw(rng):  # direction of a wind of 1 m s-1; three sources (x, y, width)
    return rng.uniform(0, 2 * np.pi), rng.uniform((0, 0, 0.05), (1, 1, 0.15), (3, 3))


def render(parameters, n):
    (angle, sources), x = parameters, (np.arange(n) + 0.5) / n
    bumps = [[np.exp(-(((x - c + 0.5) % 1 - 0.5) ** 2) / (2 * w**2)) for c in (a, b)] for a, b, w in sources]
    source = sum(np.outer(along_y, along_x) for along_x, along_y in bumps)
    return {"source": source, "wind_x": np.cos(angle), "wind_y": np.sin(angle)}


def simulate(conditions, seed):
    n = len(conditions["source"])
    one, matrix = eye_array(n).tocsr(), DECAY * eye_array(n * n)
    before, after = one[np.arange(n) - 1], one[np.arange(n) - 1].T
    for axis, place in (("wind_x", lambda a: kron(one, a)), ("wind_y", lambda a: kron(a, one))):
        v = float(conditions[axis])
        advection = n * (abs(v) * one - max(v, 0) * before - max(-v, 0) * after)
        matrix = matrix + place(advection + n**2 * DIFFUSIVITY * (2 * one - before - after))
    return {"concentration": spsolve(matrix.tocsc(), conditions["source"].ravel()).reshape(n, n)}


WINDS = tuple(Variable(f"wind_{axis}", "m s-1", f"wind along {axis}", scalar=True) for axis in "xy")
INPUTS = (Variable("source", "kg m-2 s-1", "source of tracer", linearity="linear"), *WINDS)
TARGETS = (Variable("concentration", "kg m-2", "concentration of tracer", linearity="linear", conserved=True),)
TRACER = Scenario("tracer", "tracer in wind", INPUTS, TARGETS, 32, 128, draw, render, simulate, ladder=LADDER)

if __name__ == "__main__":
    small = {"data": {"samples": 300}, "training": {"steps": 300}, "model": {"lift_resolution": 8}}
    print(fieldgan.run(TRACER, (sys.argv[1:] or ["runs/tracer"])[0], settings=small))
