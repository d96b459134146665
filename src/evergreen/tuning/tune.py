"""The search for good settings inside a budget."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from math import inf

import numpy as np
import pandas as pd

from evergreen.errors import CaseError, DataError, bounded
from evergreen.models.candidates import CANDIDATES, CandidateName, Settings
from evergreen.models.candidates.base import TableSize
from evergreen.models.folds import Fold, make_folds
from evergreen.models.recipe import Recipe
from evergreen.models.threads import threads_for
from evergreen.problem import Problem
from evergreen.tuning.arena import Arena
from evergreen.tuning.book import Asked, Book
from evergreen.tuning.budget import Budget, Cost, Spending
from evergreen.tuning.history import best_first, costs_of, handed_on, history_of, spent_in
from evergreen.tuning.pace import Pace, cost_of_quantile
from evergreen.tuning.race import Clock, Outcome, Race, Rivals
from evergreen.tuning.record import Record
from evergreen.tuning.search import Search, Unseen
from evergreen.tuning.space import Space, first_trials, movable_columns, number_dropped
from evergreen.tuning.study_name import study_name
from evergreen.tuning.tuned import Tuned, Tuning

# How many models the reserve for fitting on all rows is for.
_N_FINAL_FITS = 2
# After so many trials in a row that time does not allow, none is likely to come that it does.
_MOST_PASSED_OVER = 5
_MAX_REASONS = 3
# Where time counts, the first trial of a candidate is stopped too once it is so many times as bad as the best.
_SPARED = 1.15
_LATE = "The budget had run out before it began."
_SMALL = "The budget ran out before it ended; it went on, for there was no other."


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be tuned.

    Attributes:
        rows: training rows.
        problem: the case.
        candidates: which of the closed list.
        random_state: seed of everything random.
        movement: columns that move in time, see ``space.movable_columns``; None where none may be left out.
        champion: how the champion is made; None where there is none.
    """

    rows: pd.DataFrame
    problem: Problem
    candidates: tuple[CandidateName, ...]
    random_state: int
    movement: pd.DataFrame | None = None
    champion: Recipe | None = None


def tune(task: Task, search: Search, budget: Budget, before: Cost | None = None) -> Tuning:
    """Search for good settings until the budget is spent.

    The first trials are those that the candidates start from; after them settings are drawn where earlier ones did
    well. With a budget in trials no clock has a say: the same task gives the same history. A budget in seconds covers
    what follows too: time for the last fits is kept back.

    Args:
        task: what is to be tuned.
        search: the way to the study, the clock and whoever watches.
        budget: what may be spent.
        before: what earlier steps took of a budget in seconds.

    Returns:
        The trials that went all the way, best first, and the history of all.

    Raises:
        CaseError: where a candidate needs a package that is not installed.
        DataError: where no trial went all the way, or the study cannot be read.
    """
    _refuse_absent(task.candidates)
    with threads_for(len(task.rows)):
        return _Tuner(task, search, budget, before or Cost()).run()


class _Tuner:
    def __init__(self, task: Task, search: Search, budget: Budget, before: Cost) -> None:
        began = search.read()
        rows, problem = task.rows, task.problem
        folds = make_folds(rows, problem, random_state=task.random_state)
        movable = () if task.movement is None else movable_columns(task.movement)
        space = _space(task, folds, movable)
        firsts = first_trials(space, task.champion)
        self._name = study_name(rows, problem, folds, space, (task.random_state, *movable, *firsts))
        self._search, self._budget = search, budget
        self._arena = Arena(rows, problem, folds, movable=movable, random_state=task.random_state, read=search.read)
        self._book = Book(search, self._name, space, firsts, task.random_state)
        self._n_firsts = len(firsts)
        self._unseen: dict[int, Unseen] = {}
        self._records = self._book.records()
        earlier = spent_in(self._records) + before
        self._spending = Spending(budget, lambda: search.read() - began, earlier)
        self._pace = Pace()
        for record in self._records:
            self._pace.learn(record.candidate, record.pace)
        self._passed_over = 0

    def run(self) -> Tuning:
        """Try until the budget is spent, then hand on what was found."""
        if not self._book.is_finished(self._budget):
            while self._goes_on():
                began = self._search.read()
                if (asked := self._book.ask(self._budget)) is None:
                    break
                self._try(asked, began)
            self._records = self._book.records()
            if not self._search.is_shared or not any(one.state == "running" for one in self._records):
                self._book.finish(self._budget)
        self._refuse_none()
        return Tuning(self._tuned(), history_of(self._records), costs_of(self._records))

    def _goes_on(self) -> bool:
        self._records = self._book.records()
        if self._budget.is_in_trials:
            return sum(not record.has_died for record in self._records) < self._budget.amount
        self._keep_back()
        if not self._done():
            # Something must come of it, whatever the budget.
            return not self._spending.is_over() or len(self._records) < self._n_firsts
        return not self._spending.is_over() and self._passed_over < _MOST_PASSED_OVER

    def _try(self, asked: Asked, began: Cost) -> None:
        self._records = self._book.records()
        with self._book.alive(asked):
            outcome = self._race(asked)
            outcome = replace(outcome, cost=self._search.read() - began)
            if outcome.state == "done":
                outcome = self._kept(asked.number, outcome)
            self._book.close(asked, outcome)
        self._tell()

    def _race(self, asked: Asked) -> Outcome:
        is_needed = not self._done()
        settings = asked.settings
        if not is_needed and not self._affords(settings):
            self._passed_over += 1
            return Outcome("stopped", settings, word="It would take longer than what is left of the budget.")
        self._passed_over = 0
        is_late, clock = self._spending.is_over(), self._clock(settings, is_needed=is_needed)
        report = partial(self._book.report, asked)
        outcome = Race(self._arena, self._rivals(asked), clock, report).run(settings)
        self._pace.learn(settings.candidate, outcome.pace)
        if not is_needed or not self._spending.is_over():
            return outcome
        return replace(outcome, word=f"{outcome.word} {_LATE if is_late else _SMALL}".strip())

    def _rivals(self, asked: Asked) -> Rivals:
        others = [one for one in self._records if one.number != asked.number]
        first_losses = [one.first_loss for one in others if one.first_loss is not None]
        tried = {one.candidate for one in others if one.state == "done"}
        is_first = asked.start is not None and asked.settings.candidate not in tried
        best = next(
            ((one.number, unseen) for one in best_first(others) if (unseen := self._at_hand(one)) is not None), None
        )
        most = inf if self._budget.is_in_trials else _SPARED
        return Rivals(first_losses, best, spared=most if is_first else 0.0)

    def _clock(self, settings: Settings, *, is_needed: bool) -> Clock:
        if is_needed or self._budget.is_in_trials:
            return Clock()
        is_watched = CANDIDATES[settings.candidate].watch is not None
        # One that was never seen may be of any slowness: it must not eat up all that is left.
        least_left = 0.0 if self._pace.has_seen(settings.candidate) else self._spending.left() / 2

        def is_over() -> bool:
            return self._spending.left() <= least_left

        def affords(n_rows: int, n_learnt: int, cost: Cost) -> bool:
            if is_watched and not n_learnt:
                return not is_over()
            return self._spending.affords(self._pace.expected(settings.candidate, n_rows, (n_learnt, cost)))

        return Clock(is_over, affords)

    def _affords(self, settings: Settings) -> bool:
        """Tell whether there is time for a whole trial."""
        n_rows = int(settings.window * sum(len(rung.learnt) for rung in self._arena.rungs))
        return self._spending.affords(self._pace.expected(settings.candidate, n_rows))

    def _keep_back(self) -> None:
        """Keep time for the fits on all rows, those of the two candidates that lead, and for one of a quantile."""
        leading: dict[str, Cost] = {}
        for record in best_first(self._records):
            leading.setdefault(record.candidate, record.final)
        self._spending.reserve = sum(list(leading.values())[:_N_FINAL_FITS], self._cost_of_quantile())

    def _cost_of_quantile(self) -> Cost:
        """Foretell what one trial and one fit for a quantile take, where the case decides by it."""
        problem, n_rows = self._arena.problem, self._arena.n_rows
        if problem.is_classification or problem.payoff is None:
            return Cost()
        able = {name for name, candidate in CANDIDATES.items() if candidate.learns_quantiles(n_rows)}
        best = next((one for one in best_first(self._records) if one.candidate in able), None)
        return Cost() if best is None else cost_of_quantile(best.cost, len(self._arena.folds))

    def _done(self) -> list[Record]:
        return [record for record in self._records if record.state == "done"]

    def _at_hand(self, record: Record) -> Unseen | None:
        if record.number not in self._unseen:
            recalled = self._search.keeper.recall(self._name, record.number)
            if recalled is None or not self._is_whole(recalled):
                return None
            self._unseen[record.number] = recalled
        return self._unseen[record.number]

    def _is_whole(self, unseen: Unseen) -> bool:
        lengths = [len(judged) for _, judged in self._arena.folds]
        return [len(one) for one in unseen] == lengths and all(np.isfinite(one).all() for one in unseen)

    def _kept(self, number: int, outcome: Outcome) -> Outcome:
        self._unseen[number] = outcome.unseen
        try:
            self._search.keeper.keep(self._name, number, outcome.unseen)
        except OSError as error:
            word = f"Its predictions could not be kept ({error.strerror or type(error).__name__})."
            return replace(outcome, word=f"{outcome.word} {word}".strip())
        return outcome

    def _tuned(self) -> tuple[Tuned, ...]:
        found: list[Tuned] = []
        for record in handed_on(self._records):
            settings = Settings.model_validate_json(record.settings)
            unseen = self._at_hand(record) or self._made_again(record.number, settings, is_needed=not found)
            if unseen is not None:
                found.append(Tuned(record.number, settings, unseen, np.array(record.fold_losses)))
        return tuple(found)

    def _made_again(self, number: int, settings: Settings, *, is_needed: bool) -> Unseen | None:
        """Make predictions again that were lost; in a budget of seconds, only as far as it goes."""
        if not is_needed and not self._affords(settings):
            return None
        outcome = Race(self._arena, Rivals(spared=inf), Clock(), lambda _step, _loss: None).run(settings)
        return self._kept(number, outcome).unseen if outcome.state == "done" else None

    def _refuse_none(self) -> None:
        if self._done():
            return
        words = list(dict.fromkeys(f"{one.candidate}: {bounded(one.word)}" for one in self._records))
        reasons = "; ".join(words[:_MAX_REASONS]) or "none was begun"
        cure = "Mend what the reasons tell of, name other candidates, or move the study aside to try the same again."
        raise DataError(
            f"The search '{self._name}'", f"found no model in {len(self._records)} trials ({reasons})", cure
        )

    def _tell(self) -> None:
        self._records = self._book.records()
        n_ended = sum(record.state != "running" for record in self._records)
        of_all = f" of {self._budget.amount:g}" if self._budget.is_in_trials else ""
        best = next(iter(best_first(self._records)), None)
        told = "none went all the way yet" if best is None else f"best loss {best.loss:.4f} ({best.candidate})"
        left = "" if self._budget.is_in_trials else f", {max(self._spending.left(), 0.0):.0f} s left"
        self._search.tell(f"{n_ended}{of_all} trials done, {told}{left}")


def _refuse_absent(candidates: Sequence[CandidateName]) -> None:
    for name in candidates:
        package = CANDIDATES[name].package
        if package is None:
            continue
        try:
            import_module(package)
        except ImportError as error:
            finding = f"needs the package {package}, which is not installed"
            cure = f"Run pip install 'evergreen[{package}]', or take it out of modelling.candidates."
            raise CaseError(f"The candidate '{name}'", finding, cure) from error
        except OSError as error:
            finding = f"needs the package {package}, which cannot be loaded ({bounded(str(error))})"
            cure = "Install what it lacks (OpenMP is libgomp1 on Debian), or take it out of modelling.candidates."
            raise CaseError(f"The candidate '{name}'", finding, cure) from error


def _space(task: Task, folds: Sequence[Fold], movable: Sequence[str]) -> Space:
    problem, is_by_time = task.problem, task.problem.split.by == "time"
    n_features = len(problem.feature_columns)
    size = TableSize(max(len(learnt) for learnt, _ in folds), n_features, len(problem.target.classes))
    most = max(min(len(movable), n_features - 1), 0)
    dropped = min(number_dropped(task.movement), most) if task.movement is not None and is_by_time else 0
    return Space(task.candidates, size, is_by_time, dropped)
