"""How fast candidates learn, as far as it was seen."""

from typing import Final

from evergreen.tuning.budget import Cost

# Settings of one candidate differ in what they take: rounds, depth, regularisation.
_SAFETY = 1.2
# A candidate that was never seen may be slower than those that were on average.
_SAFETY_UNSEEN = 1.5
# A quantile takes about so many times as long to learn as the mean: leaves are filled by sorting.
_TIMES_FOR_A_QUANTILE = 1.5
# A fit on all rows takes as long as so many folds: by time, folds learn from fewer rows.
FOLDS_OF_A_FIT: Final = 1.5


def cost_of_quantile(took: Cost, n_folds: int) -> Cost:
    """Foretell what one trial and one fit on all rows take for a quantile.

    Args:
        took: what the trial of the mean took.
        n_folds: how many folds it was judged on.

    Returns:
        The cost.
    """
    return took.times(_TIMES_FOR_A_QUANTILE * (1 + FOLDS_OF_A_FIT / n_folds))


class Pace:
    """Foretells what a fit will take, from what fits before it took."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, Cost]] = {}

    def learn(self, candidate: str, pace: tuple[int, Cost]) -> None:
        """Note what a trial took.

        Args:
            candidate: which one.
            pace: rows that were learnt from, and what that took.
        """
        n_rows, cost = self._seen.get(candidate, (0, Cost()))
        self._seen[candidate] = (n_rows + pace[0], cost + pace[1])

    def expected(self, candidate: str, n_rows: int, own: tuple[int, Cost] = (0, Cost())) -> Cost:
        """Foretell what it takes to learn from some rows.

        Args:
            candidate: which one.
            n_rows: rows to learn from.
            own: what the trial itself has learnt from so far and what that took; it tells best.

        Returns:
            The cost; nothing where no candidate was seen.
        """
        if own[0]:
            return _rate(own).times(n_rows)
        if self.has_seen(candidate):
            return _rate(self._seen[candidate]).times(_SAFETY * n_rows)
        rates = [_rate(seen) for seen in self._seen.values() if seen[0]]
        return sum(rates, Cost()).times(_SAFETY_UNSEEN * n_rows / max(len(rates), 1))

    def has_seen(self, candidate: str) -> bool:
        """Tell whether a fit of a candidate was seen."""
        return self._seen.get(candidate, (0, Cost()))[0] > 0


def _rate(seen: tuple[int, Cost]) -> Cost:
    return seen[1].times(1 / seen[0])
