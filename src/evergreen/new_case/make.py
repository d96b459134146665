"""Draft a case from a file or a table, and write its folder."""

from dataclasses import dataclass
from datetime import date
from filecmp import cmp
from pathlib import Path

from evergreen.drafting import CsvHints, Draft, Wishes, case_files, draft_case, refuse_unfit_name
from evergreen.errors import CaseError
from evergreen.new_case.files import ReadTable, read_file
from evergreen.new_case.folder import copy_file, write_folder

_RESERVED = ("base", "local", "demo")


@dataclass(frozen=True)
class Place:
    """Where cases are written.

    Attributes:
        conf: the folder of all environments.
        raw: the folder in which each case keeps its raw files.
        taken: names of datasets that every case has; no source may be called so.
    """

    conf: Path
    raw: Path
    taken: frozenset[str]


@dataclass(frozen=True)
class Request:
    """What the owner of a new case asks for.

    Attributes:
        name: the name of the case.
        table: a file, or the SQLAlchemy address of a database and a table, ``sqlite:///file.db::table``.
        wishes: what is said of the case.
        hints: what is said of the file.
        has_copy: whether the file is copied to where a run looks for it.
        has_force: whether a case of that name is replaced.
    """

    name: str
    table: str
    wishes: Wishes
    hints: CsvHints
    has_copy: bool = False
    has_force: bool = False


@dataclass(frozen=True)
class NewCase:
    """A case that was written.

    Attributes:
        draft: the draft.
        folder: its configuration.
        file: the file that was read; None for a table of a server.
        expected: the folder in which a run looks for the file.
    """

    draft: Draft
    folder: Path
    file: Path | None
    expected: Path

    @property
    def is_in_place(self) -> bool:
        """Whether a run finds this very file without being told where; another one of its name is none."""
        return self.file is None or _is_copied(self.file, self.expected)


def make_case(request: Request, place: Place, *, today: date) -> NewCase:
    """Draft a case from a file or a table, and write its folder.

    Args:
        request: what is asked for.
        place: where cases are written.
        today: the day.

    Returns:
        What was written.

    Raises:
        CaseError: where the name is unfit, or the folder or another file in the place of the copy exists.
        DataError: where the file or table cannot be read, or nothing can be learnt from it.
    """
    refuse_unfit_name(request.name)
    folder = place.conf / request.name
    _refuse_taken(folder, has_force=request.has_force)
    read = _read(request, place)
    draft = draft_case(read.rows, name=request.name, wishes=request.wishes, origin=read.origin, today=today)
    made = NewCase(draft, folder, read.file, place.raw / request.name)
    if request.has_copy and read.file is not None:
        _refuse_other(read.file, made.expected, has_force=request.has_force)
        copy_file(read.file, made.expected)
    write_folder(case_files(draft), folder)
    return made


def _read(request: Request, place: Place) -> ReadTable:
    if "://" not in request.table:
        return read_file(Path(request.table).expanduser(), hints=request.hints, taken=place.taken)
    from evergreen.new_case.tables import read_table

    return read_table(request.table, request.name, taken=place.taken)


def _refuse_taken(folder: Path, *, has_force: bool) -> None:
    is_environment = folder.is_dir() and not (folder / "parameters_problem.yml").exists()
    if folder.name in _RESERVED or is_environment:
        raise CaseError(f"The name '{folder.name}'", "is that of an environment of the project", "Choose another one.")
    if folder.exists() and not has_force:
        cure = "Choose another name, or say --force to replace all that is in it."
        raise CaseError(f"The folder '{folder.parent.name}/{folder.name}'", "exists already", cure)


def _refuse_other(file: Path, folder: Path, *, has_force: bool) -> None:
    if (folder / file.name).exists() and not has_force and not _is_copied(file, folder):
        cure = "Rename one of the two, or say --force to replace it."
        raise CaseError(f"The file '{folder.name}/{file.name}'", "exists among the raw files, and is another one", cure)


def _is_copied(file: Path, folder: Path) -> bool:
    there = folder / file.name
    return there.is_file() and cmp(file, there, shallow=False)
