"""Lines for whoever watches: a terminal, a log file, a notebook."""

import sys
from typing import TextIO

_ERASE_LINE = "\r\x1b[K"


class Terminal:
    """Writes lines, and on a real terminal one passing line that the next one replaces.

    A stream that is closed or broken is written to no more; a run does not end because nobody listens.

    Args:
        stream: where to write; the standard error stream of the moment where not said.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._is_gone = False
        self._has_passing = False

    def line(self, text: str) -> None:
        """Write a line that stays."""
        self._write(f"{self._erase()}{text}\n")

    def passing(self, text: str) -> None:
        """Write a line that the next one replaces; nothing where the stream is no terminal."""
        if self._is_terminal():
            self._write(f"{self._erase()}{text}")
            self._has_passing = True

    def _erase(self) -> str:
        had, self._has_passing = self._has_passing, False
        return _ERASE_LINE if had else ""

    def _is_terminal(self) -> bool:
        try:
            return not self._is_gone and (self._stream or sys.stderr).isatty()
        except ValueError:
            return False

    def _write(self, text: str) -> None:
        if self._is_gone:
            return
        stream = self._stream or sys.stderr
        encoding = getattr(stream, "encoding", None) or "utf-8"
        try:
            stream.write(text.encode(encoding, errors="replace").decode(encoding))
            stream.flush()
        except (OSError, ValueError):
            self._is_gone = True
