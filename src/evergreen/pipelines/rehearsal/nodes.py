"""Replay the past of a case under policies of retraining, and tell what each would have earned and cost."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd

from evergreen.pipelines.rehearsal.params import NEVER, RehearsalParams
from evergreen.problem import AsOf, Problem
from evergreen.replaying.gains import Advice, Share, advise, block_draws, share_gains
from evergreen.replaying.replay import Replay, best_schedule, replay
from evergreen.replaying.stream import Stream, make_stream
from evergreen.replaying.workshop import Workshop, quick_recipe
from evergreen.reporting import RehearsalFacts, write_rehearsal_page
from evergreen.reporting.figures import Figure, draw_rehearsal
from evergreen.tables.engines import as_frame, as_native, as_pandas
from evergreen.tables.gather import gather_rows
from evergreen.tables.outliers import fit_outlier_limits, limit_outliers
from evergreen.tables.repair import mark_rows
from evergreen.tables.settle import settle_rows

HINDSIGHT = "hindsight"
_SECONDS_PER_HOUR = 3600


def gather_past(problem: Problem, as_of: AsOf, *sources: Any) -> pd.DataFrame:
    """Collect all decisions up to ``as_of``, as things stood at each, repaired as training rows are.

    Args:
        problem: the case.
        as_of: the logical date.
        sources: what the catalog loaded, in the order of ``problem.sources``.

    Returns:
        Usable rows, every decision once; outcomes that were not known by then are missing.
    """
    by_name = dict(zip(problem.sources, sources, strict=True))
    gathered = gather_rows(problem, as_of.root, by_name).rows
    return as_pandas(settle_rows(mark_rows(gathered, problem), problem).rows)


def replay_past(
    problem: Problem, as_of: AsOf, params: RehearsalParams, past: pd.DataFrame, cpu_clock: Callable[[], float]
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Lead every policy through the past.

    Args:
        problem: the case.
        as_of: the logical date.
        params: the replay and its policies.
        past: usable rows.
        cpu_clock: what the process has taken so far, in seconds of processors.

    Returns:
        ``case, as_of, measure, unit, policies, hindsight, recommended, policy, why, chance_of_gain, chance_best``, and
        what each policy came to: one row a policy and batch.

    Raises:
        CaseError: where the case knows no time.
        DataError: where there are too few rows.
    """
    stream = _stream(problem, params, past)
    recipe = quick_recipe(params.candidate, problem, stream.places(0, stream.n_first).stop)
    workshop = Workshop(stream, problem, recipe, read_cpu=cpu_clock, random_state=params.random_state)
    replays = {name: replay(policy, workshop) for name, policy in params.policies.items()}
    best = best_schedule(workshop)
    draws = block_draws(
        len(stream.served),
        block=params.block_batches,
        n_resamples=params.n_resamples,
        random_state=params.random_state,
    )
    shares = share_gains(replays, never=NEVER, best=best, draws=draws)
    advice = advise(replays, never=NEVER, draws=draws, cpu_second_price=_cpu_second_price(problem))
    told = _tell_problem(problem, as_of) | _tell_policies(replays, shares) | _tell_best(best, replays[NEVER])
    chosen = params.policies[advice.recommended].model_dump(mode="json")
    return told | _tell_advice(advice, chosen), _tabulate(problem, stream, replays | {HINDSIGHT: best})


def draw_courses(rehearsal: dict[str, Any], rehearsal_batches: pd.DataFrame) -> Figure:
    """Draw what each policy had earned beyond never retraining, batch after batch.

    Args:
        rehearsal: what came of the replay.
        rehearsal_batches: one row a policy and batch.

    Returns:
        The figure.
    """
    return draw_rehearsal(rehearsal_batches, measure=rehearsal["measure"], unit=rehearsal["unit"])


def tell_rehearsal(rehearsal: dict[str, Any], rehearsal_batches: pd.DataFrame, rehearsal_figure: Figure) -> str:
    """Write the page of the rehearsal.

    Args:
        rehearsal: what came of the replay.
        rehearsal_batches: one row a policy and batch.
        rehearsal_figure: the drawn courses.

    Returns:
        One self-contained HTML page.
    """
    return write_rehearsal_page(RehearsalFacts(rehearsal, rehearsal_batches, rehearsal_figure))


def _stream(problem: Problem, params: RehearsalParams, past: pd.DataFrame) -> Stream:
    """Outliers are held inside fences that the first batches alone have taught."""
    stream = make_stream(
        past,
        problem,
        n_batches=params.n_batches,
        n_first=params.n_first,
        batches_late=params.batches_late,
        follows_delay=params.follows_delay,
    )
    limits = fit_outlier_limits(as_frame(stream.rows[stream.places(0, stream.n_first)]), problem)
    return replace(stream, rows=as_native(limit_outliers(as_frame(stream.rows), limits)))


def _cpu_second_price(problem: Problem) -> float:
    compute, payoff = problem.compute, problem.payoff
    if compute is None or payoff is None or compute.unit != payoff.unit:
        return 0.0
    return compute.per_cpu_hour / _SECONDS_PER_HOUR


def _tell_problem(problem: Problem, as_of: AsOf) -> dict[str, Any]:
    score = "log score" if problem.is_classification else "squared error, negated"
    return {
        "case": problem.name,
        "as_of": as_of.root.isoformat(),
        "measure": score if problem.payoff is None else "money",
        "unit": "" if problem.payoff is None else problem.payoff.unit,
    }


def _tell_policies(replays: dict[str, Replay], shares: dict[str, Share]) -> dict[str, Any]:
    return {
        "policies": {
            name: {
                "gain_share": {"value": shares[name].value, "low": shares[name].low, "high": shares[name].high},
                "fits": one.n_fits,
                "money": float(one.totals.sum()),
                "cpu_seconds": round(one.cpu_seconds, 3),
            }
            for name, one in replays.items()
        }
    }


def _tell_best(best: Replay, never: Replay) -> dict[str, Any]:
    total = float(best.totals.sum())
    return {HINDSIGHT: {"money": total, "gain": total - float(never.totals.sum()), "fits": best.n_fits}}


def _tell_advice(advice: Advice, policy: dict[str, Any]) -> dict[str, Any]:
    return {
        "recommended": advice.recommended,
        "policy": policy,
        "why": advice.why,
        "chance_of_gain": advice.chance_of_gain,
        "chance_best": advice.chance_best,
    }


def _tabulate(problem: Problem, stream: Stream, replays: dict[str, Replay]) -> pd.DataFrame:
    times = stream.rows[str(problem.event_time)].groupby(stream.batch)
    begins, sizes, never = times.min(), times.size(), replays[NEVER].totals
    tables = []
    for name, one in replays.items():
        table = pd.DataFrame(
            {
                "policy": name,
                "batch": list(stream.served),
                "begins_at": begins.iloc[stream.n_first :].to_numpy(),
                "n_rows": sizes.iloc[stream.n_first :].to_numpy(),
                "n_known": stream.known[stream.n_first :],
                "learnt_since": [window.since for window in one.served],
                "learnt_until": [window.until for window in one.served],
                "total": one.totals,
                "gain": one.totals - never,
            }
        )
        tables.append(table.assign(gain_so_far=table["gain"].cumsum()))
    return pd.concat(tables, ignore_index=True)
