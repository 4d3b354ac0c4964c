"""Each with another one, so that all together fit best: the assignment problem.

Source: Kuhn 1955, "The Hungarian method for the assignment problem"; with potentials and shortest
augmenting paths as in Jonker and Volgenant 1987.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dramaturg.errors import UserError

if TYPE_CHECKING:
    import numpy.typing as npt


def one_to_one(fit: npt.ArrayLike) -> list[tuple[int, int]]:
    """The pairs of row and column with the greatest sum, no row and no column twice.

    As many pairs as there are rows or columns, whichever are fewer; a pair at -inf is never made,
    and where only such are left a row stays alone. Time grows with the smaller side squared, times
    the larger one.

    Args:
        fit: How well row i and column j go together, shape `(n_rows, n_columns)`; higher is
            better, -inf forbids.

    Returns:
        (row, column), in order of the rows.

    Raises:
        UserError: If it is no table of numbers, or holds NaN or +inf.

    >>> one_to_one([[9, 8], [8, 1]])
    [(0, 1), (1, 0)]
    """
    table = np.asarray(fit, dtype=np.float64)
    if table.ndim != 2:
        raise UserError(f"a table of rows and columns is wanted, not {table.ndim} dimensions")
    if np.isnan(table).any() or np.isposinf(table).any():
        raise UserError("how well two go together must be a number, or -inf for never")
    if not table.size:
        return []
    turned = table.shape[0] > table.shape[1]
    cost = _costs(table.T if turned else table)
    columns = _assign(cost)
    pairs = [(int(c), r) if turned else (r, int(c)) for r, c in enumerate(columns)]
    return sorted((r, c) for r, c in pairs if np.isfinite(table[r, c]))


def _costs(table: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Costs >= 0; a forbidden pair costs more than all others can together."""
    finite = np.isfinite(table)
    if not finite.any():
        return np.zeros_like(table)
    high, low = table[finite].max(), table[finite].min()
    dear = (high - low + 1.0) * (min(table.shape) + 1)
    costs: npt.NDArray[np.float64] = np.where(finite, high - np.where(finite, table, high), dear)
    return costs


def _assign(cost: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """The column of each row, where there are no more rows than columns."""
    rows, columns = cost.shape
    of_column = np.full(columns, -1, dtype=np.intp)  # its row
    row_price, column_price = np.zeros(rows), np.zeros(columns)
    for start in range(rows):
        shortest = np.full(columns, np.inf)
        came_from = np.full(columns, -1, dtype=np.intp)  # the column before on the path
        done = np.zeros(columns, dtype=bool)
        row, last, reached = start, -1, 0.0
        while True:
            open_ = ~done
            length = reached + cost[row] - row_price[row] - column_price
            nearer = open_ & (length < shortest)
            shortest[nearer] = length[nearer]
            came_from[nearer] = last
            last = int(np.where(open_, shortest, np.inf).argmin())
            reached = float(shortest[last])
            done[last] = True
            if of_column[last] < 0:
                break
            row = int(of_column[last])
        before = [int(c) for c in np.flatnonzero(done) if c != last]
        row_price[start] += reached
        for column in before:
            row_price[of_column[column]] += reached - shortest[column]
            column_price[column] -= reached - shortest[column]
        while last >= 0:
            previous = int(came_from[last])
            of_column[last] = start if previous < 0 else of_column[previous]
            last = previous
    found = np.empty(rows, dtype=np.intp)
    taken = np.flatnonzero(of_column >= 0)
    found[of_column[taken]] = taken
    return found
