"""A first draft of a case, from one table: what it seems to hold, and what its owner must decide."""

from evergreen.drafting.csv_form import CsvForm, CsvHints, sniff_csv
from evergreen.drafting.draft import Draft, draft_case, refuse_unfit_name
from evergreen.drafting.names import canonical_name, canonical_names
from evergreen.drafting.origins import Origin, csv_origin, database_origin, parquet_origin, sqlite_origin
from evergreen.drafting.questions import Question
from evergreen.drafting.wishes import Wishes
from evergreen.drafting.write import case_files

__all__ = [
    "CsvForm",
    "CsvHints",
    "Draft",
    "Origin",
    "Question",
    "Wishes",
    "canonical_name",
    "canonical_names",
    "case_files",
    "csv_origin",
    "database_origin",
    "draft_case",
    "parquet_origin",
    "refuse_unfit_name",
    "sniff_csv",
    "sqlite_origin",
]
