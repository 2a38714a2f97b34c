"""Files that hold secrets: readable by their owner alone, on disk when the call returns, and never seen half-written."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def write_once(path: Path, content: bytes) -> None:
    """Make the file where nothing is. Raises FileExistsError: of two that start together one wins, and the other reads it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = _written_beside(path, content)
    try:
        os.link(beside, path)
    finally:
        beside.unlink()


def write_over(path: Path, content: bytes) -> None:
    """Put the content in place of the file's, or make the file."""
    _written_beside(path, content).replace(path)


def _written_beside(path: Path, content: bytes) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent)  # mode 0600
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(FileNotFoundError):
            beside.unlink()
        raise
    return beside
