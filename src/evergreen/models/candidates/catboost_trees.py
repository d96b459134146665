"""CatBoost as scikit-learn estimators whose model is bytes; the package is loaded when one of them works."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from evergreen.models.candidates.base import Floats, Judged, Watched
from evergreen.models.candidates.rounds import MAX_ROUNDS, Losses, loss_of, spread_classes
from evergreen.models.candidates.stored import BoostedTrees, StoredClassifier, StoredRegressor
from evergreen.models.threads import n_threads

_TWO = 2
# CatBoost would choose these by the number of rounds; told, fewer rounds are the first trees of more.
_INDEPENDENT = {"boosting_type": "Plain", "max_ctr_complexity": 2}
# What a missing word, and one never seen, is called; ordinals are not negative.
_NO_WORD = -1


class _Trees(BoostedTrees):
    """What classifier and regressor share."""

    def pool(self, X: Any, y: NDArray[Any] | None = None, sample_weight: Floats | None = None) -> Any:
        """Give CatBoost rows as it wants them.

        Args:
            X: prepared features, shape (n, p).
            y: class numbers or values, shape (n,).
            sample_weight: how much each row counts, shape (n,).

        Returns:
            A pool.
        """
        from catboost import FeaturesData, Pool

        numbers = np.asarray(X, dtype=float)
        ordinals, rest = numbers[:, : self.n_categories], numbers[:, self.n_categories :].astype(np.float32)
        words = np.where(np.isnan(ordinals), _NO_WORD, ordinals).astype(np.int64).astype("S").astype(object)
        told = FeaturesData(
            num_feature_data=np.ascontiguousarray(rest) if rest.shape[1] else None,
            cat_feature_data=np.ascontiguousarray(words) if words.shape[1] else None,
        )
        return Pool(told, label=y, weight=sample_weight)

    def unfitted(self, n_rows: int, n_classes: int, rounds: int) -> Any:
        """Set CatBoost up.

        Args:
            n_rows: rows to learn from.
            n_classes: classes among them; 0 for values.
            rounds: of boosting.

        Returns:
            A model that has learnt nothing.
        """
        from catboost import CatBoost

        fixed = {"allow_writing_files": False, "logging_level": "Silent", "allow_const_label": True}
        told = {**_loss(n_classes), **_INDEPENDENT, **self.params, **fixed, "thread_count": n_threads(n_rows)}
        return CatBoost({**told, "iterations": rounds, "random_seed": self.random_state})

    def _read(self, content: bytes) -> Any:
        from catboost import CatBoost

        model = CatBoost()
        model.load_model(blob=content)
        return model

    def _all_rounds(self, X: Any, y: NDArray[Any], sample_weight: Floats | None, n_classes: int) -> bytes:
        if not can_learn(X, y):
            return b""
        model = self.unfitted(len(y), n_classes, self.rounds)
        model.fit(self.pool(X, y, sample_weight))
        # The moment, a random name and the threads it was made with.
        metadata = model.get_metadata()
        for name in list(metadata.keys()):
            del metadata[name]
        content: bytes = model._serialize_model()
        return content


class CatBoostClassifier(_Trees, StoredClassifier):
    """Boosted trees that tell classes; see ``BoostedTrees`` for what it is told."""

    def _learn(self, X: Any, codes: NDArray[np.int64], sample_weight: Floats | None) -> bytes:
        return self._all_rounds(X, codes, sample_weight, len(self.classes_))

    def _predict(self, X: Any) -> Floats:
        return _shares(self._load().predict(self.pool(X), thread_count=n_threads(len(X))))


class CatBoostRegressor(_Trees, StoredRegressor):
    """Boosted trees that tell values; see ``BoostedTrees`` for what it is told."""

    def _learn(self, X: Any, values: Floats, sample_weight: Floats | None) -> bytes:
        return self._all_rounds(X, values, sample_weight, 0)

    def _predict(self, X: Any) -> Floats:
        predicted: Floats = self._load().predict(self.pool(X), thread_count=n_threads(len(X)))
        return predicted


class _Recorder:
    """Notes the loss of each round, and says whether to go on; CatBoost calls it."""

    def __init__(self, is_over: Callable[[], bool], complete: Callable[[float], float]) -> None:
        self.losses, self.is_cut = Losses(), False
        self._is_over, self._complete = is_over, complete

    def after_iteration(self, info: Any) -> bool:
        """Note a round."""
        ((_, history),) = info.metrics["validation"].items()
        self.losses.add(info.iteration, self._complete(history[-1]))
        self.is_cut = self._is_over()
        return not (self.is_cut or self.losses.is_hopeless)


def watch_catboost(
    estimator: CatBoostClassifier | CatBoostRegressor,
    X: Any,
    y: NDArray[Any],
    sample_weight: Floats | None,
    judged: Judged,
    is_over: Callable[[], bool],
) -> Watched:
    """Fit under watch; see ``base.Watch``."""
    is_known = np.isin(judged.y, y) if judged.n_classes else np.ones(len(judged.y), dtype=bool)
    if not can_learn(X, y) or not is_known.any():
        return _watch_nothing(estimator, X, y, sample_weight, judged)
    classes, codes = (None, y) if judged.n_classes == 0 else np.unique(y, return_inverse=True)
    told = judged.y[is_known] if classes is None else np.searchsorted(classes, judged.y[is_known])
    X_judged = np.asarray(judged.X, dtype=float)
    lost = loss_of(np.zeros((1, 1)), Judged(None, np.zeros(1), 1)) if not is_known.all() else 0.0
    share = float(is_known.mean())

    def complete(loss: float) -> float:
        return loss**2 if classes is None else share * loss + (1 - share) * lost

    recorder = _Recorder(is_over, complete)
    model = estimator.unfitted(len(y), 0 if classes is None else len(classes), MAX_ROUNDS)
    model.fit(
        estimator.pool(X, codes, sample_weight),
        eval_set=estimator.pool(X_judged[is_known], told),
        callbacks=[recorder],
        use_best_model=False,
    )
    pool = estimator.pool(X_judged)

    def predict(rounds: int) -> Floats:
        raw: Floats = model.predict(pool, ntree_end=rounds)
        return raw if classes is None else spread_classes(_shares(raw), classes, judged.n_classes)

    return recorder.losses.watched(predict, is_cut=recorder.is_cut)


def can_learn(X: Any, y: NDArray[Any]) -> bool:
    """Say whether anything varies: CatBoost refuses rows that are all alike.

    Args:
        X: prepared features, shape (n, p).
        y: class numbers or values, shape (n,).

    Returns:
        Whether a column and the outcome vary.
    """
    numbers = np.asarray(X, dtype=np.float32)
    is_same = (numbers == numbers[:1]) | (np.isnan(numbers) & np.isnan(numbers[:1]))
    return bool(not is_same.all() and np.min(y) < np.max(y))


def _watch_nothing(estimator: Any, X: Any, y: NDArray[Any], sample_weight: Floats | None, judged: Judged) -> Watched:
    fitted, losses = estimator.fit(X, y, sample_weight), Losses()
    predicted = fitted.predict(judged.X) if judged.n_classes == 0 else fitted.predict_proba(judged.X)
    if judged.n_classes:
        predicted = spread_classes(predicted, fitted.classes_, judged.n_classes)
    losses.add(1, loss_of(predicted, judged))
    return losses.watched(lambda _: predicted, is_cut=False)


def _loss(n_classes: int) -> dict[str, Any]:
    """The loss and how often leaves are improved in each round, which depends on the number of rounds as well."""
    if n_classes == 0:
        return {"loss_function": "RMSE", "leaf_estimation_iterations": 1}
    if n_classes <= _TWO:
        return {"loss_function": "Logloss", "leaf_estimation_iterations": 10}
    return {"loss_function": "MultiClass", "leaf_estimation_iterations": 1}


def _shares(raw: Any) -> Floats:
    """Probabilities of scores: without its metadata, CatBoost does not know which kind it has learnt."""
    scores = np.asarray(raw, dtype=float)
    if scores.ndim == 1:
        scores = np.stack([np.zeros(len(scores)), scores], axis=1)
    shares: Floats = softmax(scores, axis=1)
    return shares
