"""The parent of every model that is parsed from configuration."""

from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from evergreen.errors import named


class CaseModel(BaseModel):
    """A frozen model in which an unknown key is an error, never ignored and never a default; numbers are finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        _refuse_boolean_words(values)
        known = set(cls.model_fields)
        for key in sorted(map(str, set(values) - known)):
            close = get_close_matches(key, known, n=1)
            hint = f"Did you mean '{close[0]}'?" if close else "Remove it."
            raise ValueError(f"Unknown key '{key}' in {cls.__name__}. {hint} It takes: {', '.join(sorted(known))}.")
        return values


def _refuse_boolean_words(values: dict[Any, Any]) -> None:
    cure = "YAML reads unquoted yes, no, on and off as true and false: put the word in quotes."
    for key, value in values.items():
        require(not isinstance(key, bool), f"Key {key}", "is not a word", cure)
        if isinstance(value, dict):
            _refuse_boolean_words(value)
        elif isinstance(value, list | tuple):
            odd = [item for item in value if isinstance(item, bool)]
            require(not odd, f"List '{key}'", f"holds {odd}, which are not words", cure)


def require(condition: bool, thing: str, finding: str, cure: str) -> None:
    """Refuse a contradiction inside the case.

    Args:
        condition: what must hold.
        thing: the key at fault.
        finding: what is wrong with it.
        cure: the way out.

    Raises:
        ValueError: where the condition does not hold; pydantic turns it into its own error.
    """
    if not condition:
        raise ValueError(f"{thing} {finding}. {cure}")


def require_known(thing: str, names: list[str], known: list[str]) -> None:
    """Refuse names that are not among the known ones.

    Args:
        thing: where the names stand.
        names: what was named.
        known: what may be named.

    Raises:
        ValueError: where a name is unknown, with the closest known one.
    """
    for name in names:
        close = get_close_matches(name, known, n=1)
        hint = f"Did you mean '{close[0]}'?" if close else f"Known are {named(known)}."
        require(name in known, thing, f"names '{name}', which does not exist", hint)
