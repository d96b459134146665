"""A file that is replaced only by a whole one."""

from uuid import uuid4

import fsspec


def replace_file(filepath: str, content: bytes) -> None:
    """Write a file beside its place and move it there: what was there before stays until the new one is whole.

    Args:
        filepath: path or URL; its folder is made where it is not there.
        content: of the file.
    """
    fs, path = fsspec.core.url_to_fs(filepath)
    fs.makedirs(fs._parent(path), exist_ok=True)
    draft = f"{path}.{uuid4().hex}.draft"
    fs.pipe_file(draft, content)
    fs.mv(draft, path)
