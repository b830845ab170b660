"""How far a prediction v is from the truth u, per sample.

Fields are (n, ny, nx), or (n, time, ny, nx), whose metrics are averaged over time. ⟨·⟩ is the mean over cells
with weights, (ny, nx) or one set per sample (n, ny, nx), of any positive sum; None weighs all cells alike.

On a globe weights are cos φ, gradients are those on the unit sphere and count across the date line, and spectra are those of
`spectra.closed_globe`; there is no boundary, and so no brmse.
"""

from collections.abc import Collection

import numpy as np
import xarray as xr
from numpy.lib.stride_tricks import sliding_window_view

from .domains import ON_GLOBE
from .scenario import Array
from .schema import named
from .spectra import Edges, frmse, lsd

VARIANCE_FLOOR = 1e-7  # The Well's, keeps vrmse finite for uniform truth
QUADRATIC = frozenset({"crmse"})  # metrics whose mean over samples is the root of the mean square
REVERSED = frozenset({"fac2"})  # metrics of which more is better
SIGNED = frozenset({"fractional_bias"})
OF_THE_FIELD = frozenset(  # metrics in the unit of the field
    {"rmse", "mae", "max", "brmse", "crmse", "absolute_error", "frmse_low", "frmse_mid", "frmse_high", "crps", "energy_distance"}
)

Spacing = tuple[float | Array, float | Array]


def evaluate(
    prediction: xr.Dataset,
    truth: xr.Dataset,
    hole: str = "",
    edges: Edges = "open",
    conserved: Collection[str] = (),
) -> xr.Dataset:
    """Every deterministic metric of every target, for each sample.

    Args:
        prediction, truth: targets on the same grid; truth carries roles, and the hole if there is one.
        hole: the condition with the share of each cell outside the domain.
        edges: whether the grid has edges, wraps around, or is a globe, which data in latitude and longitude are.
        conserved: targets that are conserved quantities, which get `crmse` too.
    Returns:
        One variable per metric, (variable, sample); NaN where a metric does not apply.
    """
    weights = cell_weights(truth, hole)
    spacing = grid_spacing(truth)
    edges = "globe" if is_globe(truth) else edges
    rows = {}
    for name in named(truth, "target"):
        v, u = (np.asarray(d[name].values, dtype=np.float64) for d in (prediction, truth))
        rows[name] = field_metrics(v, u, weights, spacing, edges)
        rows[name] |= {"crmse": over_time(bias(v, u, weights))} if name in conserved else {}
    metrics = list(dict.fromkeys(metric for row in rows.values() for metric in row))
    missing = np.full(truth.sizes["sample"], np.nan)
    table = {metric: np.stack([row.get(metric, missing) for row in rows.values()]) for metric in metrics}
    return xr.Dataset(
        {metric: (("variable", "sample"), values) for metric, values in table.items()},
        coords={"variable": list(rows), "sample": truth["sample"].values},
    )


def field_metrics(
    v: Array, u: Array, weights: Array | None = None, spacing: Spacing = (1.0, 1.0), edges: Edges = "open"
) -> dict[str, Array]:
    """The metrics that any field has, {key: (n,)}; keys and definitions are those of the fair comparison."""
    low, mid, high = frmse(v, u, weights, edges)
    values = {
        "rmse": rmse(v, u, weights),
        "mae": mae(v, u, weights),
        "max": largest_error(v, u, weights),
        "mae_percent": mae_percent(v, u, weights),
        "nrmse": nrmse(v, u, weights),
        "vrmse": vrmse(v, u, weights),
        "h1": h1(v, u, weights, spacing, edges),
        **({} if edges == "globe" else {"brmse": brmse(v, u, weights)}),
        "frmse_low": low,
        "frmse_mid": mid,
        "frmse_high": high,
        "lsd": lsd(v, u, weights, edges),
    }
    return {name: over_time(a) for name, a in values.items()} | {"relative_l2": relative_l2(v, u, weights)}


def rmse(v: Array, u: Array, weights: Array | None = None) -> Array:
    """√⟨(v−u)²⟩, in the unit of the field."""
    return np.sqrt(cell_mean((v - u) ** 2, weights))


def mae(v: Array, u: Array, weights: Array | None = None) -> Array:
    """⟨|v−u|⟩, in the unit of the field."""
    return cell_mean(np.abs(v - u), weights)


def largest_error(v: Array, u: Array, weights: Array | None = None) -> Array:
    """max |v−u| over the cells that count, in the unit of the field."""
    error: Array = np.where(where_counts(u, weights), np.abs(v - u), 0.0).max(axis=(-2, -1))
    return error


def mae_percent(v: Array, u: Array, weights: Array | None = None) -> Array:
    """Mean absolute error in percent of the sample's own range, 100 ⟨|v−u|⟩ / (max u − min u)."""
    counts = where_counts(u, weights)
    top = np.where(counts, u, -np.inf).max(axis=(-2, -1))
    bottom = np.where(counts, u, np.inf).min(axis=(-2, -1))
    return ratio(100 * mae(v, u, weights), top - bottom)


def nrmse(v: Array, u: Array, weights: Array | None = None) -> Array:
    """√⟨(v−u)²⟩ / √⟨u²⟩. Source: PDEBench (Takamoto et al. 2022)."""
    return ratio(rmse(v, u, weights), np.sqrt(cell_mean(u**2, weights)))


def vrmse(v: Array, u: Array, weights: Array | None = None) -> Array:
    """√(⟨(v−u)²⟩ / (⟨(u−⟨u⟩)²⟩ + 1e-7)); 1 is as good as the sample's mean.

    Source: The Well (Ohana et al. 2024).
    """
    variance = cell_mean((u - cell_mean(u, weights)[..., None, None]) ** 2, weights)
    return np.asarray(np.sqrt(cell_mean((v - u) ** 2, weights) / (variance + VARIANCE_FLOOR)))


def relative_l2(v: Array, u: Array, weights: Array | None = None) -> Array:
    """‖v−u‖₂/‖u‖₂ over everything but the first axis, all times at once. Source: FNO (Li et al. 2021)."""
    square_error, square = over_time(cell_mean((v - u) ** 2, weights)), over_time(cell_mean(u**2, weights))
    return np.sqrt(ratio(square_error, square))


def h1(
    v: Array, u: Array, weights: Array | None = None, spacing: Spacing = (1.0, 1.0), edges: Edges = "open"
) -> Array:
    """√(‖v−u‖² + ‖∇(v−u)‖²) / √(‖u‖² + ‖∇u‖²), with gradients across the faces between two cells that count.

    Args:
        spacing: distances (dy, dx) of cell centres, in the unit of the coordinates.
        edges: on a globe the last cells of a row are the neighbours of the first.
    """
    around = edges == "globe"
    return np.sqrt(ratio(_h1_square(v - u, weights, spacing, around), _h1_square(u, weights, spacing, around)))


def brmse(v: Array, u: Array, weights: Array | None = None) -> Array:
    """√⟨(v−u)²⟩ over the cells along the boundary of the grid, in the unit of the field."""
    rim = np.ones(u.shape[-2:])
    rim[1:-1, 1:-1] = 0.0
    return rmse(v, u, rim if weights is None else rim * weights)


def bias(v: Array, u: Array, weights: Array | None = None) -> Array:
    """|⟨v⟩−⟨u⟩|, whose root mean square over samples is `crmse`; for conserved quantities only."""
    return np.asarray(np.abs(cell_mean(v, weights) - cell_mean(u, weights)))


def divergence(velocity_x: Array, velocity_y: Array, spacing: Spacing, weights: Array | None = None) -> Array:
    """‖∇·v‖ h / ‖v‖ of flow fields (…, ny, nx), h the smaller spacing.

    The divergence is that of the dual cells, between four centres, with the mean of two velocities on each of their faces: zero
    to round-off where the velocities are means over opposite faces of u = δ_y ψ and v = −δ_x ψ, on a staggered grid. Dual cells
    that touch one outside the domain do not count.

    Args:
        spacing: (dy, dx) of the centres, numbers.
        weights: of the cells, (…, ny, nx); those of less than 1 are not whole.
    """
    dy, dx = spacing
    out_x, out_y = np.diff(velocity_x, axis=-1) / dx, np.diff(velocity_y, axis=-2) / dy
    net = 0.5 * (out_x[..., 1:, :] + out_x[..., :-1, :] + out_y[..., 1:] + out_y[..., :-1])
    whole = np.ones(net.shape[-2:]) if weights is None else _smallest_of_four(weights) >= 1
    speed = cell_mean(velocity_x**2 + velocity_y**2, weights)
    return np.asarray(np.sqrt(ratio(cell_mean(net**2, whole), speed)) * np.minimum(dx, dy))


def cell_mean(a: Array, weights: Array | None) -> Array:
    """⟨a⟩ over the last two axes."""
    if weights is None:
        return np.asarray(a.mean(axis=(-2, -1)))
    w = _fit(weights, a)
    return np.asarray((a * w).sum(axis=(-2, -1)) / w.sum(axis=(-2, -1)))


def over_time(a: Array) -> Array:
    """The mean over all axes but the first, which counts samples."""
    return np.asarray(a.mean(axis=tuple(range(1, a.ndim))))


def cell_weights(dataset: xr.Dataset, hole: str = "") -> Array:
    """Weights of the cells: cos φ on a latitude-longitude grid, else 1, times the share outside holes."""
    ydim, xdim = dataset[named(dataset, "target")[0]].dims[-2:]
    weights = np.ones((dataset.sizes[ydim], dataset.sizes[xdim]))
    if is_globe(dataset):
        weights *= np.cos(np.radians(dataset["lat"].values))[:, None]
    return np.asarray(weights * (1.0 - dataset[hole].values)) if hole else weights


def grid_spacing(dataset: xr.Dataset) -> Spacing:
    """(dy, dx) of a dataset: in the unit of its coordinates, or in radians on the unit sphere."""
    ydim, xdim = dataset[named(dataset, "target")[0]].dims[-2:]
    dy, dx = (float(np.abs(np.diff(dataset[d].values)).mean()) if dataset.sizes[d] > 1 else 1.0 for d in (ydim, xdim))
    if not is_globe(dataset):
        return dy, dx
    return np.radians(dy), np.radians(dx) * np.cos(np.radians(dataset["lat"].values))[:, None]


def is_globe(dataset: xr.Dataset) -> bool:
    """Whether the targets stand on a latitude-longitude grid."""
    return dataset[named(dataset, "target")[0]].dims[-2:] == ON_GLOBE


def where_counts(u: Array, weights: Array | None) -> Array:
    """Which cells have a weight, (…, ny, nx)."""
    return np.ones(u.shape[-2:], dtype=bool) if weights is None else _fit(weights, u) > 0


def ratio(a: Array, b: Array) -> Array:
    """a/b; where b vanishes, 0 for an exact prediction and infinity for any other."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where((a == 0) & (b == 0), 0.0, a / b))


def _fit(weights: Array, a: Array) -> Array:
    """Weights with an axis for time where the field has one and they have not."""
    return weights[:, None] if weights.ndim == 3 and a.ndim == 4 else weights


def _smallest_of_four(weights: Array) -> Array:
    return np.asarray(sliding_window_view(weights, (2, 2), axis=(-2, -1)).min(axis=(-2, -1)))


def _h1_square(a: Array, weights: Array | None, spacing: Spacing, around: bool) -> Array:
    w = np.broadcast_to(np.ones(a.shape[-2:]) if weights is None else _fit(weights, a), a.shape)
    dy, dx = spacing
    row, row_weights = (np.concatenate([b, b[..., :1]], axis=-1) if around else b for b in (a, w))
    across_x = _face_mean(np.diff(row, axis=-1) / dx, row_weights[..., 1:], row_weights[..., :-1])
    across_y = _face_mean(np.diff(a, axis=-2) / dy, w[..., 1:, :], w[..., :-1, :])
    return cell_mean(a**2, w) + across_x + across_y


def _face_mean(slope: Array, one: Array, other: Array) -> Array:
    """Mean square of a slope over the faces whose two cells both count; 0 where there is no such face."""
    faces = np.where((one > 0) & (other > 0), (one + other) / 2, 0.0)
    total = faces.sum(axis=(-2, -1))
    squares = (slope**2 * faces).sum(axis=(-2, -1))
    return np.asarray(np.divide(squares, total, out=np.zeros_like(total), where=total > 0))
