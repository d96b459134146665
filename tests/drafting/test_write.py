import csv

import pytest
import yaml
from omegaconf import OmegaConf

from evergreen.drafting import CsvHints, Wishes, case_files, csv_origin, database_origin, draft_case, sniff_csv
from tests.drafting.world import TODAY, drafted, orders


def csv_draft(**hints):
    text = orders().to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC)
    origin = csv_origin("orders", "orders.csv", sniff_csv(text.encode(), CsvHints(**hints)))
    return draft_case(orders(), name="shop", wishes=Wishes("bought"), origin=origin, today=TODAY)


def test_a_case_has_four_files():
    files = case_files(csv_draft())
    assert list(files) == ["globals.yml", "parameters.yml", "catalog.yml", "parameters_problem.yml"]
    assert files["globals.yml"] == "case: shop\n"
    assert yaml.safe_load(files["parameters.yml"])["as_of"].isoformat() == "2022-10-27"


def test_the_catalog_reads_the_file_from_where_raw_dir_says():
    entry = yaml.safe_load(case_files(csv_draft())["catalog.yml"])["orders"]
    assert entry == {
        "type": "pandas.CSVDataset",
        "filepath": "${runtime_params:raw_dir, ${globals:data}/01_raw/${globals:case}}/orders.csv",
        "load_args": {"dtype": "str", "keep_default_na": False},
        "metadata": {"kedro-viz": {"layer": "raw"}},
    }


def test_every_question_stands_in_the_files_in_full_once():
    draft = csv_draft(names=tuple("abcdefgh"), has_header=None)
    text = "\n".join(case_files(draft).values()).replace("\n", " ")
    plain = " ".join(text.replace("#", " ").split())
    for number, question in enumerate(draft.questions, start=1):
        assert plain.count(f"DECIDE: ({number}) {' '.join(question.text.replace('#', ' ').split())}") == 1


def test_a_question_about_several_keys_marks_each_of_them():
    lines = case_files(drafted(orders()))["parameters_problem.yml"].splitlines()
    assert "    delay_days: 0  # DECIDE: (3)" in lines
    assert [line for line in lines if len(line) > 120] == []


def test_one_who_reads_with_kedro_reads_the_same():
    draft = drafted(orders())
    text = case_files(draft)["parameters_problem.yml"]
    assert OmegaConf.to_container(OmegaConf.create(text), resolve=True) == {"problem": draft.told}


@pytest.mark.parametrize("schema", [None, "sales"])
def test_the_address_of_a_database_is_named_and_not_written(schema):
    origin = database_origin("orders", "orders", schema=schema, secret=("shop_database", "SHOP_DATABASE"))
    draft = draft_case(orders(), name="shop", wishes=Wishes("bought"), origin=origin, today=TODAY)
    files = case_files(draft)
    entry = yaml.safe_load(files["catalog.yml"])["orders"]
    assert (entry["table_name"], entry["credentials"]) == ("orders", "shop_database")
    assert entry.get("load_args") == ({"schema": "sales"} if schema else None)
    assert yaml.safe_load(files["credentials.yml"]) == {"shop_database": {"con": "${oc.env:SHOP_DATABASE}"}}
