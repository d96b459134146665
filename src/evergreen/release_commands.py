"""What ``kedro releases`` does: looks into the releases of a case, and changes which one is live."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from kedro.framework.cli.utils import env_option

from evergreen.command_output import Format, format_option, plain_errors, show
from evergreen.environment import open_environment
from evergreen.errors import EvergreenError, WriteRefusedError

if TYPE_CHECKING:
    from evergreen.releases import ReleaseStore, Told

_LISTED = ("release_id", "state", "as_of", "change", "changed_at", "by", "why")
_NO_RELEASE = "There is no release yet. A run whose verdict is 'release' makes one: kedro run, with the same --env."
_why_option = click.option("--why", required=True, help="The reason, in a sentence; it is kept in the history.")


@dataclass(frozen=True)
class StorePlace:
    """Where the releases of an environment lie.

    Attributes:
        path: folder or URL.
        storage_options: passed to fsspec.
        env: the environment.
        is_guarded: whether the environment may only read them.
    """

    path: str
    storage_options: dict[str, Any] | None
    env: str
    is_guarded: bool

    def store(self) -> "ReleaseStore":
        """Open it."""
        from evergreen.releases import ReleaseStore

        return ReleaseStore(self.path, self.storage_options)

    def store_to_change(self) -> "ReleaseStore":
        """Open it for a change.

        Raises:
            WriteRefusedError: where the environment may only read.
        """
        if self.is_guarded:
            finding = f"belong to production and the environment '{self.env}' may only read them"
            raise WriteRefusedError(f"The releases in '{self.path}'", finding, "Say --env with one that may write.")
        return self.store()


def store_place(metadata: Any, env: str | None) -> StorePlace:
    """Find the releases of an environment: where its catalog has the champion.

    Args:
        metadata: what Kedro knows of the project.
        env: the environment; the default one where not said.

    Returns:
        The place, which need not exist.

    Raises:
        EvergreenError: where the environment does not exist, or has no champion in its catalog.
    """
    found = open_environment(metadata, env)
    entry, name = found.loader["catalog"].get("champion", {}), found.place.env
    if "path" not in entry:
        raise EvergreenError(f"Environment '{name}'", "has no 'champion' in its catalog", "Add it, with a path.")
    path, writable = found.address(str(entry["path"])), found.place.project_globals.get("writable_root")
    is_guarded = bool(writable) and not _lies_below(path, found.place.project_path / str(writable))
    return StorePlace(path, entry.get("storage_options"), name, is_guarded)


def _lies_below(path: str, folder: Path) -> bool:
    return "://" not in path and Path(path).resolve().is_relative_to(folder.resolve())


@click.group()
def releases() -> None:
    """Look into the releases of a case, promote one, roll back, retire one."""


@releases.command("list")
@format_option
@env_option
@click.pass_obj
def list_them(metadata: Any, form: Format, env: str | None) -> None:
    """List releases, the one that was changed last at the end."""
    from evergreen.releases.overview import list_releases

    show(lambda: list_releases(store_place(metadata, env).store()), form, _LISTED, if_empty=_NO_RELEASE)


@releases.command("show")
@click.argument("release_id")
@format_option
@env_option
@click.pass_obj
def show_one(metadata: Any, release_id: str, form: Format, env: str | None) -> None:
    """Tell what release RELEASE_ID holds and what happened to it."""
    from evergreen.releases.overview import show_release

    show(lambda: show_release(store_place(metadata, env).store(), release_id), form, None)


@releases.command()
@click.argument("release_id", required=False)
@format_option
@env_option
@click.pass_context
def verify(context: click.Context, release_id: str | None, form: Format, env: str | None) -> None:
    """Check every file of all releases, or of RELEASE_ID; ends with 1 where something is damaged."""
    from evergreen.releases.overview import DAMAGED, verify_releases

    with plain_errors():
        found = verify_releases(store_place(context.obj, env).store(), release_id)
    show(lambda: found, form, None)
    if (found["state"] == DAMAGED).any():
        context.exit(1)


@releases.command()
@click.argument("release_id")
@_why_option
@env_option
@click.pass_obj
def promote(metadata: Any, release_id: str, why: str, env: str | None) -> None:
    """Make RELEASE_ID the champion, once it has answered its check rows in a fresh process."""
    from evergreen.releases import promote as change

    _change(metadata, env, lambda store: change(store, release_id, _told(why)))


@releases.command()
@_why_option
@env_option
@click.pass_obj
def rollback(metadata: Any, why: str, env: str | None) -> None:
    """Make the champion before the live one champion again; retired ones are passed over."""
    from evergreen.releases import roll_back

    _change(metadata, env, lambda store: roll_back(store, _told(why)))


@releases.command()
@click.argument("release_id")
@_why_option
@env_option
@click.pass_obj
def retire(metadata: Any, release_id: str, why: str, env: str | None) -> None:
    """Say that RELEASE_ID must not become champion any more; its files stay."""
    from evergreen.releases import retire as change

    _change(metadata, env, lambda store: change(store, release_id, _told(why)))


def _change(metadata: Any, env: str | None, change: Callable[["ReleaseStore"], object]) -> None:
    with plain_errors():
        store = store_place(metadata, env).store_to_change()
        change(store)
        click.echo(f"Champion: {store.champion_id() or 'none'}")


def _told(why: str) -> "Told":
    from evergreen.datasets.champion_dataset import user_name
    from evergreen.releases import Told

    return Told(user_name(), datetime.now(UTC).isoformat(timespec="seconds"), why)
