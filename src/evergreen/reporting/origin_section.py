"""What a verdict was made from, so that it can be made again."""

import pandas as pd

from evergreen.reporting.report_facts import Origin, ReportFacts
from evergreen.reporting.sections import Fact, Section, Table

_LOOKS = ["look", "as_of", "n_rows", "rows_from", "rows_until", "holdout_id", "training_id", "model_id"]
_DAY_LENGTH = len("2008-12-31")
COSTS_PAGE = "costs.html"


def costs_section() -> Section:
    """Say where the costs are told.

    Returns:
        The section.
    """
    return Section(
        "Costs",
        lead=f"Seconds, processor time and memory of every stage and candidate are on the page {COSTS_PAGE} beside "
        "this one. They stand apart because they differ from run to run, while this page says the same each time the "
        "same data are judged by the same code.",
    )


def origin_section(facts: ReportFacts, origin: Origin) -> Section:
    """Tell the names of data, model and code, and every opening of the holdout.

    Args:
        facts: all that the report tells.
        origin: what the verdict was made from.

    Returns:
        The section.
    """
    look = facts.verdict.get("look", {})
    versions = pd.DataFrame({"library": list(origin.software), "version": list(origin.software.values())})
    return Section(
        "Provenance",
        lead="What the verdict was made from. Equal names mean equal rows, equal models and equal code.",
        facts=(
            Fact("Training rows", str(origin.split_card["training_id"]), "hash of their keys"),
            Fact("Holdout rows", str(origin.split_card["holdout_id"]), "hash of their keys"),
            *([Fact("Challenger", str(look["model_id"]), "hash of the model")] if "model_id" in look else []),
            Fact("Code", origin.software["evergreen"], "version of evergreen, with the commit where it is known"),
            Fact("Seed", str(origin.random_state), f"of the intervals, {origin.n_resamples:,} resamples"),
        ),
        tables=(
            Table("Versions", versions[versions["library"] != "evergreen"]),
            Table("Every opening of the holdout", _whole_days(origin.looks[_LOOKS])),
        ),
    )


def _whole_days(looks: pd.DataFrame) -> pd.DataFrame:
    return looks.assign(**{name: looks[name].str[:_DAY_LENGTH] for name in ("rows_from", "rows_until")})
