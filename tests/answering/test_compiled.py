"""Whole answers: compiled ones equal those by tables, or are not given."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.answering import CompiledAnswerer, PlainAnswerer, compile_answerer, repair_cells
from evergreen.answering import compiled_estimators as estimators
from evergreen.answering.agreement import describe_difference
from evergreen.answering.flat_trees import FlatTrees
from evergreen.answering.repaired import Repaired
from evergreen.models.averaged import AveragedModel
from evergreen.models.calibrated import CalibratedClassifier, OffsetRegressor
from evergreen.models.decide import Model
from evergreen.models.fair_classifier import with_cuts
from evergreen.models.fair_thresholds import GroupCuts
from evergreen.models.quantile_decider import with_quantile
from evergreen.models.recipe import QuantileMember
from evergreen.models.reduced_classifier import with_decider
from evergreen.problem import Problem
from evergreen.tables import rules
from evergreen.tables.outliers import NO_LIMITS, Fence, OutlierLimits
from tests.answering.small import one_model, raw_rows
from tests.models.candidates.learning import few_rounds
from tests.models.fair import fair_case
from tests.models.small import small_case, small_rows
from tests.models.test_row_payoffs import BY_STRENGTH, most, row_case

LIMITS = OutlierLimits({"strength": Fence(low=-3, high=3, when_outlier="clip")})
Case = tuple[Model, Problem]


def _asked(problem: Problem, n_rows: int = 40) -> list[dict[str, Any]]:
    kind = problem.kind
    return raw_rows(small_rows(kind, n_rows, seed=31), problem)


def _averaged() -> Case:
    (linear, problem), (boosted, _) = one_model("linear", "binary"), one_model("boosted", "binary")
    linear.pipeline = AveragedModel([linear.pipeline, boosted.pipeline], (0.4, 0.6), 2)
    return linear, problem


def _isotonic() -> Case:
    model, problem = one_model("boosted", "multiclass")
    points = (np.array([0.0, 0.5, 1.0]), np.array([0.1, 0.4, 0.9]))
    model.method, model.curves = "isotonic", (points,) * 3
    return model, problem


def _quantile() -> Case:
    model, problem = one_model("linear", "regression")
    assert isinstance(model, OffsetRegressor)
    settings = few_rounds("boosted", small_rows("regression", 60), problem).model_copy(update={"quantile": 0.75})
    member = QuantileMember(settings=settings, scale=1.2, offset=-0.3)
    return with_quantile(model, one_model("boosted", "regression")[0].pipeline, member), problem


def _by_group() -> Case:
    model = one_model("linear", "binary")[0]
    assert isinstance(model, CalibratedClassifier)
    cuts = GroupCuts(columns=("colour",), cuts={"red": 0.9, "blue": 0.1})
    return with_cuts(model, cuts), fair_case()


def _reduced() -> Case:
    model = one_model("linear", "binary")[0]
    assert isinstance(model, CalibratedClassifier)
    decider = AveragedModel([one_model("boosted", "binary")[0].pipeline], (1.0,), 2)
    return with_decider(model, decider), fair_case(allowed=["none", "reductions"])


def _money_by_row() -> Case:
    return one_model("linear", "binary")[0], row_case(cell=BY_STRENGTH)


def _rationed() -> Case:
    return one_model("linear", "binary")[0], row_case(capacity=most(1), cell=BY_STRENGTH)


def _without_payoff() -> Case:
    return one_model("boosted", "multiclass")[0], small_case("multiclass", payoff=None)


_CASES: dict[str, Callable[[], Case]] = {
    "averaged": _averaged,
    "isotonic": _isotonic,
    "quantile": _quantile,
    "by group": _by_group,
    "reduced": _reduced,
    "money by row": _money_by_row,
    "rationed": _rationed,
    "without payoff": _without_payoff,
}


@pytest.mark.parametrize("case", _CASES)
def test_every_kind_of_model_and_decision_is_compiled(case: str) -> None:
    model, problem = _CASES[case]()
    rows = _asked(problem)
    if case == "rationed":
        # Rows that are written in another way are decided apart, and do not compete with the others.
        rows = [{**row, "noise": "0.5" if place % 2 else 0.5} for place, row in enumerate(rows)]
    answerer = CompiledAnswerer(model, problem, LIMITS)
    wanted = PlainAnswerer(model, problem, LIMITS).answer(rows)
    told = answerer.answer(rows)
    assert [describe_difference(*pair) for pair in zip(wanted, told, strict=True)] == [""] * len(rows)
    assert len({str(answer.action) for answer in wanted}) > 1
    assert answerer.answer([]) == []


def test_a_scarce_action_is_proven_too() -> None:
    model, problem = _rationed()
    answerer = compile_answerer(model, problem, LIMITS, _asked(problem, 10))
    assert answerer.is_compiled, answerer.note


@pytest.fixture(scope="module")
def linear() -> tuple[Model, Problem, CompiledAnswerer]:
    model, problem = one_model("linear", "binary")
    answerer = compile_answerer(model, problem, LIMITS, [])
    assert isinstance(answerer, CompiledAnswerer)
    return model, problem, answerer


def test_a_row_is_answered_alike_alone_in_a_crowd_and_in_threads(
    linear: tuple[Model, Problem, CompiledAnswerer],
) -> None:
    _, problem, answerer = linear
    rows = _asked(problem, 300)
    rows[7] |= {"colour": " RED", "noise": "1.5", "strength": 1e9}
    rows[8] |= {"row_id": None, "decided_at": "never"}
    crowd = answerer.answer(rows)
    fresh = CompiledAnswerer(linear[0], problem, LIMITS)
    with ThreadPoolExecutor(4) as pool:
        threaded = [told for (told,) in pool.map(lambda row: fresh.answer([row]), rows)]
    assert [describe_difference(*pair) for pair in zip(crowd, threaded, strict=True)] == [""] * len(rows)
    assert crowd[7].repairs == (("strength", "outlier"), ("colour", "canonical_text"))
    assert crowd[8].reasons == "row_id is missing; decided_at is no date or time"
    assert (crowd[8].scores, crowd[8].action, crowd[8].expected_payoff) == ((), None, None)


def test_what_is_known_only_at_the_outcome_is_not_looked_at(linear: tuple[Model, Problem, CompiledAnswerer]) -> None:
    _, problem, answerer = linear
    (row,) = _asked(problem, 1)
    assert answerer.answer([{**row, "outcome": "no such class"}]) == answerer.answer([row])


def test_an_unknown_part_is_answered_by_tables_and_named() -> None:
    model, problem = one_model("linear", "binary")
    model.pipeline = _Wrapped(model.pipeline)
    answerer = compile_answerer(model, problem, NO_LIMITS, [])
    assert (answerer.is_compiled, answerer.note) == (False, "Nothing faster is known for a part of type _Wrapped.")
    assert answerer.answer(_asked(problem, 1))[0].scores


class _Wrapped:
    def __init__(self, pipeline: Any) -> None:
        self._pipeline, self.classes_ = pipeline, pipeline.classes_

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        return self._pipeline.predict_proba(X)


def _shouted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "stripped", lambda text: text.str.to_uppercase())


@pytest.mark.parametrize(
    ("change", "column"),
    [
        (lambda patch: patch.setattr(rules, "LARGEST_EXACT", 2**52), "row_id"),
        (lambda patch: patch.setattr(rules, "hold_inside", lambda cell, _: cell * 1), "strength"),
        (_shouted, "note"),
    ],
    ids=["exact numbers", "outliers", "prose"],
)
def test_a_rule_that_is_changed_in_one_way_only_is_noticed(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[pytest.MonkeyPatch], None], column: str
) -> None:
    model, problem = one_model("linear", "binary")
    change(monkeypatch)
    answerer = compile_answerer(model, problem, LIMITS, _asked(problem, 3))
    assert not answerer.is_compiled
    assert f"in column '{column}'" in answerer.note or (column == "note" and "For a row" in answerer.note)
    assert "by tables are" in answerer.note
    assert ", compiled " in answerer.note


def _forget_sentinels(patch: pytest.MonkeyPatch) -> None:
    whole = repair_cells._calm_numbers
    patch.setattr(
        repair_cells,
        "_calm_numbers",
        lambda low, high, _, *, is_whole: whole(low, high, frozenset(), is_whole=is_whole),
    )


def _forget_synonyms(patch: pytest.MonkeyPatch) -> None:
    whole = repair_cells._calm_words
    patch.setattr(
        repair_cells,
        "_calm_words",
        lambda column, known: whole(column, {word: Repaired(cell.value) for word, cell in known.items()}),
    )


@pytest.mark.parametrize("forget", [_forget_sentinels, _forget_synonyms])
def test_a_repair_that_is_left_out_where_all_cells_look_usual_is_noticed(
    monkeypatch: pytest.MonkeyPatch, forget: Callable[[pytest.MonkeyPatch], None]
) -> None:
    told = small_case("binary").model_dump(mode="json", exclude_none=True)
    told["columns"]["noise"] |= {"sentinels": [-999]}
    told["columns"]["colour"] |= {"synonyms": {"rot": "red"}}
    forget(monkeypatch)
    answerer = compile_answerer(one_model("linear", "binary")[0], Problem.model_validate(told), NO_LIMITS, [])
    assert not answerer.is_compiled
    assert answerer.note == "A row that is asked about alone is repaired in another way than among others."


def test_a_new_rule_for_numbers_goes_by_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rules._number_faults
    odd = {"is an odd one": lambda cell: cell == 13}
    monkeypatch.setattr(rules, "_number_faults", lambda column: {**whole(column), **odd})
    model, problem = one_model("linear", "binary")
    answerer = CompiledAnswerer(model, problem, NO_LIMITS)
    (answer,) = answerer.answer([{**_asked(problem, 1)[0], "strength": 13}])
    assert answer.reasons == "strength is an odd one"


@pytest.mark.parametrize("what", ["value", "threshold"])
def test_a_tampered_tree_is_noticed(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    whole = estimators.boosted_trees

    def tampered(*told: Any) -> FlatTrees:
        trees = whole(*told)
        if what == "value":
            trees._value[np.flatnonzero(trees._value)] *= 1 + 1e-6
        else:
            trees._threshold[np.isfinite(trees._threshold)] += 10.0
        return trees

    monkeypatch.setattr(estimators, "boosted_trees", tampered)
    model, problem = one_model("boosted", "binary")
    answerer = compile_answerer(model, problem, NO_LIMITS, _asked(problem, 20))
    assert not answerer.is_compiled
    assert "scores by tables are" in answerer.note


def test_a_model_that_gives_no_number_is_not_compiled() -> None:
    model, problem = one_model("linear", "regression")
    model.pipeline[-1].coef_[:] = np.nan
    answerer = compile_answerer(model, problem, NO_LIMITS, [])
    assert not answerer.is_compiled
    assert "gives no number" in answerer.note


def test_every_part_of_an_answer_is_compared(linear: tuple[Model, Problem, CompiledAnswerer]) -> None:
    _, problem, answerer = linear
    (answer,) = answerer.answer(_asked(problem, 1))
    changes: dict[str, Any] = {
        "scores": (answer.scores[0] + 1e-8,),
        "action": "other",
        "expected_payoff": None,
        "repairs": (("noise", "outlier"),),
        "reasons": "one",
    }
    for name, value in changes.items():
        assert describe_difference(answer, answer._replace(**{name: value})).startswith(f"{name} by tables are")
    near = answer._replace(scores=(answer.scores[0] * (1 + 1e-12),))
    assert not describe_difference(answer, near)
