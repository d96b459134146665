"""How things stand with a model, at one glance."""

from evergreen.problem import in_digits
from evergreen.reporting.life_facts import Document, LifeFacts
from evergreen.reporting.life_money import BestRule, lead_over, money_so_far
from evergreen.reporting.sections import Banner, Fact, Point, Section, Tone

_MOST_POINTS, _MOST_NAMES = 6, 5


def state_section(facts: LifeFacts, best: BestRule | None) -> Section:
    """Tell the state of the model's life in one banner, and its sums.

    Args:
        facts: all that the page tells.
        best: the best rule without a model.

    Returns:
        The section.
    """
    empty = _nothing(facts)
    if empty is not None:
        return empty
    going = [one for one in facts.incidents if one["is_open"]]
    money = _money_points(facts, going, best)
    is_dear = any(point.tone == "bad" for point in money) or any(_costs(one) for one in going)
    return Section(
        "State",
        banner=_banner(facts, going, best, is_dear=is_dear),
        points=(*money, *_points(going)),
        facts=_facts(facts, best),
    )


def _nothing(facts: LifeFacts) -> Section | None:
    if facts.release_id is None:
        text = "No release is live, so there is no life to tell yet."
        cure = "The first verdict of release makes a champion; report.html beside this page says what holds it."
        return Section("State", banner=Banner("plain", "No champion", text), lead=cure)
    if not facts.is_watched and facts.windows.empty:
        text = "The live release was made before releases kept what their windows are held against."
        cure = "Train and release again: the next release is watched window by window."
        return Section("State", banner=Banner("plain", "Not watched", text), lead=cure, facts=(_live(facts),))
    if facts.windows.empty:
        text = "The live release has answered no rows yet."
        cure = "Score new rows with the champion; this page then tells how they fare."
        return Section("State", banner=Banner("plain", "Nothing seen yet", text), lead=cure, facts=(_live(facts),))
    return None


def _banner(facts: LifeFacts, going: list[Document], best: BestRule | None, *, is_dear: bool) -> Banner:
    if going:
        tone: Tone = "bad" if is_dear else "watch"
        names = list(dict.fromkeys(str(one["cause"]) for one in going))
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        word = "1 open incident" if len(going) == 1 else f"{len(going)} open incidents"
        return Banner(tone, word, f"Something has changed and goes on: {', '.join(names[:_MOST_NAMES])}{more}.")
    if best is not None and best.high < 0:
        text = f"No incident is open, but so far the model has surely earned less than the rule '{best.name}'."
        return Banner("bad", "Behind a rule without a model", text)
    over = "none so far" if not facts.incidents else f"all {len(facts.incidents)} are over"
    return Banner("good", "Quiet", f"No incident is open; {over}.")


def _costs(incident: Document) -> bool:
    return bool(incident["latest"]["is_harmful"]) or incident["latest"]["kind"] == "quarantined"


def _money_points(facts: LifeFacts, going: list[Document], best: BestRule | None) -> tuple[Point, ...]:
    """Say what decisions paid since the oldest open incident began: what went before may hide it."""
    if not going or best is None:
        return ()
    since = min(str(one["since"]) for one in going)
    late = lead_over(facts.counted, facts.rules, best.name, since=since, confidence=facts.confidence)
    if late is None:
        return ()
    tone: Tone = "bad" if late.high < 0 else "watch" if late.lead < 0 else "plain"
    paid = f"{in_digits(late.money + late.lead)} {facts.unit}"
    text = f"the decisions of which outcomes are known paid {paid}, {tell_lead(late, facts.unit)}."
    return (Point(text, tone, f"Since {since}, when the oldest open incident began"),)


def _points(going: list[Document]) -> tuple[Point, ...]:
    worst_first = sorted(going, key=lambda one: not _costs(one))
    return tuple(
        Point(str(one["latest"]["finding"]), "bad" if _costs(one) else "watch", str(one["cause"]))
        for one in worst_first[:_MOST_POINTS]
    )


def _facts(facts: LifeFacts, best: BestRule | None) -> tuple[Fact, ...]:
    counted = facts.counted
    names, n_rows, n_known = list(counted["window"]), int(counted["n_rows"].sum()), int(counted["n_outcomes"].sum())
    n_bad, n_open = int(counted["n_quarantined"].sum()), sum(bool(one["is_open"]) for one in facts.incidents)
    stretch = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    width = str(counted["width"].iloc[0]) or "run"
    known = f"{n_known / n_rows:.0%} of the rows" if n_rows else ""
    return (
        _live(facts),
        Fact("Windows seen", f"{len(names):,}", f"{stretch}, by {width}"),
        Fact("Rows answered", f"{n_rows:,}", f"{n_bad:,} more could not be used" if n_bad else ""),
        Fact("Outcomes known", f"{n_known:,}", known if n_known else "none has come yet"),
        _money(facts, best),
        Fact("Incidents", f"{n_open} open", f"{len(facts.incidents)} in all"),
    )


def _live(facts: LifeFacts) -> Fact:
    last = next((one for one in reversed(facts.history) if one.makes_champion), None)
    name = f"{facts.numbers.get(str(facts.release_id), '')} {facts.release_id}".strip()
    if last is None:
        return Fact("Live release", name)
    since = last.as_of or last.at.partition("T")[0]
    return Fact("Live release", name, f"since {since}, by {last.by}" + (" (went back)" * (last.kind == "rollback")))


def _money(facts: LifeFacts, best: BestRule | None) -> Fact:
    money = money_so_far(facts.counted)
    if not facts.unit:
        return Fact("Money so far", "not priced", "the case gives no payoff")
    if money is None:
        return Fact("Money so far", "not known", "no outcome has come yet")
    return Fact("Money so far", f"{in_digits(money)} {facts.unit}", "" if best is None else tell_lead(best, facts.unit))


def tell_lead(best: BestRule, unit: str) -> str:
    """Say how the model does beside the best rule without one.

    Args:
        best: the rule.
        unit: of money.

    Returns:
        Such as ``"1,234 EUR more (900 to 1,500) than 'call_everyone'"``.
    """
    sides = (best.low, best.high) if best.lead >= 0 else (-best.high, -best.low)
    low, high = (in_digits(side) for side in sides)
    word = "more" if best.lead >= 0 else "less"
    return f"{in_digits(abs(best.lead))} {unit} {word} ({low} to {high}) than '{best.name}'"
