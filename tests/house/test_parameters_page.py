"""The page of parameters names the keys there are, what conf/base gives and what holds where they are left out."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from evergreen.hooks.case_hooks import GLOBALS, OF_COMMANDS, RUNTIME_ONLY
from tests.house.conftest import Base
from tests.house.pages import Row, read_page, rows, sections

PAGE = "reference/parameters.md"
IN_CONF, LEFT_OUT = "value in conf/base", "if left out"
NOT_GIVEN, REQUIRED = "not given", "required"
Check = Callable[[str, Base], list[str]]


def model_within(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := model_within(part)) is not None), None)


def fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """The keys of a model as the page writes them: those of a part after a point, a name of one's own as ``<name>``."""
    for name, field in model.model_fields.items():
        part = model_within(field.annotation)
        if part is not field.annotation:
            yield f"{prefix}{name}", field
        if part is not None:
            named = "<name>." if str(field.annotation).startswith("dict") else ""
            yield from fields(part, f"{prefix}{name}.{named}")


def plain(value: Any) -> Any:
    """A value as JSON holds it; of a dict its keys."""
    return json.loads(json.dumps([*value] if isinstance(value, dict) else value, default=str))


def given_in_conf(values: Any, key: str, otherwise: Any) -> Any:
    for name in key.split("."):
        if not isinstance(values, dict) or name not in values:
            return otherwise
        values = values[name]
    return plain(values)


def ends(field: FieldInfo) -> set[float]:
    told = (getattr(one, end, None) for one in field.metadata for end in ("ge", "gt", "le", "lt"))
    return {float(end) for end in told if end is not None}


def faults(row: Row, field: FieldInfo, conf: dict[str, Any], seed: int) -> Iterator[str]:
    """What one row tells wrongly; ``conf`` are the raw parameters of its stage."""
    words = {"the global seed": seed}
    default = REQUIRED if field.is_required() else plain(field.get_default(call_default_factory=True))
    left_out = row.get(LEFT_OUT, REQUIRED)
    # Of a table without the column all that conf/base gives is what holds anyway.
    in_conf = row.get(IN_CONF, left_out)
    given = given_in_conf(conf, row["key"].strip("`"), NOT_GIVEN if IN_CONF in row else default)
    for cell, value in ((left_out, default), (in_conf, given)):
        if words.get(cell, plain(yaml.safe_load(cell))) != value:
            yield f"{row['key']} is {value}, told as {cell}"
    if not ends(field) <= {float(number) for number in re.findall(r"\d+(?:\.\d+)?", row["range"])}:
        yield f"{row['key']} ends at {ends(field)}, told as {row['range']}"


def differing_parameters(page: str, base: Base) -> list[str]:
    parts, seed = sections(page), base.parameters["evaluation"]["random_state"]
    found = []
    for stage, model in base.models.items():
        told = {row["key"].strip("`"): row for row in rows(parts.get(stage, ""), "key")}
        made = dict(fields(model))
        found += [f"{stage}.{key}" for key in sorted(told.keys() ^ made.keys())]
        for key in told.keys() & made.keys():
            found += [f"{stage}: {one}" for one in faults(told[key], made[key], base.parameters[stage], seed)]
    return found


def differing_settings(page: str, base: Base) -> list[str]:
    """Keys of a run and of globals that are told and not there, or there and not told."""
    of_run, of_globals = (
        {row["key"].strip("`") for row in rows(sections(page)[part], "key")}
        for part in ("Of a run", "Globals (globals.yml)")
    )
    others = base.parameters.keys() - base.models.keys() - {"problem"}
    return sorted((of_run ^ {*others, *RUNTIME_ONLY}) | (of_globals ^ {*GLOBALS}))


@pytest.mark.parametrize("check", [differing_parameters, differing_settings])
def test_the_page_tells_what_there_is(check: Check, base: Base) -> None:
    assert check(read_page(PAGE), base) == []


def test_every_parameter_has_a_model_here(base: Base) -> None:
    assert base.models.keys() == base.parameters.keys() - {"problem", "as_of"}
    assert base.models.keys() >= {*OF_COMMANDS}


@pytest.mark.parametrize(
    ("check", "told", "instead"),
    [
        (differing_parameters, "| `skew_rows` |", "| `skewed_rows` |"),
        (differing_parameters, "| `canary.share` |", "| share |"),
        (differing_parameters, "| `every_days` | 35 | null |", "| `every_days` | 35 | 35 |"),
        (differing_parameters, "| `every_days` | 35 |", "| `every_days` | 30 |"),
        (differing_parameters, "| `budget.reserve` | not given |", "| `budget.reserve` | 0.25 |"),
        (differing_parameters, "| `n_worlds` | 20 | 1 or more |", "| `n_worlds` | 20 | 2 or more |"),
        (differing_parameters, "| `max_in_flight` | 256 |", "| `max_in_flight` | 128 |"),
        (differing_parameters, "## `scoring`", "## `scores`"),
        (differing_settings, "| `raw_dir` |", "| `raw` |"),
        (differing_settings, "| `writable_root` |", "| `root` |"),
    ],
)
def test_a_page_that_is_wrong_is_found_out(check: Check, told: str, instead: str, base: Base) -> None:
    page = read_page(PAGE)
    assert told in page
    assert check(page.replace(told, instead), base) != []
