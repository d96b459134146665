"""The page of the rehearsal: what each policy of retraining would have earned and cost."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from evergreen.problem import in_digits
from evergreen.reporting.cells import counted, heading
from evergreen.reporting.figures import Figure
from evergreen.reporting.page import render_page
from evergreen.reporting.sections import Drawing, Fact, Section, Table

_SHOWN = ["policy", "batch", "begins_at", "n_rows", "n_known", "learnt_since", "learnt_until", "total", "gain"]


@dataclass(frozen=True)
class RehearsalFacts:
    """All that the page tells.

    Attributes:
        rehearsal: what came of the replay, as in ``rehearsal.json``.
        batches: one row a policy and batch.
        figure: the drawn courses.
    """

    rehearsal: dict[str, Any]
    batches: pd.DataFrame
    figure: Figure


def write_rehearsal_page(facts: RehearsalFacts) -> str:
    """Write what each policy of retraining would have earned and cost.

    Args:
        facts: all that it tells.

    Returns:
        One self-contained HTML page.
    """
    told = facts.rehearsal
    title = f"{heading(told['case'])}: rehearsal of retraining up to {told['as_of']}"
    sections = [_advice_section(told), _policies_section(facts), _batches_section(facts)]
    return render_page(title, sections, subtitle="The past of the case, replayed batch by batch under each policy.")


def _advice_section(told: dict[str, Any]) -> Section:
    chance = told["chance_of_gain"]
    facts = [Fact("Recommended", str(told["recommended"]).replace("_", " "))]
    facts += [] if chance is None else [Fact("Chance that it gains over never", f"{chance:.0%}")]
    facts.append(Fact("Chance that none does better", f"{told['chance_best']:.0%}"))
    return Section("Which policy to take", lead=told["why"], facts=tuple(facts))


def _policies_section(facts: RehearsalFacts) -> Section:
    told = facts.rehearsal
    unit = f" ({told['unit']})" if told["unit"] else ""
    rows = [
        {
            "policy": name.replace("_", " "),
            "gain_share": one["gain_share"]["value"],
            "low": one["gain_share"]["low"],
            "high": one["gain_share"]["high"],
            f"{told['measure']}{unit}": one["money"],
            "fits": one["fits"],
            "cpu_seconds": one["cpu_seconds"],
        }
        for name, one in told["policies"].items()
    ]
    shares = dict.fromkeys(("gain_share", "low", "high"), ".0%")
    frame = pd.DataFrame(rows).astype(dict.fromkeys(shares, float))
    return Section(
        "What each policy would have earned and cost",
        lead="The share is of what the best schedule of retraining on all the past gains over never retraining, known "
        f"with hindsight: {_hindsight(told)}.",
        tables=(Table("Policies", frame, formats=shares),),
        figures=(
            Drawing(
                "Gain over never retraining",
                "One line a policy: what it had gained after each batch. The higher a line ends, the better.",
                facts.figure,
            ),
        ),
        notes=(
            "Intervals of 95 % are by the bootstrap of blocks of neighbouring batches; without ends where not even "
            "hindsight surely gains.",
            "Fits are counted after the first model; a challenger that was refused is one, too.",
        ),
    )


def _hindsight(told: dict[str, Any]) -> str:
    gain, fits = told["hindsight"]["gain"], told["hindsight"]["fits"]
    unit = f" {told['unit']}" if told["unit"] else ""
    return f"{in_digits(gain)}{unit}, by {counted(fits, 'fit')}"


def _batches_section(facts: RehearsalFacts) -> Section:
    return Section(
        "Batch by batch",
        lead="A model that has learnt since batch a until batch b knows the batches from a on and before b.",
        tables=(Table("Every policy and batch", facts.batches[_SHOWN], is_searchable=True),),
    )
