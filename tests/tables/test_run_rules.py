import narwhals.stable.v2 as nw
import pytest

from evergreen.problem import Column
from evergreen.tables.rules import rules_of
from evergreen.tables.run_rules import counted_pairs, fault_columns, packed_rules, run_rules, unpack_rules
from tests.cases import LIBRARIES, frame_of, plain
from tests.tables.test_rules import COLOUR, COUNT, DAY, DAY_FIRST, FLAG, GERMAN, IMAGE, NOTE, NUMBER, column_of

EVERY_ENGINE = pytest.mark.parametrize("library", [*LIBRARIES, pytest.param("spark", marks=pytest.mark.spark)])
KINDS = {
    "word": COLOUR,
    "number": NUMBER,
    "amount": GERMAN,
    "count": COUNT,
    "flag": FLAG,
    "day": DAY,
    "british_day": DAY_FIRST,
    "note": NOTE,
    "image": IMAGE,
}


def run(cells, columns, library, *, is_required=False):
    """Run rules on columns of text: the whole table, how many rows each fault marks, and how often each rule counts."""
    table = frame_of(cells, library)
    columns = {name: column_of(told) for name, told in columns.items()}
    rules = {name: rules_of(column, nw.String(), is_required=is_required) for name, column in columns.items()}
    table = table.select(nw.col(name).cast(nw.String) for name in columns)
    done, packed = run_rules(table, rules), packed_rules(rules, columns)
    told = plain(done.with_columns(*packed.values()))
    faults = {reason: sum(told[mark]) for mark, reason in fault_columns(rules).items()}
    counts = {pair: n for name in packed for pair, n in counted(told[name], name, columns).items()}
    return told, {reason: n for reason, n in faults.items() if n}, counts


def counted(numbers: list[int], name: str, columns: dict[str, Column]) -> dict[tuple[str, str], int]:
    found = {number: numbers.count(number) for number in numbers}
    return dict(unpack_rules(found, int(name.rpartition("_")[2]), columns))


@EVERY_ENGINE
def test_a_rule_counts_every_cell_it_changed(library):
    cells = {
        "word": ["BLUE", "blue", None, "", "navy blue", "NAVY BLUE", "n/a"],
        # Sentinels in words and in numbers are counted together.
        "number": ["-1", "n/a", "5", None, "-1.0", "x", "101"],
    }
    told, faults, counts = run(cells, {"word": COLOUR, "number": NUMBER}, library)
    assert counts == {
        ("word", "canonical_text"): 3,
        ("word", "synonym"): 2,
        ("word", "sentinel"): 1,
        ("number", "sentinel"): 3,
    }
    assert faults == {"number is no number": 1, "number is above 100": 1}
    assert sorted(told["_raw_word"], key=str) == sorted(cells["word"], key=str)


@EVERY_ENGINE
def test_a_column_of_any_kind_may_be_empty_or_without_rows(library):
    _, faults, counts = run({name: [None, None] for name in KINDS}, KINDS, library, is_required=True)
    assert (faults, counts) == ({f"{name} is missing": 2 for name in KINDS}, {})
    table = frame_of({name: ["a"] for name in KINDS}, library).head(0)
    rules = {name: rules_of(column_of(told), nw.String(), is_required=True) for name, told in KINDS.items()}
    done = run_rules(table, rules)
    assert all(cells == [] for cells in plain(done).values())
    schema = done.collect_schema()
    assert {name: schema[name] for name in ("word", "number", "day", "image")} == {
        "word": nw.String(),
        "number": nw.Float64(),
        "day": nw.Datetime("us"),
        "image": nw.String(),
    }


def test_every_counted_rule_has_its_own_bit():
    columns = {name: column_of(told) for name, told in KINDS.items()}
    pairs = counted_pairs(columns)
    assert len(pairs) == len(set(pairs))
    for bit, pair in enumerate(pairs):
        place, bit_of_place = divmod(bit, 62)
        assert unpack_rules({1 << bit_of_place: 5, 0: 7}, place, columns) == {pair: 5}
