"""Which exceptions end in one sentence, and which keep their traceback."""

import sys

import pytest
from kedro.framework.hooks import _create_hook_manager
from kedro.io import DatasetError

from evergreen.errors import DataError, ReleaseError
from evergreen.hooks.plain_errors import PlainErrorHooks, mendable_fault, tell_plainly

FAULT = DataError("Column 'age'", "has no value", "Fix the source.")


def wrapped() -> DatasetError:
    try:
        try:
            raise ReleaseError("Release 'a'", "is damaged", "Restore it.")
        except ReleaseError as error:
            raise DatasetError("Failed while loading") from error
    except DatasetError as error:
        return error


@pytest.mark.parametrize("error", [FAULT, wrapped()], ids=["own", "wrapped by Kedro"])
def test_a_mendable_fault_is_one_sentence(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    tell_plainly(type(error), error, error.__traceback__)
    printed = capsys.readouterr().err
    assert printed.startswith(f"Error: {mendable_fault(error)}\n")
    assert "Traceback" not in printed


def test_any_other_exception_keeps_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ZeroDivisionError
    except ZeroDivisionError as error:
        tell_plainly(type(error), error, error.__traceback__)
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("wants_traceback", [False, True])
@pytest.mark.usefixtures("last_word")
def test_it_takes_over_unless_the_user_asks_for_tracebacks(
    wants_traceback: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVERGREEN_TRACEBACK", "1" if wants_traceback else "")
    manager = _create_hook_manager()
    manager.register(PlainErrorHooks())
    manager.hook.after_context_created(context=None)
    assert (sys.excepthook is tell_plainly) is not wants_traceback


def test_it_leaves_another_hook_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(*_: object) -> None:
        return None

    monkeypatch.setattr(sys, "excepthook", other)
    PlainErrorHooks().after_context_created()
    assert sys.excepthook is other
