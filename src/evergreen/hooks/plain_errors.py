"""A fault that the user can mend ends a command with one sentence; all others keep their traceback."""

import logging
import os
import sys
from collections.abc import Iterator
from types import TracebackType

from kedro.config import MissingConfigException
from kedro.framework.hooks import hook_impl
from kedro.io import DatasetError
from kedro.validation.exceptions import ParameterValidationError

from evergreen.errors import EvergreenError
from evergreen.hooks.foreign_faults import foreign_fault
from evergreen.hooks.wrong_requests import plain_parameters, wrong_request

# Set to anything to see where in the code a fault was noticed.
TRACEBACK_VARIABLE = "EVERGREEN_TRACEBACK"
# What Kedro itself says plainly enough: a wrong parameter, an environment that does not exist.
_OF_KEDRO = ParameterValidationError | MissingConfigException | DatasetError
# It logs every fault of a parameter before it raises them together.
_TELLS_TWICE = "kedro.validation.parameter_validator"


class PlainErrorHooks:
    """Puts itself in front of Python's own last word about an uncaught exception."""

    @hook_impl(tryfirst=True)
    def after_context_created(self) -> None:
        """Take over the last word, where nobody else has."""
        if sys.excepthook is sys.__excepthook__ and not os.environ.get(TRACEBACK_VARIABLE):
            sys.excepthook = tell_plainly
            logging.getLogger(_TELLS_TWICE).setLevel(logging.CRITICAL)


def tell_plainly(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Say what a user must know about an uncaught exception.

    Args:
        kind: its class.
        error: the exception.
        traceback: where it was raised; shown unless the user can mend the fault.
    """
    fault = mendable_fault(error)
    if fault is None:
        sys.__excepthook__(kind, error, traceback)
    else:
        sys.stderr.write(f"Error: {_plain(fault)}\n(Set {TRACEBACK_VARIABLE}=1 to see where it was noticed.)\n")


def _plain(fault: BaseException) -> str:
    told = plain_parameters(str(fault)) if isinstance(fault, ParameterValidationError) else str(fault)
    return "\n".join(line for line in told.splitlines() if line.strip())


def mendable_fault(error: BaseException) -> BaseException | None:
    """Find the fault behind an exception that a user can mend.

    Args:
        error: the exception; others may have caused it.

    Returns:
        The first of them that speaks to the user, or what is known of a fault of another library, if any.
    """
    causes = list(_causes(error))
    own = (one for one in causes if isinstance(one, EvergreenError))
    found = next(own, None) or foreign_fault(causes) or wrong_request(causes)
    return found or next((one for one in causes if isinstance(one, _OF_KEDRO)), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
