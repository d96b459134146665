import pandas as pd
import pytest
from pandera.errors import SchemaError

from evergreen.pipelines.data_processing.health import (
    PROFILE_TABLES,
    find_suspects_in_splits,
    measure_usefulness_of_columns,
    profile_decisions,
    write_profile_page,
)
from evergreen.preparing.params import DataProcessingParams
from evergreen.tables.schemas import Suspects, TableProfile, Usefulness
from tests.cases import LIBRARIES, Library, frame_of
from tests.models.small import KINDS, small_case, small_rows
from tests.reporting.outline import read_outline
from tests.reporting.profile_demo import SUSPECTED, profile_facts

PARAMS = DataProcessingParams(confidence=0.95, random_state=7)
NO_OUTLIERS = pd.DataFrame({"column": ["age_years"], "rule": ["outlier"], "n_cells": [4]})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_rows", [30, 600])
def test_what_the_nodes_make_passes_its_schema(kind: str, n_rows: int) -> None:
    problem, rows = small_case(kind), small_rows(kind, n_rows)
    rows = rows.assign(noise=rows["outcome"].map({"no": 0.0, "yes": 1.0}) if kind == "binary" else rows["noise"])
    suspects = find_suspects_in_splits(problem, PARAMS, rows.head(n_rows // 2), rows.tail(n_rows // 2))
    assert len(Suspects.validate(suspects)) == (kind == "binary" and n_rows > 100)
    assert len(Usefulness.validate(measure_usefulness_of_columns(problem, PARAMS, rows))) == 7
    assert len(TableProfile.validate(profile_decisions(problem, rows))) > 50


@pytest.mark.parametrize(
    ("schema", "change"),
    [
        (Suspects, {"strength": 1.5}),
        (Suspects, {"suspicion": "looks odd"}),
        (Suspects, {"subject": "age_years", "suspicion": "tells the target"}),
        (Suspects, {"finding": ""}),
        (TableProfile, {"what": "mode"}),
        (TableProfile, {"column": "call_id", "what": "n_rows", "label": ""}),
        (Usefulness, {"kind": "row"}),
        (Usefulness, {"cost_per_row": -1.0}),
    ],
)
def test_a_table_that_breaks_its_schema_is_refused(schema: type, change: dict[str, object]) -> None:
    facts = profile_facts()
    tables = {Suspects: SUSPECTED, TableProfile: facts.table_profile, Usefulness: facts.usefulness}
    sound = tables[schema]
    assert len(schema.validate(sound)) == len(sound)
    with pytest.raises(SchemaError):
        schema.validate(sound.assign(**change))


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_page_counts_reasons_and_repairs_of_both_steps(library: Library) -> None:
    facts = profile_facts()
    bad = {
        "age_years": ["199", "200", "x"],
        "reasons": ["age is above 100; sex is no word", "age is above 100", "late"],
    }
    tables = [NO_OUTLIERS if name == "outlier_repairs" else getattr(facts, name) for name in PROFILE_TABLES]
    page = read_outline(write_profile_page(facts.problem, frame_of(bad, library).to_native(), *tables))
    heads, cells = page.texts("th"), page.texts("td")
    assert {"age is above 100", "sex is no word", "late"} <= set(heads)
    assert "outlier" in cells


def test_a_table_too_few_is_refused() -> None:
    facts = profile_facts()
    with pytest.raises(ValueError, match="zip"):
        write_profile_page(facts.problem, pd.DataFrame({"reasons": ["late"]}), facts.row_ledger)
