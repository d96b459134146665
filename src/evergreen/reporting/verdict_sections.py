"""The verdict itself, and the criteria it was reached by."""

from evergreen.reporting.estimates import MODEL, as_fact, best_rule
from evergreen.reporting.report_facts import ReportFacts
from evergreen.reporting.sections import Banner, Fact, Point, Section, Table, Tone

BANNERS = {
    "release": Banner("good", "Release", "The evidence meets every criterion of the case."),
    "hold": Banner("bad", "Hold", "The evidence speaks against a release."),
    "undecided": Banner("watch", "Undecided", "The evidence is too weak to decide either way."),
}
_RESULT_TONES: dict[str, Tone] = {"passed": "good", "failed": "bad", "undecided": "watch"}


def verdict_section(facts: ReportFacts) -> Section:
    """Tell the verdict, its reasons and the look at the holdout it was reached at.

    Args:
        facts: all that the report tells.

    Returns:
        The section.
    """
    verdict, problem = facts.verdict, facts.problem
    return Section(
        "Verdict",
        banner=BANNERS[verdict["verdict"]],
        lead=f"What is decided: {_sentence(problem.decision)} One row is {_sentence(problem.entity)}",
        points=_reason_points(facts),
        facts=(
            *_money_facts(facts),
            Fact("Release", verdict["release_id"] or ("none yet" if verdict["verdict"] == "release" else "no release")),
            Fact("As of", verdict["as_of"]),
            *_look_facts(facts),
        ),
    )


def criteria_section(facts: ReportFacts) -> Section:
    """Tell each criterion with its figure, its bound and its limit.

    Args:
        facts: all that the report tells.

    Returns:
        The section.
    """
    columns = ["criterion", "result", "value", "bound", "limit"]
    formats = dict.fromkeys(["value", "bound", "limit"], "each")
    return Section(
        "Criteria",
        lead="What the case calls success. A criterion passes only where the cautious end of the interval, the "
        "bound, is on the right side of the limit. The reasons stand with the verdict.",
        tables=(Table("Success criteria", facts.criteria[columns], formats=formats, tones={"result": _RESULT_TONES}),),
    )


def _reason_points(facts: ReportFacts) -> tuple[Point, ...]:
    results = dict(zip(facts.criteria["reason"], facts.criteria["result"], strict=True))
    tones = [_RESULT_TONES.get(str(results.get(reason)), "plain") for reason in facts.verdict["reasons"]]
    return tuple(Point(reason, tone) for reason, tone in zip(facts.verdict["reasons"], tones, strict=True))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _money_facts(facts: ReportFacts) -> list[Fact]:
    money = facts.verdict["money"]
    best = best_rule(money)
    shown = [as_fact("The model earns", money[MODEL], facts.unit)] if MODEL in money else []
    if best is not None:
        shown.append(as_fact(f"Best without a model: {best}", money[best], facts.unit))
    return shown


def _look_facts(facts: ReportFacts) -> list[Fact]:
    look = facts.verdict.get("look")
    if look is None:
        return []
    detail = f"each bound at a one-sided level of {100 * look['level']:.3g} %"
    return [Fact("Look at these holdout rows", f"number {look['number']}", detail)]
