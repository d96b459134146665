"""A small release that is watched: a number, a word and outcomes; windows of 1,000 rows."""

import numpy as np
import pandas as pd

from evergreen.watching import AlarmBudget, Judged, choose_bins, count_outcomes, count_window, make_watch, with_outcomes
from evergreen.watching.profile import add

JOBS = ("clerk", "driver", "nurse", "pilot")
SHARES = (0.4, 0.3, 0.2, 0.1)


def draw_rows(draw, n_rows=1000, *, shift=0.0, missing=0.02, shares=SHARES):
    age = draw.normal(40 + 10 * shift, 10, n_rows)
    age[draw.random(n_rows) < missing] = np.nan
    return pd.DataFrame({"age": age, "job": pd.Series(draw.choice(JOBS, n_rows, p=shares), dtype="str")})


def columns_of(rows):
    return {"age": (rows["age"], "number"), "job": (rows["job"], "category")}


def judge(draw, rows, *, flipped=None, base=0.0, is_priced=True):
    known = np.where(rows["age"].fillna(40) > 40, 0.6, 0.15)
    truth = known + base
    if flipped is not None:
        truth = np.where(rows["job"] == flipped, 1 - truth, truth)
    happened = (draw.random(len(rows)) < truth).astype(float)
    money = np.where(known > 0.3, 10 * happened - 4, 0.0) if is_priced else None
    return Judged(expected=known, happened=happened, money=money)


class World:
    """A release with its reference of 10 windows, and windows of any kind after it."""

    def __init__(self, seed=0, *, is_priced=True, budget=None):
        self.draw, self.is_priced = np.random.default_rng(seed), is_priced
        rows = draw_rows(self.draw, 10_000)
        self.bins = choose_bins(columns_of(rows))
        periods = [self.window(f"r{i}", has_outcomes=True) for i in range(10)]
        reference = periods[0]
        for one in periods[1:]:
            reference = add(reference, one)
        self.watch = make_watch(self.bins, reference, periods, budget=budget or AlarmBudget())

    def window(self, name, *, has_outcomes=False, flipped=None, base=0.0, n_quarantined=10, expected=None, **moved):
        rows = draw_rows(self.draw, **moved)
        columns = columns_of(rows)
        record = count_window(self.bins, columns, window=name, n_quarantined=n_quarantined, expected=expected)
        if not has_outcomes:
            return record
        judged = judge(self.draw, rows, flipped=flipped, base=base, is_priced=self.is_priced)
        return with_outcomes(record, count_outcomes(self.bins, columns, judged))

    def quiet(self, n_windows, **options):
        return [self.window(f"a{i:03d}", **options) for i in range(n_windows)]
