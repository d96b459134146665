from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from kedro.config import MissingConfigException, OmegaConfigLoader

from evergreen.case_config import CaseConfigLoader


def _loader(folder: Path, env: str | None, **files: Mapping[str, Any]) -> CaseConfigLoader:
    """A loader of an environment; ``local={...}`` writes the credentials of ``conf/local``."""
    for name in ("base", "local", "shop"):
        (folder / name).mkdir()
        (folder / name / "catalog.yml").write_text(yaml.safe_dump({f"of_{name}": {"type": "MemoryDataset"}}))
    for name, credentials in files.items():
        (folder / name / "credentials.yml").write_text(yaml.safe_dump(dict(credentials)))
    return CaseConfigLoader(str(folder), env, base_env="base", default_run_env="local")


@pytest.mark.parametrize("env", [None, "local", "shop"])
def test_credentials_of_local_hold_in_every_environment(env: str | None, tmp_path: Path) -> None:
    loader = _loader(tmp_path, env, local={"db": {"con": "sqlite://"}})
    assert loader["credentials"] == {"db": {"con": "sqlite://"}}
    assert loader.env == env


def test_what_an_environment_says_goes_before_local_and_base(tmp_path: Path) -> None:
    loader = _loader(
        tmp_path,
        "shop",
        base={"a": {"token": "base"}, "b": {"token": "base"}, "c": {"token": "base"}},
        local={"a": {"token": "local"}, "b": {"token": "local"}},
        shop={"a": {"token": "shop"}},
    )
    assert {name: one["token"] for name, one in loader["credentials"].items()} == {
        "a": "shop",
        "b": "local",
        "c": "base",
    }


def test_the_environment_of_the_machine_may_hold_the_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "from outside")
    loader = _loader(tmp_path, "shop", local={"service": {"token": "${oc.env:SHOP_TOKEN}"}})
    assert loader["credentials"] == {"service": {"token": "from outside"}}


def test_nothing_else_of_local_reaches_another_environment(tmp_path: Path) -> None:
    assert set(_loader(tmp_path, "shop")["catalog"]) == {"of_base", "of_shop"}


def test_without_any_credentials_it_says_so_as_kedro_does(tmp_path: Path) -> None:
    with pytest.raises(MissingConfigException, match="No credentials are given"):
        _loader(tmp_path, "shop")["credentials"]


def test_what_was_set_by_hand_is_kept(tmp_path: Path) -> None:
    loader = _loader(tmp_path, "shop", local={"db": {"con": "sqlite://"}})
    loader["credentials"] = {"db": {"con": "other"}}
    assert loader["credentials"] == {"db": {"con": "other"}}


def test_a_broken_file_is_told_and_the_environment_stays(tmp_path: Path) -> None:
    loader = _loader(tmp_path, "shop")
    (tmp_path / "local" / "credentials.yml").write_text("a: [")
    with pytest.raises(Exception, match=r"Invalid YAML"):
        loader["credentials"]
    assert loader.env == "shop"


def test_for_all_else_it_is_kedros_own(tmp_path: Path) -> None:
    ours = _loader(tmp_path, "shop", local={"db": {"con": "sqlite://"}})
    theirs = OmegaConfigLoader(str(tmp_path), "shop", base_env="base", default_run_env="local")
    assert ours["catalog"] == theirs["catalog"]
