"""Lines reach whoever listens, and a run does not end because nobody does."""

import io

import pytest

from evergreen.hooks.terminal import Terminal


class _Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_in_a_file_only_lines_that_stay_are_written() -> None:
    stream = io.StringIO()
    terminal = Terminal(stream)
    terminal.passing("fitting ...")
    terminal.line("fitted")
    assert stream.getvalue() == "fitted\n"


def test_on_a_terminal_a_passing_line_gives_way_to_the_next() -> None:
    stream = _Tty()
    terminal = Terminal(stream)
    terminal.passing("fitting ...")
    terminal.line("fitted")
    terminal.line("done")
    assert stream.getvalue() == "fitting ...\r\x1b[Kfitted\ndone\n"


def test_without_a_stream_the_error_stream_of_the_moment_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().line("fitted")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "fitted\n")


def test_what_the_stream_cannot_write_is_replaced() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Terminal(stream).line("Bäume")
    assert raw.getvalue() == b"B?ume\n"


def test_a_closed_stream_is_left_alone() -> None:
    stream = _Tty()
    terminal = Terminal(stream)
    stream.close()
    terminal.passing("fitting ...")
    terminal.line("fitted")
    terminal.passing("more")


def test_a_broken_pipe_is_left_alone() -> None:
    class Broken(io.StringIO):
        n_writes = 0

        def write(self, _text: str) -> int:
            Broken.n_writes += 1
            raise BrokenPipeError

    terminal = Terminal(Broken())
    terminal.line("fitted")
    terminal.line("more")
    assert Broken.n_writes == 1
