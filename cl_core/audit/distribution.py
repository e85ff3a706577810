"""The sampling distribution of a stratified estimate, exactly. No inference."""

from dataclasses import dataclass

import numpy as np

from cl_core.types import FloatArray, Indices

# A quarter of the estimate's smallest step keeps outcomes in their order. Strata of very different
# steps need no finer grid than a fortieth of a point of the rate, or an eighth of a row of the audit.
_CELLS_PER_STEP = 4
_FINEST = 1 << 12
_CELLS_PER_ROW = 8


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Cells of equal width that hold the values of a stratified estimate.

    Attributes
    ----------
    places
        For each stratum the cell of 0, 1, ... rows found wrong.
    width
        Width of a cell, in units of the rate.
    length
        Number of cells.
    """

    places: tuple[Indices, ...]
    width: float
    length: int

    @classmethod
    def of(cls, audited: FloatArray, sizes: FloatArray) -> "Grid":
        """Lay out the grid for `audited` rows, at least one, of each stratum of `sizes` rows."""
        steps = sizes / sizes.sum() / audited
        width = max(
            float(steps.min()) / _CELLS_PER_STEP, 1 / max(_FINEST, _CELLS_PER_ROW * float(audited.sum()))
        )
        places = tuple(
            np.rint(np.arange(int(n) + 1) * step / width).astype(np.intp)
            for n, step in zip(audited, steps, strict=True)
        )
        return cls(places, width, int(sum(cells[-1] for cells in places)) + 1)

    def cell(self, wrong: FloatArray) -> Indices:
        """Find the cell of each audit, shape ``(b,)``, from rows found wrong, shape ``(b, h)``."""
        counts = wrong.astype(np.intp)
        return np.asarray(sum(cells[counts[:, h]] for h, cells in enumerate(self.places)), dtype=np.intp)

    def pmf(self, population: FloatArray, audited: FloatArray, sizes: FloatArray) -> FloatArray:
        """Probability of each cell when `population` rows of each stratum are wrong.

        Parameters
        ----------
        population
            Wrong rows in each stratum, shape ``(b, h)``; between two whole numbers the distributions
            of both are mixed.
        audited, sizes
            Rows audited and rows in each stratum, shape ``(h,)``.

        Returns
        -------
        float array, shape (b, length)
            Each row sums to 1.
        """
        padded = 1 << (self.length - 1).bit_length()
        spectrum = np.ones((len(population), padded // 2 + 1), dtype=np.complex128)
        for h, cells in enumerate(self.places):
            spread = np.zeros((len(population), padded))
            spread[:, cells] = _mixed_hypergeometric(population[:, h], int(sizes[h]), int(audited[h]))
            spectrum *= np.fft.rfft(spread, axis=1)
        return np.asarray(np.maximum(np.fft.irfft(spectrum, padded, axis=1)[:, : self.length], 0))


def _mixed_hypergeometric(wrong: FloatArray, size: int, drawn: int) -> FloatArray:
    below = np.floor(wrong)
    part = (wrong - below)[:, None]
    above = np.minimum(below + 1, size)
    return (1 - part) * _hypergeometric(below, size, drawn) + part * _hypergeometric(above, size, drawn)


def _hypergeometric(wrong: FloatArray, size: int, drawn: int) -> FloatArray:
    """Probability of 0..drawn wrong rows among `drawn` of `size` rows, for each number of `wrong` rows."""
    from scipy.special import gammaln

    found = np.arange(drawn + 1)
    wrong = wrong[:, None]
    cleared = drawn - found
    missed = wrong - found
    unseen = size - wrong - cleared
    ways = gammaln(wrong + 1) + gammaln(size - wrong + 1)
    ways = ways - gammaln(found + 1) - gammaln(cleared + 1)
    ways = ways - gammaln(np.maximum(missed, 0) + 1) - gammaln(np.maximum(unseen, 0) + 1)
    of_all = gammaln(size + 1) - gammaln(drawn + 1) - gammaln(size - drawn + 1)
    return np.where((missed >= 0) & (unseen >= 0), np.exp(ways - of_all), 0.0)
