"""Explanations by the compiled model against those by frames."""

import pytest

from evergreen.answering import CompiledAnswerer, CompiledExplainer
from evergreen.errors import CaseError, DataError
from evergreen.models.averaged import AveragedModel
from evergreen.models.candidates import CandidateName
from evergreen.models.explain_row import choose_background, explain_row
from evergreen.problem import Kind
from evergreen.tables.outliers import NO_LIMITS
from tests.answering.small import one_model, raw_rows
from tests.models.small import small_rows


@pytest.mark.parametrize(
    ("name", "kind"), [("linear", "multiclass"), ("boosted", "binary"), ("network", "regression"), ("forest", "binary")]
)
def test_a_row_is_explained_as_by_frames(name: CandidateName, kind: Kind) -> None:
    model, problem = one_model(name, kind)
    rows = small_rows(kind, 30, seed=13)
    background = choose_background(model, rows, problem, n_rows=4)
    explainer = CompiledExplainer(CompiledAnswerer(model, problem, NO_LIMITS), background)
    for place in (3, 8):
        wanted = explain_row(model, rows.iloc[[place]], background, problem)
        found = explainer.explain(raw_rows(rows, problem)[place])
        assert found.contributions == pytest.approx(wanted.contributions, rel=1e-9, abs=1e-12)
        assert (found.of_class, found.score) == (wanted.of_class, pytest.approx(wanted.score, rel=1e-9))
        assert found.baseline == pytest.approx(wanted.baseline, rel=1e-9)
        assert max(map(abs, found.contributions.values())) > 0.01


def test_a_mean_of_models_explains_the_class_that_is_asked_for() -> None:
    model, problem = one_model("linear", "multiclass")
    model.pipeline = AveragedModel([model.pipeline, one_model("boosted", "multiclass")[0].pipeline], (0.3, 0.7), 3)
    rows = small_rows("multiclass", 20, seed=13)
    background = choose_background(model, rows, problem, n_rows=3)
    explainer = CompiledExplainer(CompiledAnswerer(model, problem, NO_LIMITS), background)
    wanted = explain_row(model, rows.iloc[[2]], background, problem, of_class="bad")
    found = explainer.explain(raw_rows(rows, problem)[2], of_class="bad")
    assert found.contributions == pytest.approx(wanted.contributions, rel=1e-9, abs=1e-12)
    with pytest.raises(CaseError, match="class to explain"):
        explainer.explain(raw_rows(rows, problem)[2], of_class="none of them")


def test_what_cannot_be_explained_is_refused() -> None:
    model, problem = one_model("linear", "binary")
    answerer, rows = CompiledAnswerer(model, problem, NO_LIMITS), small_rows("binary", 5)
    with pytest.raises(DataError, match=r"The background has no rows\. Give rows"):
        CompiledExplainer(answerer, rows.head(0))
    with pytest.raises(DataError, match=r"The row cannot be used: row_id is missing; decided_at is missing\. Mend it"):
        CompiledExplainer(answerer, rows).explain({})
