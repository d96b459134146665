import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import partial_dependence as sklearn_dependence

from evergreen.models.calibrated import CalibratedClassifier, OffsetRegressor
from evergreen.models.decide import predict_features
from evergreen.models.explain_effects import accumulated_effects, has_effects, measure_effects, partial_dependence
from evergreen.models.features import feature_frame
from evergreen.problem import Kind
from tests.models.oracles import numbers_case, numbers_rows, oracle
from tests.models.small import CLASSES, KINDS, small_case, small_rows, trained

COLUMNS = ["strength", "colour", "is_known", "since", "note"]


def test_accumulated_effects_of_an_additive_function_are_its_centred_component() -> None:
    problem, rows = numbers_case("a", "b"), numbers_rows(2000, "a", "b")
    model = oracle("regression", lambda X: np.sin(2 * X["a"]) + X["b"] ** 2)
    X = feature_frame(rows, problem)
    edges = np.quantile(X["a"], np.linspace(0, 1, 41))
    effects, n_rows = accumulated_effects(model, X, problem, "a", edges)
    component = np.sin(2 * edges)
    assert effects[:, 0] - effects[0, 0] == pytest.approx(component - component[0], abs=1e-12)
    assert effects[:, 0] == pytest.approx(component - np.sin(2 * X["a"]).mean(), abs=0.01)
    assert n_rows.sum() == 2000
    assert n_rows @ (effects[1:, 0] + effects[:-1, 0]) / 2 == pytest.approx(0, abs=1e-9)


def test_accumulated_effects_of_a_product_stay_with_the_rows_that_exist() -> None:
    # With b = a the product is a * b: locally d/da = b = a, so the effect is a^2 / 2 and not a times the mean of b.
    problem, rows = numbers_case("a", "b"), numbers_rows(4000, "a", "b")
    rows["b"] = rows["a"]
    X = feature_frame(rows, problem)
    edges = np.quantile(X["a"], np.linspace(0, 1, 101))
    effects, _ = accumulated_effects(oracle("regression", lambda X: X["a"] * X["b"]), X, problem, "a", edges)
    inner = slice(3, -3)
    wanted = edges**2 / 2 - (X["a"] ** 2).mean() / 2
    assert effects[inner, 0] == pytest.approx(wanted[inner], abs=0.05)


def test_rows_without_a_value_are_left_out() -> None:
    problem, rows = numbers_case("a", "b"), numbers_rows(500, "a", "b")
    X = feature_frame(rows, problem)
    gaps = pd.concat([X, X.assign(a=np.nan)])
    model, edges = oracle("regression", lambda X: X["a"].fillna(99) + X["b"]), np.quantile(X["a"], [0, 0.5, 1])
    effects, n_rows = accumulated_effects(model, X, problem, "a", edges)
    effects_beside_gaps, n_rows_beside_gaps = accumulated_effects(model, gaps, problem, "a", edges)
    assert (effects == effects_beside_gaps).all()
    assert (n_rows == n_rows_beside_gaps).all()


@pytest.mark.parametrize(
    ("name", "values"),
    [("strength", np.array([-1.0, 0.0, 0.7])), ("colour", np.array(["blue", "red"], dtype=object))],
)
@pytest.mark.parametrize("kind", KINDS)
def test_partial_dependence_is_that_of_scikit_learn(kind: Kind, name: str, values: np.ndarray) -> None:
    problem, pipeline = small_case(kind), trained(kind).model.pipeline
    model = OffsetRegressor(pipeline, 0.0)
    if kind != "regression":
        model = CalibratedClassifier(pipeline, tuple(CLASSES[kind]), "none", 1.0, ())
    X = feature_frame(small_rows(kind, 100, seed=11), problem)
    told = sklearn_dependence(
        pipeline, X, [name], kind="average", method="brute", custom_values={name: values},
        response_method="auto" if kind == "regression" else "predict_proba",
    )["average"]  # fmt: skip
    own = partial_dependence(model, X, problem, name, values)
    np.testing.assert_allclose(own[:, [1]].T if kind == "binary" else own.T, told, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_with_an_order_or_levels_has_its_effects_by_class(kind: Kind) -> None:
    problem, rows = small_case(kind), small_rows(kind, 200, seed=11)
    found = measure_effects(trained(kind).model, rows, problem, COLUMNS)
    shown = {"binary": {"yes"}, "regression": {""}}.get(kind, set(CLASSES[kind]))
    methods = {"strength": {"ale", "pdp"}, "since": {"ale", "pdp"}, "colour": {"level"}, "is_known": {"level"}}
    assert {name: set(part["method"]) for name, part in found.groupby("column")} == methods
    assert all(set(part["of_class"]) == shown for _, part in found.groupby(["column", "method"]))
    assert not found.duplicated(["column", "method", "of_class", "place"]).any()
    assert found["effect"].notna().all()


def test_the_outcome_rises_with_what_it_is_made_of() -> None:
    found = measure_effects(trained("binary").model, small_rows("binary", 200, seed=11), small_case("binary"), COLUMNS)
    for method in ("ale", "pdp"):
        part = found[(found["column"] == "strength") & (found["method"] == method)]
        assert part["value"].is_monotonic_increasing
        assert part["effect"].is_monotonic_increasing
        assert part["effect"].iloc[0] < -0.1 < 0.1 < part["effect"].iloc[-1]
    levels = found[found["column"] == "colour"].set_index("label")["effect"]
    assert levels.idxmax() == "red"


def test_effects_of_classes_sum_up_to_nothing() -> None:
    found = measure_effects(
        trained("multiclass").model, small_rows("multiclass", 200, seed=11), small_case("multiclass"), COLUMNS
    )
    sums = found.groupby(["column", "method", "place"])["effect"].sum()
    assert sums.abs().max() < 1e-9


def test_levels_come_by_frequency_and_are_means_with_the_column_set() -> None:
    problem, rows, model = small_case("binary"), small_rows("binary", 200, seed=11), trained("binary").model
    found = measure_effects(model, rows, problem, ["colour"])
    counts = rows["colour"].value_counts()
    assert dict(zip(found["label"], found["n_rows"], strict=True)) == counts.to_dict()
    assert found["n_rows"].is_monotonic_decreasing
    X = feature_frame(rows, problem)
    wanted = predict_features(model, X.assign(colour="red"), problem)[:, 1].mean()
    average = predict_features(model, X, problem)[:, 1].mean()
    assert found.set_index("label").loc["red", "effect"] == pytest.approx(wanted - average)


def test_times_are_told_as_days() -> None:
    found = measure_effects(
        trained("binary").model, small_rows("binary", 200, seed=11), small_case("binary"), ["since"]
    )
    assert found["label"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()


@pytest.mark.parametrize("cells", [np.nan, 1.0])
def test_a_column_without_two_values_has_no_effect_to_tell(cells: float) -> None:
    rows = small_rows("binary", 100, seed=11).assign(strength=cells)
    found = measure_effects(trained("binary").model, rows, small_case("binary"), ["strength", "note"])
    assert found.empty
    assert list(found.columns) == ["column", "method", "of_class", "place", "label", "value", "effect", "n_rows"]


def test_prose_has_neither_order_nor_levels() -> None:
    columns = small_case("binary").feature_columns
    assert [name for name, column in columns.items() if not has_effects(column)] == ["note"]
