"""Evergreen's service without Kedro's start: ``python -m benchmarks.serving.ours SPEC``, a file of JSON."""

import sys
from pathlib import Path

from evergreen.serving.run import SPEC, serve


def main(told: str) -> None:
    """Serve.

    Args:
        told: file of a ``ServiceSpec``.
    """
    serve(SPEC.validate_json(Path(told).read_bytes()), announce=print)


if __name__ == "__main__":
    main(*sys.argv[1:])
