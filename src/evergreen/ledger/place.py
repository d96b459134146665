"""Where a run takes place: the project, its environment and where its ledger lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

_DEFAULT_ENV = "local"


@dataclass(frozen=True)
class Place:
    """The surroundings of a run.

    Attributes:
        project_path: the root of the project.
        env: the Kedro environment.
        project_globals: what ``globals.yml`` says in that environment.
    """

    project_path: Path
    env: str
    project_globals: Mapping[str, Any]

    @classmethod
    def of(cls, context: Any) -> Self:
        """Read it from a Kedro context.

        Args:
            context: a ``KedroContext``, in a hook or a notebook.

        Returns:
            The place.
        """
        loader = context.config_loader
        env = context.env or getattr(loader, "default_run_env", None) or _DEFAULT_ENV
        return cls(project_path=Path(context.project_path), env=env, project_globals=loader["globals"] or {})

    @property
    def case(self) -> str:
        """The business case: the global ``case``, or the name of the environment."""
        return str(self.project_globals.get("case", self.env))

    @property
    def data_path(self) -> Path | None:
        """The global ``data``, the folder of all data; None where it is on a remote store."""
        data = str(self.project_globals.get("data", "data"))
        return None if "://" in data else self.project_path / data

    @property
    def may_only_read(self) -> bool:
        """Whether production is guarded here: the global ``writable_root`` names the one folder that is not."""
        return bool(self.project_globals.get("writable_root"))

    @property
    def ledger_path(self) -> Path | None:
        """The global ``ledger``, else ``ledger.db`` in the global ``data``; None where ``ledger`` is null."""
        default = f"{self.project_globals.get('data', 'data')}/ledger.db"
        name = self.project_globals.get("ledger", default)
        return self.project_path / name if name else None
