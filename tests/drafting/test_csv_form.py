import csv
from io import BytesIO

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.drafting import CsvHints, sniff_csv
from evergreen.drafting.csv_form import SEPARATORS
from evergreen.errors import DataError

ADULT = "39, State-gov, <=50K\n50, Private, <=50K\n38, ?, >50K\n\n"
SMS = 'ham\tGo until point, crazy.. "wat"\nspam\t"Free entry; 2 a wkly\nham\tU dun say so\nham\t" early hor\n'
BEANS = "\ufeffArea,Class\n28395,SEKER\n28734,SIRA\n"
GERMAN = "Größe;Preis\n1,5;2.000,00\n2,5;3\n"


def sniffed(text: str, encoding: str = "utf-8", **hints):
    return sniff_csv(text.encode(encoding), CsvHints(**hints), is_utf8=encoding.startswith("utf-8"))


def test_a_file_without_header_and_with_spaces_behind_commas():
    form = sniffed(ADULT)
    assert form.load_args == {
        "header": None,
        "names": ["col_1", "col_2", "col_3"],
        "skipinitialspace": True,
        "dtype": "str",
        "keep_default_na": False,
    }
    assert "The first line looks like data (39, State-gov, <=50K)" in form.questions[0].text


def test_a_file_whose_quotes_are_letters():
    form = sniffed(SMS)
    assert (form.sep, form.has_header, form.load_args["quoting"]) == ("\t", False, csv.QUOTE_NONE)
    assert len(pd.read_csv(BytesIO(SMS.encode()), **form.load_args)) == 4


def test_a_file_with_a_mark_at_its_beginning():
    form = sniffed(BEANS)
    assert (form.encoding, form.has_header, form.questions) == ("utf-8-sig", True, ())
    assert pd.read_csv(BytesIO(BEANS.encode()), **form.load_args).columns.tolist() == ["Area", "Class"]


@pytest.mark.parametrize(("encoding", "told"), [("utf-8", "utf-8"), ("cp1252", "cp1252"), ("utf-16", "utf-16")])
def test_other_encodings_and_separators(encoding, told):
    form = sniffed(GERMAN, encoding)
    assert (form.sep, form.encoding) == (";", told)
    assert pd.read_csv(BytesIO(GERMAN.encode(encoding)), **form.load_args).columns[0] == "Größe"
    assert any("not UTF-8" in question.text for question in form.questions) == (told == "cp1252")


def test_quoted_cells_may_hold_separators_and_line_feeds():
    text = 'id,note\n1,"a, b\nand ""c"""\n2,plain\n3,"x, y"\n'
    form = sniffed(text)
    assert (form.sep, form.has_plain_quotes) == (",", False)
    assert pd.read_csv(BytesIO(text.encode()), **form.load_args)["note"].tolist() == ['a, b\nand "c"', "plain", "x, y"]


@pytest.mark.parametrize(
    ("text", "has_header"),
    [
        ("a,b\n1,2\n", True),
        ("1,2\n3,4\n", False),
        (",b\n0,2\n", True),
        ("ham,one\nspam,two\nham,three\n", False),
        ("label,text\nham,one\nspam,two\n", True),
        ("name,2020\nx,1\n", False),
        ("day,n\n2020-01-01,1\n", True),
        ("2020-01-01,x\n2020-01-02,y\n", False),
    ],
)
def test_a_header_is_told_from_a_row(text, has_header):
    assert sniffed(text).has_header == has_header


def test_where_all_cells_are_words_the_header_is_asked_about():
    assert "--no-header" in sniffed("label,text\nham,one\nspam,two\n").questions[0].text


def test_hints_come_before_guesses():
    assert sniffed("1,2\n3,4\n", has_header=True).load_args == {"dtype": "str", "keep_default_na": False}
    named = sniffed("a,b\n3,4\n", names=("x", "y"))
    assert (named.load_args["header"], named.load_args["names"]) == (0, ["x", "y"])
    bare = sniffed("3,4\n5,6\n", names=("x", "y"), has_header=False)
    assert (bare.load_args["header"], bare.questions) == (None, ())
    assert sniffed("a b;c\n1 2;3\n", sep=" ").sep == " "


@given(
    st.sampled_from(SEPARATORS),
    st.lists(st.tuples(st.text("abcäß \"'", max_size=8), st.integers(0, 999), st.booleans()), min_size=3, max_size=20),
)
def test_what_python_writes_is_read_as_it_was(sep, rows):
    table = pd.DataFrame([(f"w{word}", number, flag) for word, number, flag in rows], columns=["word", "n", "flag"])
    text = table.to_csv(sep=sep, index=False)
    form = sniffed(text)
    read = pd.read_csv(BytesIO(text.encode()), **form.load_args)
    assert form.sep == sep
    assert read.to_dict("list") == table.astype(str).to_dict("list")


@pytest.mark.parametrize(
    ("text", "hints", "sentence"),
    [
        ("\n \n", {}, "The file is empty. Name another one"),
        ("just one\nword or\ntwo\n", {}, "has no separator that gives all lines the same number of cells"),
        ("a,b\n1,2,3\n4,5,6\n7,8,9\n", {}, "has no separator"),
        ("a,b\n1,2,3\n4,5,6\n", {"sep": ","}, "has 2 cells in its first line and 3 in most others"),
        ("a\n1\n2\n", {"sep": ";"}, r"has one cell in each line, with the separator ';'\. Name another with --sep"),
        ("a,b,a\n1,2,3\n", {}, "has the columns 'a' more than once. Rename them"),
        ("1,2,3\n4,5,6\n", {"names": ("x", "y")}, "--names gives 2 names for 3 columns"),
        ("1,2\n4,5\n", {"names": ("x", "x")}, "has the columns 'x' more than once"),
        ("a\0,b\n1,2\n", {}, "The file is no text"),
    ],
)
def test_what_is_no_table_is_refused(text, hints, sentence):
    with pytest.raises(DataError, match=sentence):
        sniffed(text, **hints)
