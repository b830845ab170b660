"""A toy climate: the energy balance of the surface on a latitude-longitude grid, with seasons, ice and winds.

    C(T) ∂T/∂t = (1 − α(T)) Q(φ, t) − (A + B T) + F + ∇·(D ∇T) − c v ∂T/∂x + N

Second order in space and time, implicit in the exchange between cells, so that no pole limits the step.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .climate_budget import Budget, flux_means
from .climate_checks import MONTHS, check_climate, check_dt, check_outcome, check_temperature
from .climate_equilibrium import Year, find_equilibrium
from .climate_heat import Capacity, capacity, heat_of, temperature_of
from .climate_step import Factors, Sky, factorise, fill_temperature, finish_step, scratch
from .climate_year import march, march_weather
from .errors import UsageError
from .orbit import YEAR_DAYS, Orbit, Sunlight
from .sphere import Rows, band_means, exchange, global_mean, latitudes
from .weather_noise import Weather, noise

__all__ = ["Budget", "Climate", "ClimateState", "Orbit", "Weather", "Year"]

Array = NDArray[Any]
DAY = 86400.0  # s
YEAR = YEAR_DAYS * DAY
CALM = np.empty((0, 0))  # no weather
RADIUS = 6.371e6  # m
AIR_CAPACITY = 1.0e7  # J m⁻² K⁻¹, of the air column that winds move
PREINDUSTRIAL = 280.0  # ppm
FACTORED = 80.0  # of the stable step: Δφ² C/D
SHARP = 1e30  # K⁻¹, a ramp that is a step


class ClimateState(NamedTuple):
    """Temperature (nlat, nlon) [°C] and the time since the year began [s]."""

    temperature: Array
    time: float = 0.0


@dataclass(frozen=True, eq=False)
class Climate:
    """A planet.

    Ice covers a cell by the share 3s² − 2s³, s = (onset − T)/width between 0 and 1; it brightens the cell, and over the ocean it
    takes the place of the mixed layer. A width of 0 is a step: it pins the ice edge to the grid, and leaves two equilibria for
    every row that the edge may rest at, so prefer a ramp.

    Attributes:
        land: share of land of each cell, (nlat, nlon), 0 to 1, rows from south to north; one column has no longitudes.
        orbit: sunlight over latitudes and days.
        solar_constant: S > 0 [W m⁻²].
        co2: C > 0 [ppm]; F = 5.35 ln(C/280 ppm) [W m⁻²].
        diffusivity: D ≥ 0, one value or (nlat,) [W m⁻² K⁻¹], on the unit sphere.
        albedo: a and b of the albedo a + b P₂(sin φ) of the ground without ice [1].
        ice_albedo: of a cell that ice covers, 0 to 1.
        ice_onset: where ice begins [°C].
        ice_width: kelvins below it until ice covers all, ≥ 0 [K].
        longwave: A and B > 0 of the outgoing radiation A + B T [W m⁻², W m⁻² K⁻¹], T in °C.
        land_capacity, ocean_capacity, ice_capacity: heat capacities [J m⁻² K⁻¹]; 4.2e6 is a metre of water.
        wind: zonal wind eastwards that carries heat, one value or (nlat,) [m s⁻¹].
        weather: a random heat flux; it blows in `months` and `snapshots` alone.
        steps: time steps a year, a multiple of 12.
    Raises:
        UsageError: for a value out of range or a size that does not fit.
    Source: North, Cahalan & Coakley (1981) Rev. Geophys. 19, 91; Myhre et al. (1998) Geophys. Res. Lett. 25, 2715 for F.
    """

    land: Array
    orbit: Sunlight = Orbit()  # noqa: RUF009 - frozen
    solar_constant: float = 1361.0
    co2: float = PREINDUSTRIAL
    diffusivity: ArrayLike = 0.555
    albedo: tuple[float, float] = (0.3, 0.078)
    ice_albedo: float = 0.62
    ice_onset: float = -2.0
    ice_width: float = 12.0
    longwave: tuple[float, float] = (210.0, 2.0)
    land_capacity: float = 1.0e7
    ocean_capacity: float = 2.1e8
    ice_capacity: float = 5.0e7
    wind: ArrayLike = 0.0
    weather: Weather | None = None
    steps: int = 48
    order = 2
    time_order = 2

    def __post_init__(self) -> None:
        check_climate(self)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        nlat, nlon = self.land.shape
        return nlat, nlon

    @property
    def dt(self) -> float:
        """The step of runs over whole years [s]."""
        return YEAR / self.steps

    @cached_property
    def forcing(self) -> float:
        """F of the carbon dioxide [W m⁻²]."""
        return float(5.35 * np.log(self.co2 / PREINDUSTRIAL))

    @cached_property
    def rows(self) -> Rows:
        """Exchange between cells."""
        nlat, nlon = self.shape
        drift = AIR_CAPACITY * np.asarray(self.wind, np.float64) / (RADIUS * np.cos(latitudes(nlat)))
        return exchange(self.diffusivity, drift, nlat, nlon)

    @cached_property
    def capacity(self) -> Capacity:
        """Heat content over temperature."""
        water = 1 - self.land
        warm, cold = (self.land * self.land_capacity + water * c for c in (self.ocean_capacity, self.ice_capacity))
        return capacity(warm, cold, float(self.ice_onset), float(self.ice_width))

    @cached_property
    def sky(self) -> Sky:
        """Radiation."""
        ground = band_means(lambda phi: self.albedo[0] + self.albedo[1] * (3 * np.sin(phi) ** 2 - 1) / 2, len(self.land))
        sharpness = 1 / self.ice_width if self.ice_width > 0 else SHARP
        a, b = self.longwave
        return Sky(1 - ground, self.ice_albedo - ground, a - self.forcing, float(b), float(self.ice_onset), sharpness)

    @cached_property
    def suns(self) -> Array:
        """Insolation at every step of the year, (steps, nlat) [W m⁻²]."""
        return self.sun(np.arange(self.steps) * self.dt)

    def sun(self, times: ArrayLike) -> Array:
        """Insolation of the rows, area means, at times since the year began [s], (times, nlat) [W m⁻²]."""
        days = 1 + np.asarray(times, np.float64) / DAY
        return np.ascontiguousarray(self.solar_constant * band_means(lambda phi: self.orbit.shares(phi, days), len(self.land)))

    @cached_property
    def _factors(self) -> dict[float, Factors]:
        return {}

    def factors(self, dt: float) -> Factors:
        """The matrices of a step [s], kept for the next one."""
        if dt not in self._factors:
            check_dt(dt, self.stable_dt())
            least = 1 / np.maximum(self.capacity.warm, self.capacity.cold)
            self._factors[dt] = factorise(least, self.rows, dt)
        return self._factors[dt]

    def stable_dt(self) -> float:
        """Longest stable step [s]: 2 C/B of the least heat capacity C, as outgoing radiation is explicit, and 80 C Δφ²/D.

        No short cell at a pole limits it. The second limit, measured, is where the zonal and the meridional factor no longer bear
        with each other if the heat capacity varies and J overestimates the exchange of open water; explicit steps end at C Δφ²/4D
        at the equator.
        """
        least = float(1 / np.maximum(self.capacity.warm, self.capacity.cold).max())
        diffusivity = float(np.max(self.diffusivity))
        factors = FACTORED * (np.pi / len(self.land)) ** 2 / diffusivity if diffusivity > 0 else np.inf
        return least * min(2 / self.longwave[1], factors)

    def start(self, temperature: ArrayLike | None = None) -> ClimateState:
        """A state on the first of January: the temperature given [°C], or 28 − 45 sin² φ, an Earth without seasons."""
        if temperature is None:
            temperature = (28 - 45 * np.sin(latitudes(len(self.land))) ** 2)[:, None]
        return ClimateState(np.array(np.broadcast_to(np.asarray(temperature, np.float64), self.shape)))

    def step(self, state: ClimateState, dt: float, noise: Array = CALM) -> ClimateState:
        """The state one step [s] later, under a heat flux `noise` (nlat, nlon) [W m⁻²] if given.

        Raises:
            UsageError: for a state that does not fit or dt ≤ 0.
            UnstableStep: if dt exceeds `stable_dt`.
            NumericalError: where the outcome is not finite.
        """
        return self._step(state, dt, noise)[0]

    def _step(self, state: ClimateState, dt: float, noise: Array) -> tuple[ClimateState, Array, Array]:
        """The state one step later, the temperature of the second stage, and the gain in heat content [J m⁻²]."""
        check_temperature(state.temperature, self.shape)
        heat, room, f = heat_of(state.temperature, self.capacity), scratch(*self.shape), self.factors(dt)
        now, then = self.sun([state.time, state.time + dt])
        before = heat.copy()
        fill_temperature(heat, self.capacity, room.temperature)
        finish_step(heat, now, then, noise, self.capacity, self.sky, self.rows, f, room)
        temperature = temperature_of(heat, self.capacity)
        check_outcome(temperature, state.time + dt)
        return ClimateState(temperature, state.time + dt), room.temperature[1:-1, 1:-1].copy(), heat - before

    def run(self, state: ClimateState, time: float) -> ClimateState:
        """The state `time` seconds later, in equal steps of at most a year / `steps`.

        Raises:
            As `step`.
        """
        if not 0 < time < np.inf:
            raise UsageError(f"time={time} s is out of range; use a positive time")
        steps = int(np.ceil(time / self.dt * (1 - 1e-12)))
        for _ in range(steps):
            state = self.step(state, time / steps)
        return state

    def run_years(self, state: ClimateState, years: int) -> ClimateState:
        """The state that many whole years later, in one kernel; `state` stands at the beginning of a year."""
        check_temperature(state.temperature, self.shape)
        heat, room, f = heat_of(state.temperature, self.capacity), scratch(*self.shape), self.factors(self.dt)
        march(heat, self.suns, years * self.steps, self.capacity, self.sky, self.rows, f, room)
        temperature = temperature_of(heat, self.capacity)
        check_outcome(temperature, state.time + years * YEAR)
        return ClimateState(temperature, state.time + years * YEAR)

    def equilibrium(self, tolerance: float = 1e-3, accelerated: bool = True, start: ArrayLike | None = None) -> Year:
        """The year that repeats itself.

        A cold planet stays cold: which of several equilibria is found, the snowball among them, depends on the start.

        Args:
            tolerance: largest change from one new year to the next [K].
            accelerated: by a small linear model and Anderson's method (`climate_equilibrium`), or year after year.
            start: temperature to start from [°C]; see `start`.
        Returns:
            Monthly means and more, see `Year`.
        Raises:
            UsageError: for a tolerance ≤ 0 or a start that does not fit.
            NumericalError: where it does not converge.
        """
        state = self.start(start)
        check_temperature(state.temperature, self.shape)
        return find_equilibrium(self, tolerance, accelerated, state.temperature)

    def months(self, state: ClimateState, years: int, seed: int) -> Array:
        """Monthly means under weather, from a spun-up state at the beginning of a year.

        Args:
            state: where to start; `start(year.start)` of an equilibrium is spun up but for its memory of weather, which takes
                a few times the heat capacity over B to build up.
            years: how many to run.
            seed: of the weather; the same weather on every grid.
        Returns:
            Temperature (12 years, nlat, nlon) [°C].
        Raises:
            UsageError: without weather, or where the grid cannot carry it.
        """
        return self._weathered(state, MONTHS * years, self.steps // MONTHS, True, seed)

    def snapshots(self, state: ClimateState, count: int, every: int, seed: int) -> Array:
        """Temperatures after every `every` steps of a year / `steps`, (count, nlat, nlon) [°C]; otherwise as `months`."""
        return self._weathered(state, count, every, False, seed)

    def _weathered(self, state: ClimateState, count: int, per: int, mean: bool, seed: int) -> Array:
        check_temperature(state.temperature, self.shape)
        if self.weather is None:
            raise UsageError("this climate has no weather; give it one, as Climate(…, weather=Weather(amplitude=30))")
        if count < 1 or per < 1:
            raise UsageError(f"{count} times {per} steps are no run; use at least one of each")
        rng = np.random.default_rng(seed)
        out, flux = np.empty((count, *self.shape)), noise(self.weather, self.shape, self.dt, rng)
        heat, room, f = heat_of(state.temperature, self.capacity), scratch(*self.shape), self.factors(self.dt)
        march_weather(heat, self.suns, per, mean, self.capacity, self.sky, self.rows, f, room, flux, rng, out)
        check_outcome(out[-1], count * per * self.dt)
        return out

    def ice_cover(self, temperature: ArrayLike) -> Array:
        """Share under ice at a temperature [°C]."""
        s = np.clip((self.sky.onset - np.asarray(temperature)) * self.sky.sharpness, 0, 1)
        return np.asarray(s * s * (3 - 2 * s))

    def budget(self, state: ClimateState, dt: float, noise: Array = CALM) -> Budget:
        """What a step of dt [s] from here takes in, gives off and stores, as global means; its residual is round-off."""
        _, second, gained = self._step(state, dt, noise)
        means = flux_means(self, (state.temperature, second), self.sun([state.time, state.time + dt]), noise)
        return Budget(*means, stored=float(global_mean(gained)) / dt)
