"""The real continents on any grid, through the optional package global-land-mask."""

import numpy as np

from ...solvers.errors import UsageError
from ...solvers.regrid_globe import regrid_globe
from ...solvers.sphere import latitudes, longitudes
from ..scenario import Array

PARTS = 12  # of a cell along each side
FINEST = 360  # rows beyond which its cells of a kilometre would be too few


def earth_land(nlat: int, nlon: int) -> Array:
    """Share of land of each cell of the Earth, (nlat, nlon) [1], rows from south to north, eastwards from Greenwich.

    Each cell is looked at in 12 × 12 places. Ice shelves count as sea, lakes as land.

    Raises:
        UsageError: without the package, or for a grid of more than 360 rows.
    Source: GLOBE digital elevation model, NOAA, 1 km, by K. Karin's package global-land-mask.
    """
    if not 2 <= nlat <= FINEST:
        raise UsageError(f"{nlat} rows are out of range for the real continents; use 2 to {FINEST}")
    try:
        from global_land_mask import globe
    except ImportError as error:
        raise UsageError("the real continents need a package; use pip install 'fieldgan[earth]'") from error
    north = np.rad2deg(latitudes(PARTS * nlat))[:, None]
    east = (np.rad2deg(longitudes(PARTS * nlon)) + 180) % 360 - 180
    land = globe.is_land(*np.broadcast_arrays(north, east))
    return np.clip(regrid_globe(land, (nlat, nlon)), 0, 1)
