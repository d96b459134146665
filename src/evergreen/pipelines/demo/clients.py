"""Who the bank's clients are."""

import numpy as np
import pandas as pd

from evergreen.pipelines.demo.draws import Floats, Integers, Words, pick, spawn_streams
from evergreen.pipelines.demo.params import REGIONS, SEXES, DemoParams

YOUNGEST, OLDEST = 18, 95
LEAST_EUR, MOST_EUR = -5_000.0, 200_000.0

_JOBS = {
    "blue-collar": 0.26,
    "management": 0.19,
    "admin": 0.16,
    "technician": 0.16,
    "services": 0.12,
    "self-employed": 0.07,
    "unemployed": 0.04,
}
_EDUCATION = {"secondary": 0.52, "university": 0.31, "primary": 0.17}
_MARITAL = {"married": 0.57, "single": 0.30, "divorced": 0.13}
_STUDENT_UNTIL, _RETIRED_FROM = 25, 64
_STUDENT_SHARE, _RETIRED_SHARE = 0.6, 0.9


def draw_clients(params: DemoParams) -> pd.DataFrame:
    """Draw the clients as they are, before any flaw.

    Sex and region have no bearing on anything else.

    Args:
        params: the world; more clients leave the first ones as they were.

    Returns:
        One row per client: ``client_id`` from 1, ``age_years`` 18 to 95, ``sex``, ``region``, ``job``, ``education``,
        ``marital``, ``balance_eur`` -5,000 to 200,000, ``has_housing_loan``.
    """
    n = params.n_clients
    ages, sexes, regions, jobs, schools, marital, money, loans = spawn_streams(params.random_state, "clients", 8)
    age_years = _draw_ages(ages, n)
    return pd.DataFrame(
        {
            "client_id": np.arange(1, n + 1),
            "age_years": age_years,
            "sex": pick(sexes.random(n), dict.fromkeys(SEXES, 1 / len(SEXES))),
            "region": pick(regions.random(n), dict.fromkeys(REGIONS, 1 / len(REGIONS))),
            "job": _draw_jobs(jobs, age_years),
            "education": pick(schools.random(n), _EDUCATION),
            "marital": pick(marital.random(n), _MARITAL),
            "balance_eur": _draw_balances(money, n),
            "has_housing_loan": loans.random(n) < 0.5,  # noqa: PLR2004 - every second client
        }
    ).astype(dict.fromkeys(["sex", "region", "job", "education", "marital"], "str"))


def _draw_ages(rng: np.random.Generator, n: int) -> Integers:
    spread = rng.gamma(3.2, 8.0, n)
    return np.minimum(YOUNGEST + spread, OLDEST).astype(np.int64)


def _draw_jobs(rng: np.random.Generator, age_years: Integers) -> Words:
    draws = rng.random((len(age_years), 2))
    jobs = pick(draws[:, 0], _JOBS)
    jobs[(age_years <= _STUDENT_UNTIL) & (draws[:, 1] < _STUDENT_SHARE)] = "student"
    jobs[(age_years >= _RETIRED_FROM) & (draws[:, 1] < _RETIRED_SHARE)] = "retired"
    return jobs


def _draw_balances(rng: np.random.Generator, n: int) -> Floats:
    balances = np.exp(rng.normal(7.0, 1.2, n)) - 400
    rounded: Floats = np.clip(balances, LEAST_EUR, MOST_EUR).round(2)
    return rounded
