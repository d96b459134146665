"""A new case from a file or a table: read it, draft the case, and write its folder whole or not at all."""

from evergreen.new_case.make import NewCase, Place, Request, make_case
from evergreen.new_case.tell import tell_case

__all__ = ["NewCase", "Place", "Request", "make_case", "tell_case"]
