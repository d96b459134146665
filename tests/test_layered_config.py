"""An environment of several layers: the last one that has a key counts, whole."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from kedro.config import MissingConfigException, OmegaConfigLoader
from kedro.framework.startup import bootstrap_project

from evergreen.cli import ledger_path
from evergreen.errors import CaseError, WriteRefusedError
from evergreen.layered_config import LayeredConfigLoader, LayerError
from evergreen.ledger import read_runs
from tests.hooks.tiny_project import TinyProject, tiny_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyProject]:
    with tiny_project(tmp_path, monkeypatch) as made:
        yield made


def write(conf: Path, **files: Mapping[str, Any]) -> None:
    """Write ``layer__kind={...}`` into conf/layer/kind.yml; a layer always has its folder."""
    for name, content in files.items():
        layer, _, kind = name.partition("__")
        (conf / layer).mkdir(parents=True, exist_ok=True)
        if kind:
            (conf / layer / f"{kind}.yml").write_text(yaml.safe_dump(dict(content)))


def loader(conf: Path, env: str | None, **params: Any) -> LayeredConfigLoader:
    return LayeredConfigLoader(str(conf), env, params, base_env="base", default_run_env="local")


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """A base, a case, an engine and local."""
    folder = tmp_path / "conf"
    write(
        folder,
        base__catalog={
            "rows": {"type": "pandas.CSVDataset", "filepath": "${globals:data}/rows.csv", "load_args": {"sep": ";"}},
            "page": {"type": "text.TextDataset", "filepath": "${globals:data}/page.html"},
        },
        base__globals={"case": "demo", "data": "data"},
        base__parameters={"as_of": "2024-01-01", "stage": {"n": 1, "m": 1}},
        base__credentials={"db": {"token": "base"}, "mail": {"token": "base"}},
        shop__catalog={"rows": {"type": "json.JSONDataset", "filepath": "${globals:data}/shop.json"}},
        shop__globals={"case": "shop"},
        shop__parameters={"as_of": "2024-06-30"},
        shop__credentials={"db": {"token": "shop"}},
        engine__catalog={
            "_kind": "polars.LazyPolarsDataset",
            "rows": {"type": "${_kind}", "filepath": "${globals:data}/${globals:case}.parquet"},
        },
        engine__credentials={"db": {"token": "engine"}},
        local={},
        local__credentials={"db": {"token": "local"}},
    )
    return folder


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        pytest.param("base", ("pandas.CSVDataset", "data/rows.csv", "demo", "2024-01-01", "base"), id="base"),
        pytest.param(None, ("pandas.CSVDataset", "data/rows.csv", "demo", "2024-01-01", "local"), id="none: local"),
        pytest.param("shop", ("json.JSONDataset", "data/shop.json", "shop", "2024-06-30", "shop"), id="one"),
        pytest.param(
            "shop,engine",
            ("polars.LazyPolarsDataset", "data/shop.parquet", "shop", "2024-06-30", "engine"),
            id="two",
        ),
        pytest.param("engine,shop", ("json.JSONDataset", "data/shop.json", "shop", "2024-06-30", "shop"), id="turned"),
        pytest.param(
            "base,engine",
            ("polars.LazyPolarsDataset", "data/demo.parquet", "demo", "2024-01-01", "engine"),
            id="base and one",
        ),
        pytest.param(
            "shop,local", ("json.JSONDataset", "data/shop.json", "shop", "2024-06-30", "local"), id="with local"
        ),
    ],
)
def test_the_last_layer_that_has_a_key_counts(conf: Path, env: str | None, expected: tuple[str, ...]) -> None:
    found = loader(conf, env)
    rows = found["catalog"]["rows"]
    told = (rows["type"], rows["filepath"], found["globals"]["case"], found["parameters"]["as_of"])
    assert (*told, found["credentials"]["db"]["token"]) == expected
    # What no layer speaks of is the base's.
    assert found["catalog"]["page"]["filepath"] == "data/page.html"
    assert found["parameters"]["stage"] == {"n": 1, "m": 1}
    assert found["credentials"]["mail"] == {"token": "base"}


def test_an_entry_is_replaced_whole(conf: Path) -> None:
    assert set(loader(conf, "shop")["catalog"]["rows"]) == {"type", "filepath"}
    assert set(loader(conf, "shop,engine")["catalog"]["rows"]) == {"type", "filepath"}


def test_each_layer_has_its_own_templates(conf: Path) -> None:
    write(
        conf,
        over__catalog={"_kind": "pandas.ParquetDataset", "page": {"type": "${_kind}", "filepath": "x"}},
    )
    found = loader(conf, "engine,over")["catalog"]
    assert (found["rows"]["type"], found["page"]["type"]) == ("polars.LazyPolarsDataset", "pandas.ParquetDataset")
    assert "_kind" not in found


def test_the_same_key_twice_in_one_layer_is_refused_as_ever(conf: Path) -> None:
    (conf / "engine" / "catalog_more.yml").write_text("rows: {type: MemoryDataset}\n")
    with pytest.raises(ValueError, match="Duplicate keys found in"):
        loader(conf, "shop,engine")["catalog"]


@pytest.mark.parametrize("env", ["base", None, "shop", "shop,engine", "engine,shop"])
def test_a_parameter_of_the_command_line_changes_one_key(conf: Path, env: str | None) -> None:
    found = loader(conf, env, stage={"n": 2}, raw_dir="here")["parameters"]
    assert found["stage"] == {"n": 2, "m": 1}
    assert found["raw_dir"] == "here"


def test_a_parameter_of_the_command_line_goes_before_every_layer(conf: Path) -> None:
    write(conf, engine__parameters={"as_of": "2025-01-01", "stage": {"n": 5, "m": 5}, "twice": "${stage.n}"})
    found = loader(conf, "shop,engine", stage={"n": 2}, as_of="2026-01-01")["parameters"]
    assert found == {"as_of": "2026-01-01", "stage": {"n": 2, "m": 5}, "twice": 2}


def test_a_parameter_of_the_command_line_reaches_the_catalog_of_a_layer(conf: Path) -> None:
    path = "${runtime_params:raw_dir, ${globals:data}}/x.csv"
    write(conf, engine__catalog={"rows": {"type": "MemoryDataset", "filepath": path}})
    assert loader(conf, "shop,engine")["catalog"]["rows"]["filepath"] == "data/x.csv"
    assert loader(conf, "shop,engine", raw_dir="there")["catalog"]["rows"]["filepath"] == "there/x.csv"


def test_credentials_of_a_layer_may_come_from_the_machine(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "from outside")
    (conf / "engine" / "credentials.yml").write_text('db: {token: "${oc.env:SHOP_TOKEN}"}\n')
    assert loader(conf, "shop,engine")["credentials"]["db"] == {"token": "from outside"}


@pytest.mark.parametrize(
    ("env", "message"),
    [
        pytest.param(
            "shop,enigne", r"Environment 'enigne' has no folder '.*conf/enigne'\. Did you mean 'engine'\?", id="x"
        ),
        pytest.param("shop, engine", r"Environment ' engine' has no folder .*Did you mean 'engine'\?", id="a blank"),
        pytest.param(
            "zzz", r"Environment 'zzz' has no folder .*There are 'base', 'engine', 'local', 'shop'\.", id="one"
        ),
        pytest.param("shop,shop", r"Environment 'shop,shop' names 'shop' twice\. Name each layer once\.", id="twice"),
        pytest.param(
            "shop,", r"Environment 'shop,' names a layer without a name\. Write it as case,engine\.", id="empty"
        ),
    ],
)
@pytest.mark.parametrize("key", ["catalog", "parameters", "globals", "credentials"])
def test_a_layer_that_does_not_exist_is_refused_by_name(conf: Path, env: str, message: str, key: str) -> None:
    # It is refused where it is read: an error in the making of a session could not be told plainly.
    found = loader(conf, env)
    with pytest.raises(LayerError, match=message) as refused:
        found[key]
    assert isinstance(refused.value, MissingConfigException)
    assert isinstance(refused.value, CaseError)


def test_who_has_the_last_word_can_be_asked(conf: Path) -> None:
    assert loader(conf, "shop,engine").layer_of("catalog", "rows") == "engine"
    assert loader(conf, "shop,engine").layer_of("globals", "case") == "shop"
    assert loader(conf, "shop,engine").layer_of("globals", "data") is None


@given(data=st.data())
def test_one_layer_is_read_as_kedro_reads_it(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    values = st.dictionaries(st.sampled_from("abcd"), st.dictionaries(st.sampled_from("xyz"), st.integers(0, 9)))
    folder = tmp_path_factory.mktemp("conf")
    write(
        folder, base__parameters=data.draw(values), one__parameters=data.draw(values), two__parameters=data.draw(values)
    )
    arguments: dict[str, Any] = {"base_env": "base", "default_run_env": "one"}
    for env in (None, "one", "base"):
        ours = LayeredConfigLoader(str(folder), env, **arguments)["parameters"]
        assert ours == OmegaConfigLoader(str(folder), env, **arguments)["parameters"]
    one, two = (yaml.safe_load((folder / name / "parameters.yml").read_text()) for name in ("one", "two"))
    base = yaml.safe_load((folder / "base" / "parameters.yml").read_text())
    assert LayeredConfigLoader(str(folder), "one,two", **arguments)["parameters"] == {**base, **one, **two}


def test_a_run_takes_place_in_all_layers_and_the_ledger_names_them(project: TinyProject) -> None:
    project.write("conf/shop/globals.yml", "case: shop\n")
    project.write("conf/few/parameters.yml", "n_rows: 4\n")
    project.run(env="shop,few")
    run = read_runs(project.ledger).iloc[-1]
    assert (run["env"], run["case"]) == ("shop,few", "shop")
    assert len(project.context().catalog.load("rows")) == 4


def test_kedro_env_may_name_layers_too(project: TinyProject, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("conf/shop/globals.yml", "case: shop\nledger: shop.db\n")
    project.write("conf/few/parameters.yml", "n_rows: 4\n")
    monkeypatch.setenv("KEDRO_ENV", "shop,few")
    project.run()
    metadata = bootstrap_project(project.path)
    assert ledger_path(metadata, None) == ledger_path(metadata, "few,shop") == project.path / "shop.db"
    assert read_runs(project.path / "shop.db")["env"].tolist() == ["shop,few"]


def test_the_ledger_of_a_layer_that_does_not_exist_is_refused_by_name(project: TinyProject) -> None:
    project.write("conf/shop/globals.yml", "case: shop\n")
    metadata = bootstrap_project(project.path)
    with pytest.raises(CaseError, match=r"Environment 'fwe' has no folder"):
        ledger_path(metadata, "shop,fwe")


@pytest.mark.parametrize("env", ["shop,adhoc", "adhoc,shop"])
def test_adhoc_is_a_layer_that_makes_any_case_read_only(project: TinyProject, env: str) -> None:
    project.write("conf/shop/globals.yml", "case: shop\ndata: elsewhere\n")
    project.run(env="shop")
    before = {path: path.read_bytes() for path in (project.path / "elsewhere").glob("*.*") if "ledger" not in path.name}
    with pytest.raises(WriteRefusedError, match=rf"belong to production and the environment '{env}' may only read"):
        project.run(env=env)
    catalog = project.context(env=env).catalog
    assert len(catalog.load("rows")) == 10
    with pytest.raises(
        WriteRefusedError, match=r"pattern of conf/adhoc/catalog\.yml, or run in the environment 'shop'\."
    ):
        catalog.save("verdict", {})
    catalog.save("scratch_note_json", {"n": 1})
    assert (project.path / "data" / "scratch" / "shop" / "note.json").exists()
    after = {path: path.read_bytes() for path in (project.path / "elsewhere").glob("*.*") if "ledger" not in path.name}
    assert after == before


def test_a_misspelt_adhoc_does_not_open_production(project: TinyProject) -> None:
    project.write("conf/shop/globals.yml", "case: shop\n")
    with pytest.raises(LayerError, match=r"Environment 'adhok' has no folder .*Did you mean 'adhoc'"):
        project.run(env="shop,adhok")
    assert not (project.path / "data").exists()
