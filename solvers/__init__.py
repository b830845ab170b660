"""Numerics: grids, boundaries, Numba kernels, Poisson solvers and the models built on them. No files, no torch."""
