"""The page of outputs names the files that the catalog keeps, and no others."""

from collections.abc import Callable

import pytest

from tests.house.conftest import Base
from tests.house.pages import names, read_page, rows, sections

PAGE = "reference/outputs.md"
# The catalog names the folder of the releases as one.
RELEASES = "06_models/<case>"
OF_RELEASES = {f"{RELEASES}/{name}" for name in ("champion.json", "history.jsonl", "releases/<release_id>")}
Check = Callable[[str, Base], list[str]]
NO_DATASETS = {"scratch/<case>", ".<case>.lock", ".<case>.journal", ".staged-*"}


def told_files(page: str) -> set[str]:
    found: set[str] = set()
    for heading, text in sections(page).items():
        folder = "" if heading == "Beside them" else heading
        found |= {f"{folder}{name}".rstrip("/") for row in rows(text, "file") for name in names(row["file"])}
    return found


def made_files(base: Base) -> set[str]:
    """Whatever lies below the root of data, but for raw files: those are named by their case."""
    places = (str(entry.get("filepath", entry.get("path", ""))) for entry in base.catalog.values())
    kept = {place.removeprefix("data/") for place in places if place.startswith("data/")}
    told = {place.replace("/demo", "/<case>") for place in kept if not place.startswith("01_raw/")}
    return (told - {RELEASES}) | OF_RELEASES | NO_DATASETS


def differing_files(page: str, base: Base) -> list[str]:
    return sorted(told_files(page) ^ made_files(base))


def unknown_stable_names(page: str, base: Base) -> list[str]:
    """What scripts may rely on, and is no pipeline, or no file that the page tells."""
    files = {file.rpartition("/")[2] for file in told_files(page)}
    stable = {row["what"]: names(row["where"]) for row in rows(page, "what")}
    odd = sorted(set(stable.pop("pipelines")) - base.pipelines.keys())
    told = [name.rpartition("/")[2] for place in stable.values() for name in place]
    return odd + [name for name in told if "." in name and name not in files]


def test_it_names_the_files_that_the_catalog_keeps(base: Base) -> None:
    assert differing_files(read_page(PAGE), base) == []


def test_stable_names_are_those_of_files_and_pipelines_that_there_are(base: Base) -> None:
    assert unknown_stable_names(read_page(PAGE), base) == []


@pytest.mark.parametrize(
    ("check", "told", "instead"),
    [
        (differing_files, "| `look.json` |", "| `looks.json` |"),
        (differing_files, "| `search/` |", "| search |"),
        (differing_files, "## `05_model_input/<case>/`", "## `04_features/<case>/`"),
        (unknown_stable_names, "`costs.html`,", "`cost.html`,"),
        (unknown_stable_names, "`drills`, `__default__`", "`drill`, `__default__`"),
    ],
)
def test_a_page_that_is_wrong_is_found_out(check: Check, told: str, instead: str, base: Base) -> None:
    page = read_page(PAGE)
    assert told in page
    assert check(page.replace(told, instead), base) != []
