import pytest
from pydantic import ValidationError

from evergreen.problem import CaseModel
from evergreen.problem.base import require, require_known


class Garden(CaseModel):
    trees: tuple[str, ...] = ()
    area_m2: float = 1
    paths: dict[str, dict[str, int]] = {}


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (
            {"tree": ["oak"]},
            "Unknown key 'tree' in Garden. Did you mean 'trees'? It takes: area_m2, paths, trees.",
        ),
        ({7: "oak"}, "Unknown key '7' in Garden. Remove it."),
        ({True: "oak"}, "Key True is not a word. YAML reads unquoted yes, no, on and off as true and false"),
        ({"paths": {"long": {False: 3}}}, "Key False is not a word. YAML reads unquoted"),
        ({"trees": ["oak", True]}, "List 'trees' holds [True], which are not words. YAML reads unquoted"),
        ({"area_m2": float("nan")}, "finite number"),
        ({"area_m2": float("inf")}, "finite number"),
    ],
    ids=["unknown", "no-word", "unquoted-yes", "unquoted-no-inside", "unquoted-yes-in-a-list", "nan", "infinite"],
)
def test_refuses_what_it_does_not_know(told, sentence):
    with pytest.raises(ValidationError) as refusal:
        Garden.model_validate(told)
    assert sentence in str(refusal.value)


def test_takes_a_model_as_it_is():
    garden = Garden(trees=("oak",))
    assert Garden.model_validate(garden) is garden


def test_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        Garden().area_m2 = 2


def test_a_requirement_says_thing_finding_and_way_out():
    require(True, "gate", "is locked", "Bring the key.")
    with pytest.raises(ValueError, match=r"^gate is locked\. Bring the key\.$"):
        require(False, "gate", "is locked", "Bring the key.")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("oack", "Did you mean 'oak'?"), ("zzz", "Known are 'oak', 'elm'.")],
    ids=["close", "far"],
)
def test_an_unknown_name_is_refused_with_the_closest_or_all(name, hint):
    require_known("garden", ["oak", "elm"], ["oak", "elm"])
    with pytest.raises(ValueError, match="which does not exist") as refusal:
        require_known("garden", ["oak", name], ["oak", "elm"])
    assert str(refusal.value) == f"garden names '{name}', which does not exist. {hint}"
