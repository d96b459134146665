import pandas as pd
import pytest

from evergreen.errors import DataError
from evergreen.judging.params import ExplainParams
from evergreen.pipelines.evaluation.explain import draw_explanations, explain_challenger
from evergreen.problem import Kind
from evergreen.tables.explanation_schemas import Effects, Importances, ModelSuspicions
from tests.models.small import KINDS
from tests.pipelines.evaluation.line import PARAMS, line

FEW = PARAMS.model_copy(update={"explain": ExplainParams(max_rows=100, n_repeats=1, n_effects=2)})


def _explained(kind: Kind, params: object = FEW) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    made = line(kind)
    return explain_challenger(made.problem, params, made.model, made.holdout, made.predictions)


@pytest.mark.parametrize("kind", KINDS)
def test_tables_keep_their_schemas(kind: Kind) -> None:
    importances, effects, suspicions = _explained(kind)
    Importances.validate(importances)
    Effects.validate(effects)
    ModelSuspicions.validate(suspicions)
    assert set(importances["column"]) == set(line(kind).problem.feature_columns)


@pytest.mark.parametrize("kind", KINDS)
def test_effects_are_those_of_the_strongest_columns_that_have_some(kind: Kind) -> None:
    importances, effects, _ = _explained(kind)
    strongest = importances.loc[importances["loss_increase"] > 0, "column"]
    assert list(dict.fromkeys(effects["column"])) == [name for name in strongest if name != "note"][:2]


def test_no_effects_are_fine() -> None:
    none = FEW.model_copy(update={"explain": ExplainParams(max_rows=50, n_repeats=1, n_effects=0)})
    importances, effects, _ = _explained("binary", none)
    Effects.validate(effects)
    figure = draw_explanations(line("binary").problem, importances, effects)[1]
    assert figure.layout.annotations[0].text == "No rows to show"


@pytest.mark.parametrize("kind", KINDS)
def test_figures_show_the_tables(kind: Kind) -> None:
    importances, effects, _ = _explained(kind)
    drawn_importances, drawn_effects = draw_explanations(line(kind).problem, importances, effects)
    assert list(drawn_importances.data[0].x) == importances["loss_increase"].tolist()
    shown = effects[effects["method"] != "pdp"]
    assert sum(len(trace.y) for trace in drawn_effects.data) == len(shown)


def test_other_rows_than_were_scored_are_refused() -> None:
    made = line("binary")
    with pytest.raises(DataError, match="holds other rows than were scored"):
        explain_challenger(made.problem, FEW, made.model, made.holdout.iloc[::-1], made.predictions)
