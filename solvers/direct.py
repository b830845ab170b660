"""The stencil as a sparse matrix, and its direct solution: the check and the rival of multigrid."""

from typing import Any

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

from .stencil import Stencil

Array = NDArray[Any]


def matrix(stencil: Stencil) -> Any:
    """A of A T = b as CSC over all cells, row by row (ny nx, ny nx); holes and their neighbours are not coupled."""
    west, south, sink = stencil.west[1:-1, 1:-1], stencil.south[1:-1, 1:-1], stencil.sink[1:-1, 1:-1]
    ny, nx = sink.shape
    cell = np.arange(ny * nx).reshape(ny, nx)
    links = [(cell, np.roll(cell, 1, axis=1), west), (cell, np.roll(cell, 1, axis=0), south)]
    rows, columns, values = (np.concatenate([link[part].ravel() for link in links]) for part in range(3))
    joined = sparse.coo_array((values, (rows, columns)), shape=(ny * nx, ny * nx)).tocsc()
    coupling = joined + joined.T
    return (sparse.diags_array(coupling.sum(axis=1) + sink.ravel()) - coupling).tocsc()


def factorise(stencil: Stencil) -> Any:
    """Sparse LU factors of A in the ordering that is fastest for five-point stencils.

    Cells without any coupling get a unit diagonal; a body without any held temperature is pinned at its first cell.
    """
    a = matrix(stencil)
    diagonal = a.diagonal()
    extra = (diagonal == 0).astype(np.float64)
    if not stencil.sink.any():
        extra[np.argmax(diagonal)] += diagonal.max()
    return splu((a + sparse.diags_array(extra)).tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})


def solve_direct(stencil: Stencil) -> Array:
    """Solution of A T = b, (ny, nx), with one step of iterative refinement; 0 in cells without coupling."""
    factors, a, b = factorise(stencil), matrix(stencil), stencil.supply[1:-1, 1:-1].ravel()
    x = factors.solve(b)
    return np.asarray(x + factors.solve(b - a @ x)).reshape(stencil.body.shape)
