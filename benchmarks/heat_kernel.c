/* Explicit heat steps on halo arrays of (ny+2) x (nx+2), as a careful C programmer would write them.
   gcc -O3 -march=native -shared -fPIC heat_kernel.c -o heat_kernel.so */

#include <stddef.h>

#define EXPLICIT(name, real)                                                                                     \
    static void name##_step(const real *restrict t, const real *restrict west, const real *restrict south,      \
                            const real *restrict supply, real *restrict out, ptrdiff_t ny, ptrdiff_t nx,        \
                            real rate) {                                                                         \
        const ptrdiff_t m = nx + 2;                                                                              \
        for (ptrdiff_t j = 1; j <= ny; j++)                                                                      \
            for (ptrdiff_t i = 1; i <= nx; i++) {                                                                \
                const ptrdiff_t c = j * m + i;                                                                   \
                out[c] = t[c] + rate * (west[c] * (t[c - 1] - t[c]) + west[c + 1] * (t[c + 1] - t[c]) +          \
                                        south[c] * (t[c - m] - t[c]) + south[c + m] * (t[c + m] - t[c]) +        \
                                        supply[c]);                                                              \
            }                                                                                                    \
    }                                                                                                            \
    void name(real *a, real *b, const real *west, const real *south, const real *supply, ptrdiff_t ny,           \
              ptrdiff_t nx, real rate, ptrdiff_t steps) {                                                        \
        for (ptrdiff_t n = 0; n < steps; n++) {                                                                  \
            name##_step(a, west, south, supply, b, ny, nx, rate);                                                \
            real *swap = a;                                                                                      \
            a = b;                                                                                               \
            b = swap;                                                                                            \
        }                                                                                                        \
    }

EXPLICIT(stored_double, double)
EXPLICIT(stored_float, float)

static void means_step(const double *restrict t, const double *restrict k, const double *restrict supply,
                       double *restrict out, ptrdiff_t ny, ptrdiff_t nx, double rate) {
    const ptrdiff_t m = nx + 2;
    for (ptrdiff_t j = 1; j <= ny; j++)
        for (ptrdiff_t i = 1; i <= nx; i++) {
            const ptrdiff_t c = j * m + i;
            const double kc = k[c];
            out[c] = t[c] + rate * (2 * kc * (k[c - 1] / (kc + k[c - 1]) * (t[c - 1] - t[c]) +
                                              k[c + 1] / (kc + k[c + 1]) * (t[c + 1] - t[c]) +
                                              k[c - m] / (kc + k[c - m]) * (t[c - m] - t[c]) +
                                              k[c + m] / (kc + k[c + m]) * (t[c + m] - t[c])) +
                                    supply[c]);
        }
}

void means_double(double *a, double *b, const double *k, const double *supply, ptrdiff_t ny, ptrdiff_t nx, double rate,
                  ptrdiff_t steps) {
    for (ptrdiff_t n = 0; n < steps; n++) {
        means_step(a, k, supply, b, ny, nx, rate);
        double *swap = a;
        a = b;
        b = swap;
    }
}
