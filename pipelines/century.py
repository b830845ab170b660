"""A century of virtual months: a generator's draws for every month of a planet, beside the solver's own century of weather.

A month is the climate of the planet without weather plus an anomaly. The generator draws the anomalies of each month by
themselves, so its months have no memory; the solver's have, and the table shows it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from ..data.domains import Globe
from ..data.samples import sample_rng, sample_seed
from ..data.scenario import Array, Fields, attributes
from ..data.scenarios.weather import SPIN_UP, STORED, TARGETS, TOLERANCE, TRUTH, Moment, draw_moment, render_moment, windy_climate
from ..data.virtual_metrics import eof_shares, likeness, points
from ..solvers.errors import UsageError
from ..solvers.regrid_globe import regrid_globe
from ..solvers.sphere import area_shares, global_mean
from ..surrogate.surrogate import Surrogate

MONTHS = 12
LEADING = 5  # empirical orthogonal functions in the table


@dataclass(frozen=True)
class Century:
    """Months of one planet, (12 years, nlat, nlon) each [°C].

    Attributes:
        climate: the twelve months without weather, (12, nlat, nlon).
        virtual, solved: as the generator and the solver have them.
    """

    climate: Array
    virtual: Array
    solved: Array

    @property
    def years(self) -> int:
        """How many years there are of each."""
        return len(self.virtual) // MONTHS


def make_century(surrogate: Surrogate, sample: int, years: int, seed: int = 0) -> Century:
    """Both centuries of the planet of a sample.

    Args:
        surrogate: a model of scenario `weather` that draws members.
        sample: number of the problem, drawn as `generate` draws it with this seed; its month is of no account.
        years: 2 or more.
    Raises:
        UsageError: for fewer years.
    """
    if years < 2:
        raise UsageError(f"years={years} has no spread; use 2 or more")
    moment = draw_moment(sample_rng(seed, sample))
    calm, solved = solve_century(moment, years, sample_seed(seed, sample))
    return Century(calm, virtual_anomalies(surrogate, moment, years, seed) + np.tile(calm, (years, 1, 1)), solved)


def solve_century(moment: Moment, years: int, seed: int) -> tuple[Array, Array]:
    """The months without weather and a run of years with it, at the resolution of the truth, on the stored grid."""
    model = windy_climate(render_moment(moment, TRUTH))
    calm = model.equilibrium(TOLERANCE)
    run = model.months(model.start(calm.start), SPIN_UP + years, seed)[SPIN_UP * MONTHS :]
    shape = Globe().shape(STORED)
    return regrid_globe(calm.temperature, shape), regrid_globe(run, shape)


def virtual_anomalies(surrogate: Surrogate, moment: Moment, years: int, seed: int) -> Array:
    """Anomalies in the order of time, (12 years, nlat, nlon) [K]: as many members of every month as there are years."""
    problems = [render_moment(Moment(moment.planet, month, moment.numbers), STORED) for month in range(MONTHS)]
    conditions: Fields = {name: np.stack([problem[name] for problem in problems]) for name in problems[0]}
    drawn = surrogate.fields(conditions, years, seed)[TARGETS[0].name]
    return np.asarray(drawn, np.float64).swapaxes(0, 1).reshape(MONTHS * years, *drawn.shape[2:])


def statistics(century: Century) -> dict[str, Any]:
    """What both centuries are like, from their anomalies.

    Returns:
        Of `virtual` and `solved`: the mean anomaly, the deviation of a cell and of the global mean [K], the correlation of the
        global mean from one month to the next, and the shares of the leading EOFs; and their distance as in `Likeness`.
    """
    calm = np.tile(century.climate, (century.years, 1, 1))
    both = {"virtual": century.virtual - calm, "solved": century.solved - calm}
    weights = np.broadcast_to(area_shares(calm.shape[1])[:, None], calm.shape[1:])
    cells = {name: points(a, weights) for name, a in both.items()}
    years = np.repeat(np.arange(century.years), MONTHS)
    found = likeness(cells["virtual"], cells["solved"], years, np.random.default_rng(0))
    told = {name: _told(a) | {"eof_shares": eof_shares(cells[name])[:LEADING].tolist()} for name, a in both.items()}
    return {"years": century.years, **told, **vars(found)}


def _told(anomalies: Array) -> dict[str, float]:
    by_month = anomalies.reshape(-1, MONTHS, *anomalies.shape[1:])
    mean = global_mean(anomalies)
    return {
        "mean": float(mean.mean()),
        "deviation_of_a_cell": float(np.sqrt(global_mean(by_month.var(axis=0, ddof=1)).mean())),
        "deviation_of_the_globe": float(np.sqrt(global_mean(by_month).var(axis=0, ddof=1).mean())),
        "month_to_month": float(np.corrcoef(mean[1:], mean[:-1])[0, 1]),
    }


def century_dataset(century: Century) -> xr.Dataset:
    """Both centuries as fields in time, with coordinates and units."""
    dims, coords = ("time", *Globe().dims), Globe().coords(century.virtual.shape[1])
    told = attributes(TARGETS[0], "target") | {"units": "degC", "standard_name": "surface_temperature"}
    names: Mapping[str, tuple[Array, str]] = {
        "virtual": (century.virtual, "monthly mean temperature, drawn by the generator"),
        "solved": (century.solved, "monthly mean temperature, as solved"),
    }
    when = {"units": "months", "long_name": "time since the first month"}
    time = xr.Variable("time", np.arange(len(century.virtual)) + 0.5, when)
    return xr.Dataset(
        {name: xr.Variable(dims, a.astype(np.float32), told | {"long_name": text}) for name, (a, text) in names.items()},
        coords={"time": time, **coords},
    )
