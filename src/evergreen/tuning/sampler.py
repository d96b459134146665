"""Where the settings of a trial come from: a list at first, then what earlier trials have shown."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from evergreen.models.candidates import Setting

START = "start"
# Trials that are drawn from the priors after the first ones, before any are modelled.
_N_DRAWN, _LEAST_BEFORE = 2, 8


class SeededSampler(BaseSampler):
    """Draws by TPE, seeded by each trial's number: a search that goes on draws what one without a break would draw.

    Args:
        firsts: parameters of the first trials, by number.
        random_state: seed of all draws.

    Attributes:
        start: which of the first trials was begun last; None where it was another one.
    """

    def __init__(self, firsts: Sequence[Mapping[str, Setting]], random_state: int) -> None:
        self._firsts = tuple(firsts)
        self._random_state = random_state
        self.start: int | None = None
        self._told: Mapping[str, Setting] = {}
        self._tpe = self._seeded(0)

    def start_of(self, trial: FrozenTrial) -> int | None:
        """Say which of the first trials a trial is.

        Args:
            trial: of the study.

        Returns:
            Its place among them; None for all others.
        """
        said = trial.user_attrs.get(START)
        if said is not None:
            return int(said)
        is_early = trial.number < len(self._firsts) and "fixed_params" not in trial.system_attrs
        return trial.number if is_early else None

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Seed the draws of a trial."""
        self.start = self.start_of(trial)
        self._told = {} if self.start is None else self._firsts[self.start]
        self._tpe = self._seeded(trial.number)
        self._tpe.before_trial(study, trial)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Say what is drawn together; nothing where it is told."""
        return {} if self._told else self._tpe.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Draw what is drawn together."""
        return {} if self._told else self._tpe.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Take what is told, else draw."""
        if param_name in self._told:
            value = self._told[param_name]
            if isinstance(param_distribution, CategoricalDistribution):
                if value in param_distribution.choices:
                    return value
            elif isinstance(param_distribution, FloatDistribution | IntDistribution) and isinstance(value, int | float):
                return min(max(value, param_distribution.low), param_distribution.high)
        return self._tpe.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        """Tell the draws that a trial has ended."""
        self._tpe.after_trial(study, trial, state, values)

    def _seeded(self, number: int) -> TPESampler:
        seed = int(np.random.SeedSequence([self._random_state, number]).generate_state(1)[0])
        n_before = max(_LEAST_BEFORE, len(self._firsts) + _N_DRAWN)
        with warnings.catch_warnings():
            # Groups are called experimental since Optuna 2.8.
            warnings.simplefilter("ignore", ExperimentalWarning)
            return TPESampler(seed=seed, multivariate=True, group=True, n_startup_trials=n_before)
