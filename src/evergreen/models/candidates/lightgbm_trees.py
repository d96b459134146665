"""LightGBM as scikit-learn estimators whose model is a text; the package is loaded when one of them works."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.models.candidates.base import Floats, Judged, Watched
from evergreen.models.candidates.lightgbm_text import checked_text
from evergreen.models.candidates.rounds import MAX_ROUNDS, Losses, loss_of, spread_classes
from evergreen.models.candidates.stored import BoostedTrees, StoredClassifier, StoredRegressor

_TWO = 2
# A thread costs more than it brings below this.
_FEW_ROWS = 10_000


class _Trees(BoostedTrees):
    """What classifier and regressor share."""

    def _read(self, content: bytes) -> Any:
        import lightgbm

        return lightgbm.Booster(model_str=checked_text(content))

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Refuse a model of a release or a pickle that LightGBM could not have written, before anybody asks it.

        Args:
            state: attributes by name; an estimator that was not fitted has no model.

        Raises:
            ReleaseError: see ``checked_text``.
        """
        if state.get("model_"):
            checked_text(state["model_"])
        super().__setstate__(state)  # type: ignore[misc]

    def _predict(self, X: Any) -> Floats:
        # Threads that are not said are those of OpenMP, which `threads_for` limits.
        told = {"num_threads": 1} if len(X) < _FEW_ROWS else {}
        return _shares(self._load().predict(np.asarray(X, dtype=float), **told), self)  # type: ignore[attr-defined]

    def _all_rounds(self, X: Any, y: NDArray[Any], sample_weight: Floats | None, n_classes: int) -> bytes:
        booster = self.booster(X, y, sample_weight, n_classes)
        for _ in grow(booster, self.rounds):
            pass
        return str(booster.model_to_string()).encode()

    def booster(self, X: Any, y: NDArray[Any], sample_weight: Floats | None, n_classes: int) -> Any:
        """Prepare rows for LightGBM.

        Args:
            X: prepared features, shape (n, p).
            y: class numbers without a gap from 0, or values, shape (n,).
            sample_weight: how much each row counts, shape (n,).
            n_classes: classes among them; 0 for values.

        Returns:
            A model without a tree.
        """
        import lightgbm

        told = {**_objective(n_classes), **self.params, "seed": self.random_state, "verbosity": -1, "metric": "None"}
        # Equal sums in whatever order threads come to them.
        told |= {"deterministic": True, "force_row_wise": True}
        numbers = np.asarray(X, dtype=float)
        categories = list(range(self.n_categories))
        rows = lightgbm.Dataset(numbers, y, weight=sample_weight, categorical_feature=categories, params=told)
        return lightgbm.Booster(told, rows)


class LightGBMClassifier(_Trees, StoredClassifier):
    """Boosted trees that tell classes; see ``BoostedTrees`` for what it is told."""

    def _learn(self, X: Any, codes: NDArray[np.int64], sample_weight: Floats | None) -> bytes:
        n_classes = len(self.classes_)
        return self._all_rounds(X, codes, sample_weight, n_classes) if n_classes > 1 else b""


class LightGBMRegressor(_Trees, StoredRegressor):
    """Boosted trees that tell values; see ``BoostedTrees`` for what it is told."""

    def _learn(self, X: Any, values: Floats, sample_weight: Floats | None) -> bytes:
        return self._all_rounds(X, values, sample_weight, 0)


def watch_lightgbm(
    estimator: LightGBMClassifier | LightGBMRegressor,
    X: Any,
    y: NDArray[Any],
    sample_weight: Floats | None,
    judged: Judged,
    is_over: Callable[[], bool],
) -> Watched:
    """Fit under watch; see ``base.Watch``."""
    import lightgbm

    classes, codes = (None, y) if judged.n_classes == 0 else np.unique(y, return_inverse=True)
    booster = estimator.booster(X, codes, sample_weight, 0 if classes is None else len(classes))
    X_judged = np.asarray(judged.X, dtype=float)
    unknown = np.zeros(len(X_judged))
    booster.add_valid(lightgbm.Dataset(X_judged, unknown, reference=booster.train_set, params=booster.params), "judged")

    def complete(raw: Any) -> Floats:
        shares = _both(np.asarray(raw, dtype=float)) if classes is not None else np.asarray(raw, dtype=float)
        return shares if classes is None else spread_classes(shares, classes, judged.n_classes)

    def score(raw: Any, _: Any) -> tuple[str, float, bool]:
        return "loss", loss_of(complete(raw), judged), False

    losses, is_cut = Losses(), False
    for round_number in grow(booster, MAX_ROUNDS):
        losses.add(round_number, booster.eval_valid(score)[0][2])
        is_cut = is_over()
        if is_cut or losses.is_hopeless:
            break
    return losses.watched(lambda rounds: complete(booster.predict(X_judged, num_iteration=rounds)), is_cut=is_cut)


def grow(booster: Any, max_rounds: int) -> Iterator[int]:
    """Add trees.

    Args:
        booster: a model without a tree.
        max_rounds: rounds at most.

    Yields:
        The number of each round that is done; ends early where no leaf can be split any more.
    """
    for round_number in range(1, max_rounds + 1):
        is_finished = booster.update()
        yield round_number
        if is_finished:
            return


def _objective(n_classes: int) -> dict[str, Any]:
    if n_classes == 0:
        return {"objective": "regression"}
    return {"objective": "binary"} if n_classes <= _TWO else {"objective": "multiclass", "num_class": n_classes}


def _shares(raw: Any, estimator: Any) -> Floats:
    predicted = np.asarray(raw, dtype=float)
    return _both(predicted) if isinstance(estimator, LightGBMClassifier) else predicted


def _both(shares: Floats) -> Floats:
    """Of two classes LightGBM gives the second one's probability only."""
    return np.stack([1 - shares, shares], axis=1) if shares.ndim == 1 else shares
