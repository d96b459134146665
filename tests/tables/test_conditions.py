import pandas as pd
import pytest

from evergreen.errors import DataError
from evergreen.problem import When
from evergreen.tables.conditions import refuse_empty_slices, rows_of_slice
from tests.cases import LIBRARIES, Library, binary_case, frame_of

ROWS = pd.DataFrame({"age_years": [20.0, 40.0, 60.0, None], "sex": ["female", "male", "male", None]})
YOUNG, OLD = When(column="age_years", below=40), When(column="age_years", at_least=40)
MEN = When(column="sex", values=("male",))


@pytest.mark.parametrize(
    ("conditions", "inside"),
    [
        ([YOUNG], [True, False, False, False]),
        ([OLD], [False, True, True, False]),
        ([MEN], [False, True, True, False]),
        ([OLD, MEN, When(column="age_years", below=50)], [False, True, False, False]),
    ],
)
def test_conditions_hold_together_and_never_in_an_empty_cell(conditions: list[When], inside: list[bool]) -> None:
    assert rows_of_slice(ROWS, conditions).tolist() == inside


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_slice_without_rows_is_refused(library: Library) -> None:
    problem = binary_case({"slices": {"young_men": [YOUNG.model_dump(), MEN.model_dump()]}})
    parts = {"training": frame_of(ROWS, library)}
    sentence = (
        r"Slice 'young_men' \(age_years is below 40 and sex is male\) has no row among the training rows. "
        r"Mend its conditions"
    )
    with pytest.raises(DataError, match=sentence):
        refuse_empty_slices(parts, problem)


@pytest.mark.parametrize("library", LIBRARIES)
def test_slices_with_rows_pass(library: Library) -> None:
    problem = binary_case({"slices": {"men": [MEN.model_dump()], "young": [YOUNG.model_dump()]}})
    refuse_empty_slices({"training": frame_of(ROWS, library), "holdout": frame_of(ROWS, library)}, problem)
