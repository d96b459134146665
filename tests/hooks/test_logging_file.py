"""Kedro accepts the logging file, and its chatter does not reach the terminal."""

import logging

import pytest
import yaml
from kedro.framework.project import LOGGING

from tests.hooks.tiny_project import CONF

_CONFIG = yaml.safe_load((CONF / "logging.yml").read_text())


def test_kedro_accepts_the_file_where_it_looks_for_it() -> None:
    assert LOGGING._validate_logging_config(_CONFIG) == _CONFIG


@pytest.mark.parametrize(("name", "level"), [("kedro", logging.WARNING), ("evergreen", logging.INFO)])
def test_kedro_is_quiet_and_the_project_is_not(name: str, level: int) -> None:
    assert logging.getLevelName(_CONFIG["loggers"][name]["level"]) == level


def test_no_handler_formats_richly() -> None:
    assert {handler["class"] for handler in _CONFIG["handlers"].values()} == {"logging.StreamHandler"}
