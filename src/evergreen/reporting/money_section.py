"""What the model and every way to do without it earn."""

from evergreen.problem import in_digits
from evergreen.reporting.estimates import describe_rule, in_words, money_frame
from evergreen.reporting.report_facts import ReportFacts
from evergreen.reporting.sections import Drawing, Section, Table


def money_section(facts: ReportFacts) -> Section:
    """Tell what the model and every way to decide without one earn, and what other cuts would have earned.

    Args:
        facts: all that the report tells.

    Returns:
        The section; without a payoff it says so.
    """
    money = facts.verdict["money"]
    if not money:
        return Section("Money", lead="The case gives no payoff, so nothing here is judged in money.")
    frame = money_frame(money)
    table = frame.assign(**{"what it does": [describe_rule(facts.problem, rule) for rule in frame["rule"]]})
    rules = ", ".join(f"{name} {in_words(estimate, facts.unit)}" for name, estimate in money.items())
    figure = facts.drawing("money", "The model and every way to decide without one", f"Payoff by rule: {rules}.")
    thresholds = _thresholds(facts)
    hindsight = ("The highest point of the payoff over scores was found with hindsight on these rows: no model may be "
                 "set by it. Neither a capacity nor a remedy for bias is heeded there.",)  # fmt: skip
    return Section(
        "Money",
        lead=f"What the model and every way to decide without one earn on the holdout, in {facts.unit}. "
        "A model that does not beat them is not worth its trouble.",
        figures=(*figure, *thresholds),
        tables=(Table(f"Payoff on the holdout ({facts.unit}), with the low and high end of its interval", table),),
        notes=(*((facts.interval,) if facts.interval else ()), *(hindsight if thresholds else ())),
    )


def _thresholds(facts: ReportFacts) -> tuple[Drawing, ...]:
    curve = facts.figure_data.get("thresholds")
    if curve is None or curve.empty:
        return ()
    best = curve.iloc[int(curve["payoff"].to_numpy().argmax())]
    alt = (
        "A line with its interval: the payoff if all rows from a score on were acted on. It is highest at "
        f"{best['threshold']:.3g}, with {in_digits(best['payoff'])} {facts.unit}, acting on "
        f"{best['acted_share']:.0%} of the rows."
    )
    return facts.drawing("thresholds", "Payoff if all rows from a score on were acted on", alt)
