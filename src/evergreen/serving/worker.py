"""One of several processes on a port: ``python -m evergreen.serving.worker SOCKET``; its input says what to serve."""

import os
import signal
import socket
import sys
import time
from threading import Thread

from evergreen.serving.run import SPEC, run_server

_LOOK_SECONDS = 1.0


def main() -> None:
    """Serve on the socket whose number is the first argument."""
    # Ctrl+C goes to all processes of a terminal; the one that started this one says when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    Thread(target=leave_with, args=(os.getppid(),), daemon=True).start()
    spec = SPEC.validate_json(sys.stdin.buffer.read())
    run_server(spec, socket.socket(fileno=int(sys.argv[1])))


def leave_with(parent: int) -> None:
    """Stop once the process that started this one is gone: nobody else would, and the port would stay taken.

    Args:
        parent: its id.
    """
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
