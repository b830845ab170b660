"""The discrete heat equation written down face by face, as dense arrays: an oracle for the stencil."""

import numpy as np


def dense_heat(k, q, dy, dx, h, ambient, flux, hole=None, held=None, periodic_x=False, periodic_y=False):
    """A and b of A T = b over all cells; h, ambient and flux are dicts by side; hole cells get T = 0."""
    ny, nx = k.shape
    hole = np.zeros(k.shape, bool) if hole is None else hole
    held = np.full(k.shape, np.nan) if held is None else held
    a, b = np.zeros((ny * nx, ny * nx)), np.zeros(ny * nx)
    for j in range(ny):
        for i in range(nx):
            n = j * nx + i
            if hole[j, i]:
                a[n, n] = 1
                continue
            b[n] += q[j, i] * dx * dy
            for side, dj, di, width, length in (
                ("west", 0, -1, dx, dy), ("east", 0, 1, dx, dy), ("south", -1, 0, dy, dx), ("north", 1, 0, dy, dx),
            ):  # fmt: skip
                m, o = j + dj, i + di
                m, o = (m % ny if periodic_y else m), (o % nx if periodic_x else o)
                along = j if di else i
                if not (0 <= m < ny and 0 <= o < nx):
                    resistance = width / (2 * k[j, i])
                    h_side, g = h[side][along], flux[side][along]
                    if np.isinf(h_side):
                        a[n, n] += length / resistance
                        b[n] += length / resistance * ambient[side][along]
                    else:
                        wall = h_side * resistance + 1
                        a[n, n] += length * h_side / wall
                        b[n] += length * (h_side * ambient[side][along] + g) / wall
                elif hole[m, o]:
                    if not np.isnan(held[m, o]):
                        a[n, n] += length * 2 * k[j, i] / width
                        b[n] += length * 2 * k[j, i] / width * held[m, o]
                else:
                    face = 2 / (1 / k[j, i] + 1 / k[m, o]) * length / width
                    a[n, n] += face
                    a[n, m * nx + o] -= face
    return a, b
