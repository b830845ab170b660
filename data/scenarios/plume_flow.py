"""The flow about a chimney: wind with gusts, stratified air, and a stack that blows buoyant smoke into it.

    ∂u/∂t + ∇·(u u) = −∇p + ν ∇²u + e_y b,   ∇·u = 0,   ∂q/∂t + ∇·(u q) = κ ∇²q for buoyancy b and smoke c

with a constant eddy viscosity ν = κ, in two dimensions. b holds the stratification N² y too, which the pressure balances.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from ...solvers.boundary import Dirichlet, Neumann, Sides
from ...solvers.errors import UsageError
from ...solvers.flow import Flow, FlowState, Scalar
from ...solvers.flow_sides import FlowSides, FreeSlip, Gusts, Inflow, Outflow
from ...solvers.flow_vents import Vent
from ..scenario import Array, Fields
from .chimney import HEIGHT, coarsen_chimney, solid_cells, stack_cells
from .wake import finer

VISCOSITY = 0.004
COARSEST = 16  # grid on which the start begins
START = 64.0  # time on the first grid, where the smoke needs about 20 to spread; each twice as fine gets half as much
HASTY = 16.0  # time on the last grid in haste, on more rows than HASTY_ROWS in proportion to their cells; the wind takes 7
HASTY_ROWS = 32
CLEAR = 96.0  # time from clean air where no coarser grid is; 64 leaves 0.007 of smoke on 16 rows
BRIEF = (24.0, 12.0)  # times on the grid half as fine and on the last, which leave neither too much nor too little smoke
COURANT = 1.0
PRECISION = np.float32
BUOYANCY, SMOKE = 0, 1  # places of the scalars
WAVELENGTHS = np.geomspace(0.8, 6.0, 18)  # of the gusts along the wind
HALF_WAVES = 1 + np.arange(18) % 6  # from the ground to the lid, of each gust


def problem(conditions: Fields, seed: int = 0) -> Flow:
    """The flow that these conditions encode; the seed gives the gusts their phases."""
    solid, stratification = solid_cells(conditions), float(conditions["stratification"])
    ny = solid.shape[0]
    wind = Inflow(conditions["wind"][:, 0], gusts=gusts(float(conditions["gust_intensity"]), ny, seed))
    sides = FlowSides(west=wind, east=Outflow(backflow=False), north=FreeSlip())
    loss = VISCOSITY * stratification
    south = Neumann(np.where(solid[0], 0.0, -loss))
    ends = Sides(Dirichlet(background(conditions, ny)[:, 0]), south=south, north=Neumann(loss))
    carried = (Scalar(VISCOSITY, ends, buoyancy=1.0), Scalar(VISCOSITY))
    return Flow(solid.shape, (HEIGHT / ny,) * 2, VISCOSITY, sides, solid, scalars=carried, vents=(mouth(conditions),))


def background(conditions: Fields, rows: int) -> Array:
    """Buoyancy of the undisturbed air, N² y, on so many rows, (rows, 1)."""
    return np.asarray(float(conditions["stratification"]) * (np.arange(rows)[:, None] + 0.5) * (HEIGHT / rows))


def mouth(conditions: Fields) -> Vent:
    """The cells under the mouth. Exit velocity times width is that of the stack on any grid, and so are the fluxes of smoke and
    excess buoyancy."""
    shape = conditions["obstacle"].shape
    cells, cell = np.zeros(shape, np.bool_), HEIGHT / shape[0]
    rows, columns = stack_cells(conditions, shape[0])
    cells[rows.stop - 1, columns] = True
    width = (columns.stop - columns.start) * cell
    velocity = float(conditions["exit_velocity"]) * float(conditions["stack_width"]) / width
    buoyancy = float(conditions["exit_buoyancy"]) + float(conditions["stratification"]) * rows.stop * cell
    return Vent(cells, velocity, (buoyancy, 1.0))


def gusts(intensity: float, rows: int, seed: int) -> Gusts:
    """Frozen eddies that the wind carries in, with random phases φ,

        u' = ∂ψ/∂y,  v' = −∂ψ/∂x,  ψ = Σ a sin(m π y/H) cos(k (x − t) − φ)

    The waves have one energy each, and so all statistics are those of any phases. No net flux, as ψ vanishes at ground and lid.

    Args:
        intensity: root mean square of u' over height and time.
        rows: cells from the ground to the lid.
    """
    along, across = 2 * np.pi / WAVELENGTHS, HALF_WAVES * np.pi / HEIGHT
    amplitude = 1 / np.hypot(along, across)
    amplitude *= intensity / np.sqrt(np.sum((amplitude * across) ** 2) / 4)
    y = np.linspace(0, HEIGHT, rows + 1)
    psi = amplitude[:, None] * np.sin(across[:, None] * y)
    normal, tangential = np.diff(psi, axis=1) * (rows / HEIGHT), -along[:, None] * psi
    phase = np.random.default_rng(seed).uniform(0, 2 * np.pi, (along.size, 1))
    c, s = np.cos(phase), np.sin(phase)
    return Gusts(along, normal * c, -normal * s, tangential * s, tangential * c)


def developed(conditions: Fields, seed: int, hasty: bool = False) -> tuple[Flow, FlowState]:
    """The flow, and its state once it has forgotten its start, which has gone through coarser grids.

    Args:
        hasty: whether its time on the last grid is cut short. That on coarser ones is not, as some chimneys remember for long.
    """
    flows = list(_sequence(conditions, seed))[::-1]
    times = [START / 2**n for n in range(len(flows))]
    if hasty:
        times[-1] = min(times[-1], HASTY * min(1.0, HASTY_ROWS / flows[-1].shape[0]))
    return _through(flows, times, conditions)


def briefly_developed(conditions: Fields, seed: int) -> tuple[Flow, FlowState]:
    """The same by way of one coarser grid alone; where there is none, for CLEAR from clean air. See DECISIONS.md.

    Still coarser grids keep too much smoke behind stacks and walls, and it takes long to leave.
    """
    flows = list(islice(_sequence(conditions, seed), len(BRIEF)))[::-1]
    return _through(flows, BRIEF if len(flows) > 1 else (CLEAR,), conditions)


def _through(flows: Sequence[Flow], times: Sequence[float], conditions: Fields) -> tuple[Flow, FlowState]:
    """The last flow, and its state after so long on each grid, from the coarsest on."""
    state = _first(flows[0], conditions)
    for n, (flow, duration) in enumerate(zip(flows, times, strict=True)):
        state = flow.march(_onto(flow, state) if n else state, state.time + duration, COURANT)
    return flows[-1], state


def _sequence(conditions: Fields, seed: int) -> Iterator[Flow]:
    """The problem, then the same on coarser grids, each half as fine as the last, as far as they leave the flow a way."""
    yield problem(conditions, seed)
    while (ny := conditions["obstacle"].shape[0]) % 2 == 0 and ny >= 2 * COARSEST:
        conditions = coarsen_chimney(conditions, 2)
        coarse = problem(conditions, seed)
        try:
            coarse.setting  # noqa: B018 - checks
        except UsageError:
            return
        yield coarse


def _first(flow: Flow, conditions: Fields) -> FlowState:
    """The mean wind over undisturbed air everywhere."""
    wind = np.broadcast_to(flow.rim.through_west[:, None], (flow.shape[0], flow.shape[1] + 1))
    return flow.start(wind, 0.0, (np.broadcast_to(background(conditions, flow.shape[0]), flow.shape), 0.0), PRECISION)


def _onto(flow: Flow, state: FlowState) -> FlowState:
    """A state on twice as many cells a side."""
    scalars = [np.repeat(np.repeat(q, 2, axis=0), 2, axis=1) for q in state.scalars]
    return flow.start(*finer(state), scalars, PRECISION)._replace(time=state.time)
