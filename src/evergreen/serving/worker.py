"""One of several processes on a port: ``python -m evergreen.serving.worker SOCKET``; its input says what to serve."""

import os
import signal
import socket
import sys

from evergreen.serving.run import SPEC, run_server


def main() -> None:
    """Serve on the socket whose number is the first argument."""
    # Ctrl+C goes to all processes of a terminal; the one that started this one says when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    spec = SPEC.validate_json(sys.stdin.buffer.read())
    run_server(spec, socket.socket(fileno=int(sys.argv[1])))


if __name__ == "__main__":
    main()
