"""A world of its own for a test: the project's configuration, with all data in a temporary folder."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from kedro.framework.project import configure_project
from kedro.framework.session import KedroSession

ROOT = Path(__file__).resolve().parents[2]
DEMO_FILES = ROOT / "data" / "01_raw" / "demo"
REAL_DATA = ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class World:
    """Where a test runs pipelines.

    Attributes:
        folder: the temporary folder.
        case: the case that runs; its configuration stands in the environment "test".
        raw_dir: where the raw files lie.
    """

    folder: Path
    case: str
    raw_dir: Path

    @classmethod
    def make(cls, folder: Path, *, case: str = "demo", raw_dir: Path = DEMO_FILES, **changes: Any) -> "World":
        """Copy the configuration and move all data below the folder.

        Args:
            folder: a temporary folder.
            case: the case.
            raw_dir: where its raw files lie.
            changes: top-level parameters that replace those of the case.
        """
        shutil.copytree(ROOT / "conf", folder / "conf")
        env = folder / "conf" / "test"
        if case == "demo":
            env.mkdir()
        else:
            shutil.copytree(ROOT / "conf" / case, env)
        (env / "globals.yml").write_text(yaml.safe_dump({"case": case, "data": str(folder / "data")}))
        world = cls(folder, case, raw_dir)
        if case == "demo":
            # The starts of its two candidates: how a search goes on has tests of its own.
            changes = {"modelling": world.parameter("modelling") | {"budget_trials": 2}, **changes}
        for name, value in changes.items():
            world.set_parameter(name, value)
        return world

    @classmethod
    def copy(cls, other: "World", folder: Path) -> "World":
        """Copy a world with all its data.

        Args:
            other: the world to copy.
            folder: a temporary folder.
        """
        shutil.copytree(other.folder, folder, dirs_exist_ok=True)
        env = folder / "conf" / "test" / "globals.yml"
        env.write_text(yaml.safe_dump({"case": other.case, "data": str(folder / "data")}))
        return cls(folder, other.case, other.raw_dir)

    @property
    def data(self) -> Path:
        """The folder of all data."""
        return self.folder / "data"

    def parameter(self, name: str) -> Any:
        """Read a top-level parameter of the case."""
        for folder in ("test", "base"):
            for file in sorted((self.folder / "conf" / folder).glob("parameters*.yml")):
                found = yaml.safe_load(file.read_text()) or {}
                if name in found:
                    return found[name]
        raise KeyError(name)

    def set_parameter(self, name: str, value: Any) -> None:
        """Replace a top-level parameter of the case."""
        for file in (self.folder / "conf" / "test").glob("parameters*.yml"):
            found = yaml.safe_load(file.read_text()) or {}
            if name in found:
                found.pop(name)
                file.write_text(yaml.safe_dump(found, sort_keys=False))
        target = self.folder / "conf" / "test" / f"parameters_{name}.yml"
        target.write_text(yaml.safe_dump({name: value}, sort_keys=False))

    def run(self, *names: str, **kedro: Any) -> None:
        """Run pipelines (the whole line where none is named) in this process.

        Args:
            names: pipelines.
            kedro: ``env``, ``params`` (runtime parameters), and what ``KedroSession.run`` takes.
        """
        params = {"raw_dir": str(self.raw_dir), **kedro.pop("params", {})}
        env = kedro.pop("env", "test")
        configure_project("evergreen")
        with KedroSession.create(
            ROOT, env=env, conf_source=str(self.folder / "conf"), runtime_params=params
        ) as session:
            session.run(pipeline_names=list(names) or None, **kedro)

    def path(self, layer: str, name: str) -> Path:
        """Say where a file of the case lies."""
        return self.data / layer / self.case / name

    def json(self, layer: str, name: str) -> Any:
        """Read a JSON file of the case."""
        return json.loads(self.path(layer, name).read_text())

    def table(self, layer: str, name: str) -> pd.DataFrame:
        """Read a Parquet file of the case."""
        return pd.read_parquet(self.path(layer, name))

    @property
    def verdict(self) -> dict[str, Any]:
        """The verdict."""
        found: dict[str, Any] = self.json("08_reporting", "verdict.json")
        return found

    @property
    def champion_id(self) -> str | None:
        """The champion's id."""
        pointer = self.path("06_models", "champion.json")
        return json.loads(pointer.read_text())["release_id"] if pointer.exists() else None

    def files(self) -> dict[str, bytes]:
        """Read every file below the data folder but the ledger."""
        return {
            str(path.relative_to(self.data)): path.read_bytes()
            for path in sorted(self.data.rglob("*"))
            if path.is_file() and not path.name.startswith("ledger.db")
        }
