"""Models of a replay: each is fitted once, whoever asks for it, and tells what its decisions were worth."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.models.candidates import CANDIDATES, CandidateName, first_settings
from evergreen.models.decide import Model, predict_rows
from evergreen.models.fit_recipe import fit_recipe
from evergreen.models.performance import payoff_of
from evergreen.models.recipe import Member, QuantileMember, Recipe
from evergreen.models.scores import ACTION, probabilities_of
from evergreen.models.target import target_values
from evergreen.models.threads import threads_for
from evergreen.problem import Problem
from evergreen.replaying.stream import Stream, Window

_TINY = 1e-12

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Made:
    """A model that was fitted.

    Attributes:
        values: what its decision on each row was worth, shape (n,); NaN for rows of batches it could not serve.
        cpu_seconds: what the fit took.
    """

    values: Values
    cpu_seconds: float


class Workshop:
    """Fits models on windows of a stream, each once.

    Args:
        stream: the past.
        problem: the case.
        recipe: how every model is made.
        read_cpu: what the process has taken so far, in seconds of processors.
        random_state: seed of everything random in a fit.
    """

    def __init__(
        self, stream: Stream, problem: Problem, recipe: Recipe, *, read_cpu: Callable[[], float], random_state: int
    ) -> None:
        self.stream = stream
        self._problem, self._recipe, self._random_state = problem, recipe, random_state
        self._read_cpu = read_cpu
        self._made: dict[Window, Made] = {}

    def make(self, window: Window) -> Made:
        """Give a model of a window, fitted now or before.

        Args:
            window: what it learns from.

        Returns:
            What it is worth and what it took.
        """
        if window not in self._made:
            self._made[window] = self._fit(window)
        return self._made[window]

    def _fit(self, window: Window) -> Made:
        learnt = self.stream.rows[self.stream.places(window.since, window.until)].reset_index(drop=True)
        began = self._read_cpu()
        model = fit_recipe(self._recipe, learnt, self._problem, random_state=self._random_state)
        taken = self._read_cpu() - began
        values = np.full(len(self.stream.rows), np.nan)
        for places in self._parts(window):
            values[places] = worth_of(model, self.stream.rows[places].reset_index(drop=True), self._problem)
        return Made(values, taken)

    def _parts(self, window: Window) -> list[slice]:
        """A scarce action is given out batch by batch; elsewhere all later rows are decided together."""
        stream = self.stream
        if self._problem.is_rationed:
            return [stream.places(batch, batch + 1) for batch in range(window.until, stream.n_batches)]
        return [stream.places(window.until, stream.n_batches)]


def worth_of(model: Model, rows: pd.DataFrame, problem: Problem) -> Values:
    """Say what each decision of a model was worth.

    Args:
        model: fitted.
        rows: labelled rows it has not learnt from, n of them.
        problem: the case.

    Returns:
        Money, shape (n,); without a payoff the proper score, its sign turned so that more is better: the logarithm of
        the probability of what came, or minus the squared error.
    """
    with threads_for(len(rows)):
        predictions = predict_rows(model, rows, problem)
    y_true = target_values(rows, problem)
    if problem.payoff is not None:
        return payoff_of(problem.payoff, problem, predictions[ACTION].to_numpy(), y_true, rows)
    if not problem.is_classification:
        missed: Values = -((predictions["score"].to_numpy(dtype=float) - y_true) ** 2)
        return missed
    told = probabilities_of(predictions, problem)[np.arange(len(rows)), y_true]
    score: Values = np.log(np.clip(told, _TINY, 1))
    return score


def quick_recipe(candidate: CandidateName, problem: Problem, n_rows: int) -> Recipe:
    """Write the recipe of a quick model: the candidate as it starts, without search or correction.

    Where a quantity is decided on by its costs, a second model of the same kind predicts the quantile they imply.

    Args:
        candidate: from the closed list.
        problem: the case.
        n_rows: rows that the first model learns from.

    Returns:
        The recipe.
    """
    settings = first_settings(candidate, problem, n_rows)
    quantile = None
    is_priced = problem.payoff is not None and not problem.is_classification
    if problem.payoff is not None and is_priced and CANDIDATES[candidate].quantile_settings is not None:
        named = settings.model_copy(update={"quantile": problem.payoff.cost_quantile})
        quantile = QuantileMember(settings=named)
    return Recipe(members=(Member(settings=settings, weight=1.0),), quantile=quantile)
