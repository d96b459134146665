"""What was asked for and does not exist is told in one sentence, without the words of pydantic and Kedro's authors."""

import logging
from typing import Any

import pytest
from kedro.validation import ParameterValidator
from kedro.validation.exceptions import ParameterValidationError

from evergreen.hooks.plain_errors import PlainErrorHooks, mendable_fault, tell_plainly
from evergreen.hooks.wrong_requests import plain_parameters
from evergreen.pipelines.modelling.params import ModellingParams
from evergreen.problem.case import AsOf
from evergreen.problem.drills import DrillGoal
from evergreen.watching.drills.params import DrillsParams
from tests.hooks.tiny_project import TinyProject

pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")
_DRILLS = DrillsParams(
    of="champion", batch_rows=200, max_rows=4_000, max_columns=2, unit=100, missing=0.1, shifts=(0.1,),
    n_worlds=20, n_before=8, n_after=8, n_quiet=60, random_state=0,
).model_dump()  # fmt: skip
_MEND = "Mend it where it was given: --params, or the files of parameters in conf."


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"pipeline_names": ["memry"]}, "Pipeline 'memry' does not exist. Did you mean 'memory'?"),
        ({"pipeline_names": ["x"]}, "Pipeline 'x' does not exist. List them with kedro registry list."),
        (
            {"node_names": ["conclud"]},
            "Step 'conclud' is in none of the pipelines asked for. Did you mean 'conclude'?",
        ),
        (
            {"node_names": ["halve_aside"]},
            "Step 'halve_aside' is in none of the pipelines asked for. It is in the pipeline 'scratch'.",
        ),
        (
            {"from_nodes": ["x"]},
            "Step 'x' is in none of the pipelines asked for. "
            "List the steps of a pipeline with kedro registry describe PIPELINE.",
        ),
        (
            {"tags": ["foo"]},
            "The run has no steps: none fits all that was asked for. Leave out --tags or another option. "
            "List the steps of a pipeline with kedro registry describe PIPELINE.",
        ),
        (
            {"from_inputs": ["x"]},
            "Dataset 'x' is in none of the pipelines asked for. Mend --from-inputs or --to-outputs.",
        ),
        (
            {"namespaces": ["x"]},
            "Namespace 'x' is in none of the pipelines asked for. List them with kedro registry list.",
        ),
    ],
    ids=lambda told: next(iter(told)) if isinstance(told, dict) else "",
)
def test_what_kedro_cannot_find_is_one_sentence(asked: dict[str, Any], told: str, project: TinyProject) -> None:
    with project.session() as session, pytest.raises(ValueError, match=r"[Pp]ipeline") as raised:
        session.run(**asked)
    assert str(mendable_fault(raised.value)) == told


def test_another_fault_of_a_value_is_none_of_these() -> None:
    assert mendable_fault(ValueError("Column 'x' has no end.")) is None


@pytest.mark.parametrize(
    ("given", "model", "told"),
    [
        ("2008-13-45", AsOf, "month value is outside expected range of 1-12. Write it as 2008-06-30."),
        ({**_DRILLS, "of": "chalenger"}, DrillsParams, "Did you mean 'challenger'?"),
    ],
    ids=["a date", "a word"],
)
def test_a_wrong_parameter_names_what_was_given_and_the_way_out(given: Any, model: Any, told: str) -> None:
    line = plain_parameters(_refused(what=(given, model)))
    place, value = ("what.of", "chalenger") if isinstance(given, dict) else ("what", given)
    assert line.startswith(f"Parameter '{place}' is '{value}': Input should be ")
    assert line.endswith(told)
    assert "\n" not in line


def test_words_of_the_house_stay_as_they_are() -> None:
    line = plain_parameters(_refused(modelling=({"budget_second": 5}, ModellingParams)))
    assert line.startswith("Parameter 'modelling': Unknown key 'budget_second' in ModellingParams. Did you mean")
    assert line.endswith(".")


def test_each_fault_has_a_line_of_its_own() -> None:
    text = _refused(
        goal=({"fault": "shift", "at_least": 0.5}, DrillGoal), other=({"fault": "lot", "at_least": 2}, DrillGoal)
    )
    lines = plain_parameters(text).splitlines()
    assert lines[0].startswith("Parameter 'goal': drill goal 'shift' lacks a size. ")
    assert lines[1].startswith("Parameter 'other.fault' is 'lot': Input should be 'unit', ")
    assert lines[1].endswith("Did you mean 'lost'?")
    assert lines[2:] == [f"Parameter 'other.at_least' is 2: Input should be less than 1. {_MEND}"]


def test_a_key_that_is_missing_shows_no_table() -> None:
    line = plain_parameters(_refused(goal=({"fault": "lost"}, DrillGoal)))
    assert line == f"Parameter 'goal.at_least': Field required. {_MEND}"


def test_an_address_is_not_shown() -> None:
    line = plain_parameters(_refused(goal=({"fault": "lost", "at_least": "postgresql://ada:pw@host/log"}, DrillGoal)))
    assert line.startswith("Parameter 'goal.at_least': Input should be a valid number")
    assert "pw" not in line


def test_what_is_not_understood_is_told_as_it_is() -> None:
    text = "Parameter validation failed:\n- Parameter 'a': value is None but type is not Optional"
    assert plain_parameters(text) == "Parameter 'a': value is None but type is not Optional"
    assert plain_parameters("Something else.") == "Something else."


@pytest.mark.usefixtures("last_word")
def test_a_wrong_parameter_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("kedro.validation.parameter_validator")
    assert logger.isEnabledFor(logging.ERROR)
    PlainErrorHooks().after_context_created()
    assert not logger.isEnabledFor(logging.ERROR)
    error = ParameterValidationError(_refused(as_of=("x", AsOf)))
    tell_plainly(type(error), error, None)
    printed = capsys.readouterr().err
    assert printed.startswith("Error: Parameter 'as_of' is 'x': Input should be a valid date")
    assert "pydantic" not in printed
    assert "AsOf" not in printed


def _refused(**given: tuple[Any, Any]) -> str:
    values = {name: value for name, (value, _) in given.items()}
    models = {name: model for name, (_, model) in given.items()}
    with pytest.raises(ParameterValidationError) as raised:
        ParameterValidator({})._apply_validation(values, models)
    return str(raised.value)
