"""A scenario: a family of PDE problems that can be drawn, rendered on any grid, and solved.

    draw(rng) -> parameters -> render(parameters, resolution) -> conditions -> simulate(conditions, seed) -> targets

The functions of a scenario speak plain arrays by name, so that the clock of the comparison measures numerics; the methods
`conditions` and `solve` give the same as `xarray.Dataset` with units and coordinates.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..solvers.errors import UsageError
from ..solvers.regrid import block_mean, regrid
from .domains import AXES, ON_GLOBE, Domain, Rectangle
from .splits import SPLITS, is_exact, split_of

Array = NDArray[Any]
Fields = Mapping[str, Array]
Simulate = Callable[[Fields, int], Fields]
Ensemble = Callable[[Fields, int, int], Fields]
Draw = Callable[[np.random.Generator], Any]


@dataclass(frozen=True)
class Variable:
    """One field of a scenario.

    `linearity` says how the variable takes part when the PDE is linear: "affine" variables (temperatures) shift and
    scale with the solution, "linear" ones (sources) only scale, "none" (coefficients) do neither. `where` names the
    condition outside whose support the variable has no meaning (the ambient temperature of an insulated side, say).
    A target is `conserved` where physics fixes its integral over the domain; comparisons then measure by how much it is missed.
    One that `vanishes` is zero throughout some samples, where an error relative to its own deviation means nothing: it has all
    metrics, but no part in the overall error.
    One that is a `concentration` (never negative, zero in clean air) is measured as air quality models are too.
    A target with `root` is nowhere negative and mostly small, as the concentration in a plume: networks see its square root.
    One that is nowhere above `most`, by a maximum principle say, is cut off there in what surrogates predict.
    A variable may have `axes` before those of the grid: with ("month",) it is twelve fields, which a network sees as channels.
    """

    name: str
    units: str
    long_name: str
    standard_name: str = ""
    scalar: bool = False
    linearity: Literal["none", "linear", "affine"] = "none"
    where: str = ""
    conserved: bool = False
    vanishes: bool = False
    concentration: bool = False
    root: bool = False
    most: float | None = None
    axes: tuple[str, ...] = ()

    def dims(self, grid: tuple[str, str]) -> tuple[str, ...]:
        """Its dimensions within one sample."""
        return () if self.scalar else (*self.axes, *grid)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Lengths of its axes."""
        return tuple(AXES[axis].size for axis in self.axes)

    @property
    def channels(self) -> int:
        """Fields that it holds in one sample."""
        return prod(self.sizes)

    def seen(self, a: Array) -> Array:
        """What networks see of its values."""
        return np.sqrt(np.maximum(a, 0.0)) if self.root else a

    def unseen(self, a: Array) -> Array:
        """The values from what networks see."""
        values = np.square(np.maximum(a, 0.0)) if self.root else a
        return values if self.most is None else np.minimum(values, self.most)

    def planes(self, a: Array) -> Array:
        """(n, *axes, ny, nx) -> (n, channels, ny, nx)."""
        return a.reshape(len(a), self.channels, *a.shape[-2:])


@dataclass(frozen=True)
class Symmetry:
    """A reflection, transposition or shift that maps solutions to solutions.

    Applied in this order: transpose, flip of y, flip of x; then conditions and targets are renamed by `swap` (a transposition
    exchanges the sides, say), multiplied by `sign` (a reflected velocity component), and moved along their axes by `roll`: with
    {"month": 6} the field of January becomes that of July, as where north and south change places. With `shift_x` the result may
    be shifted around the domain by any number of cells along the last axis: one of them is drawn for each sample.
    """

    transpose: bool = False
    flip_y: bool = False
    flip_x: bool = False
    swap: Mapping[str, str] = field(default_factory=dict)
    sign: Mapping[str, float] = field(default_factory=dict)
    roll: Mapping[str, int] = field(default_factory=dict)
    shift_x: bool = False


def coarsen_by_mean(conditions: Fields, factor: int) -> Fields:
    """Conditions on a grid coarser by `factor`, as plain cell averages."""
    return {name: block_mean(a, factor) if a.ndim else a for name, a in conditions.items()}


def regrid_targets(targets: Fields, conditions: Fields, shape: tuple[int, int]) -> Fields:
    """Targets on another grid of the same domain: cell averages when coarser, linear interpolation when finer."""
    return {name: regrid(a, shape) for name, a in targets.items()}


@dataclass(frozen=True)
class Rough:
    """How most samples to learn from are solved where the truth is too dear to have many of them.

    One sample of so many may validate or test; these are split as ever, and the others train. Of what trains one of so many is
    exact, on the grid of the truth, and the others are rough. Networks are told which is which, and predict the truth. Where
    rough samples are no different on average, only less well known, they may be all that there is to learn from.

    Attributes:
        one_in: of so many samples one may validate or test; 2 or more.
        resolution: cells along the first axis of rough ones, at least the stored ones.
        exact_one_in: of so many that train one is exact; 0 for none.
        simulate, ensemble: what solves rough ones; by default the scenario's own.
        draw: what draws rough ones, more often where learning is hard, say; by default the scenario's own, by which all
            others are drawn.
        summary: what they are, in a few words, where it is not the grid alone that differs.
    """

    one_in: int
    resolution: int
    exact_one_in: int = 0
    simulate: Simulate | None = None
    ensemble: Ensemble | None = None
    draw: Draw | None = None
    summary: str = ""

    def holds(self, index: int) -> bool:
        """Whether a sample is rough."""
        return split_of(index, self.one_in) == "train" and not is_exact(index, self.one_in, self.exact_one_in)

    @property
    def exact_share(self) -> float:
        """Of all samples, those that are not rough."""
        judging = 0.2 / self.one_in
        return judging + ((1 - judging) / self.exact_one_in if self.exact_one_in else 0.0)


@dataclass(frozen=True)
class Scenario:
    """A frozen description of a family of problems.

    Attributes:
        name, summary: how it is called, and one line of what it is.
        inputs, targets: the condition and target variables.
        domain: shape and coordinates at a resolution: a Rectangle, or a Globe with its own coarsen and transfer.
        stored_resolution, truth_resolution: cells along the first axis; the truth is at least twice the stored one.
        ladder: resolutions of the reference solver in the comparison, coarser and finer than the stored grid.
        draw: `draw(rng)` gives a small record of parameters; rough samples may have a `draw` of their own.
        render: `render(parameters, resolution)` draws that problem's conditions on any grid, {name: (*axes, ny, nx)}.
        simulate: `simulate(conditions, seed)` solves on the grid of its conditions, close to round-off; this is the truth.
        schemes: the solvers of the ladder by name, each as accurate as its grid deserves; default: `simulate`.
        ladders: the resolutions of schemes that do not climb the whole ladder, as they would take too long up there, or that
            another beats on its lower rungs; of ensembles "hasty", and "" for the others.
        coarsen: conditions on a grid coarser by an integer factor.
        transfer: `transfer(targets, conditions, shape)` brings a solution, with its conditions, to another grid.
        residual: `residual(conditions, targets)`, the discrete PDE's relative residual on the grid of the conditions.
        defect: `defect(conditions, targets)`, {target: (ny, nx)}: how far each cell is from balance with its neighbours, in the
            target's unit (the residual over the diagonal); it shows a network where a coarse solution is wrong.
        check: `check(conditions)` refuses physics out of range in a UsageError that names value and limit.
        boundary_error: `boundary_error(conditions, targets)`, how far boundary values are from what is prescribed, relative.
        hole: the condition with the share of each cell outside the domain ("" if none); metrics weigh by 1 - hole.
        velocity: the targets (eastwards, northwards) of a divergence-free velocity, if any; comparisons take its divergence.
        streamfunction: the target ψ of which that velocity is (∂ψ/∂y, −∂ψ/∂x), zero on all sides ("" if none); a network may
            predict it and derive the velocity.
        quantities: `quantities(conditions, targets)`, {name: value}: numbers that people ask of a solution, such as a drag.
        quantity_units: units of the quantities with a zero by convention (a temperature, a latitude), whose errors are told as
            differences; those of all others are relative.
        stochastic: whether one condition has a distribution of outcomes.
        ensemble: `ensemble(conditions, seed, members)` gives so many outcomes, {target: (members, *axes, ny, nx)}; whoever wants
            many gets them cheaper together than one by one.
        hasty: a cheaper ensemble that is less right, a second solver of the ladder; with an ensemble.
        members: how many outcomes the samples of each split have, {split: 2 or more}; with an ensemble.
        rough: how most training samples are solved, if not as the truth, and drawn, if not as what judges.
        formula: `formula(conditions)`, targets on the grid of the conditions by what practice uses instead of a solver, in closed
            form and deterministic (a Gaussian plume, say); the model `formula` puts it beside solver and surrogates.
        symmetries: exact symmetries, used as free training data.
        options: the physics options the scenario was made with, for the record.
    """

    name: str
    summary: str
    inputs: tuple[Variable, ...]
    targets: tuple[Variable, ...]
    stored_resolution: int
    truth_resolution: int
    draw: Draw
    render: Callable[[Any, int], Fields]
    simulate: Simulate
    domain: Domain = field(default_factory=Rectangle)
    ladder: tuple[int, ...] = (16, 24, 32, 48, 64, 96, 128)
    schemes: Mapping[str, Simulate] = field(default_factory=dict)
    ladders: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    coarsen: Callable[[Fields, int], Fields] = coarsen_by_mean
    transfer: Callable[[Fields, Fields, tuple[int, int]], Fields] = regrid_targets
    residual: Callable[[Fields, Fields], float] | None = None
    defect: Callable[[Fields, Fields], Fields] | None = None
    check: Callable[[Fields], None] | None = None
    boundary_error: Callable[[Fields, Fields], float] | None = None
    hole: str = ""
    velocity: tuple[str, ...] = ()
    streamfunction: str = ""
    quantities: Callable[[Fields, Fields], Mapping[str, float]] | None = None
    quantity_units: Mapping[str, str] = field(default_factory=dict)
    stochastic: bool = False
    ensemble: Ensemble | None = None
    hasty: Ensemble | None = None
    members: Mapping[str, int] = field(default_factory=dict)
    rough: Rough | None = None
    formula: Callable[[Fields], Fields] | None = None
    symmetries: tuple[Symmetry, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.domain.dims == ON_GLOBE and (self.coarsen is coarsen_by_mean or self.transfer is regrid_targets):
            remedy = "use coarsen=coarsen_on_globe and transfer=regrid_on_globe of fieldgan.data.domains"
            raise UsageError(f"scenario {self.name!r} averages a globe as if its cells were of one size; {remedy}")
        if self.ensemble is not None and (not self.stochastic or any(self.members.get(split, 0) < 2 for split in SPLITS)):
            wanted = f"stochastic=True and members of 2 or more for each of {', '.join(SPLITS)}"
            raise UsageError(f"scenario {self.name!r} has an ensemble, but members={dict(self.members)}; give {wanted}")
        if self.rough:
            self._check_rough(self.rough)

    def _check_rough(self, rough: Rough) -> None:
        low, high = self.stored_resolution, self.truth_resolution
        if rough.one_in < 2 or rough.exact_one_in < 0 or not low <= rough.resolution <= high:
            wanted = f"one_in of 2 or more, exact_one_in of 0 or more and a resolution of {low} to {high}"
            raise UsageError(f"scenario {self.name!r} has {rough}; give it {wanted}")
        if rough.simulate if self.ensemble else rough.ensemble:
            kind = "an ensemble, not simulate" if self.ensemble else "simulate, not an ensemble"
            raise UsageError(f"scenario {self.name!r} solves rough samples by another kind of solver; give {kind}")

    @property
    def one_in(self) -> int:
        """One of so many samples is solved as the truth."""
        return self.rough.one_in if self.rough else 1

    def conditions(self, parameters: Any, resolution: int | None = None) -> xr.Dataset:
        """The conditions of one problem as a Dataset with units and coordinates."""
        resolution = resolution or self.stored_resolution
        return self.dataset(self.render(parameters, resolution), self.inputs, "condition", resolution)

    def solve(self, conditions: xr.Dataset, seed: int = 0) -> xr.Dataset:
        """Solve on the grid of the conditions.

        Raises:
            UsageError: for physics out of range, or another shape of the grid.
            NumericalError: if the solver blows up or does not converge.
        """
        arrays = self.plain(conditions)
        if self.check:
            self.check(arrays)
        shape = tuple(conditions.sizes[name] for name in self.domain.dims)
        if shape != self.domain.shape(resolution := shape[0]):
            raise UsageError(f"{self.name} is not solved on {shape} cells; use {self.domain.shape(resolution)}")
        return self.dataset(self.simulate(arrays, seed), self.targets, "target", resolution)

    def plain(self, conditions: xr.Dataset) -> dict[str, Array]:
        """The conditions of one problem as float64 arrays (*axes, ny, nx) or (), whatever the order of their dimensions."""
        dims = {v.name: v.dims(self.domain.dims) for v in self.inputs}
        return {name: np.asarray(conditions[name].transpose(*order).values, dtype=np.float64) for name, order in dims.items()}

    def dataset(self, fields: Fields, variables: tuple[Variable, ...], role: str, resolution: int) -> xr.Dataset:
        """Name, units and coordinates for plain arrays of one sample."""
        return xr.Dataset(
            {v.name: xr.Variable(v.dims(self.domain.dims), fields[v.name], attributes(v, role)) for v in variables},
            coords=self.domain.coords(resolution) | axis_coords(variables),
        )


def axis_coords(variables: Iterable[Variable]) -> dict[str, xr.Variable]:
    """The coordinates of the axes that variables have before those of the grid."""
    return {axis: AXES[axis] for v in variables for axis in v.axes}


def attributes(variable: Variable, role: str) -> dict[str, str]:
    """The NetCDF attributes of a variable."""
    named = {"standard_name": variable.standard_name} if variable.standard_name else {}
    return {"units": variable.units, "long_name": variable.long_name, **named, "role": role}
