"""Write a folder or a file whole or not at all."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path


def write_folder(files: Mapping[str, str], folder: Path) -> None:
    """Write a folder of texts; a folder that stands there is replaced.

    All is written beside it and then takes its place, so that nobody ever meets half a folder. A new folder appears in
    one step. One that is replaced goes in two, between which nothing is there: who is killed in that moment finds both
    in hidden folders beside the place.

    Args:
        files: name -> text.
        folder: where they shall lie; its parent exists.
    """
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, text in files.items():
            (made / name).write_text(text, encoding="utf-8")
        made.chmod(0o755)
        _put(made, folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _put(made: Path, folder: Path) -> None:
    if not folder.exists():
        made.rename(folder)
        return
    former = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    folder.rename(former / "former")
    try:
        made.rename(folder)
    except OSError:
        (former / "former").rename(folder)
        raise
    finally:
        shutil.rmtree(former, ignore_errors=True)


def copy_file(file: Path, folder: Path) -> None:
    """Copy a file into a folder, under its own name; nobody ever meets half of it.

    Args:
        file: the file.
        folder: where to; it is made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".copy-", dir=folder))
    try:
        shutil.copyfile(file, made / file.name)
        (made / file.name).replace(folder / file.name)
    finally:
        shutil.rmtree(made, ignore_errors=True)
