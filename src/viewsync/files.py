"""Files that are whole or not there, and the order of their names."""

import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from viewsync.types import InputError


def natural(name: str) -> list[tuple[int, str]]:
    """Sort key by which cam2 comes before cam10, and ZOOM0001 before ZOOM0001_0002."""
    return [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in re.findall(r"\d+|\D+", name.lower())]


def prepare_folder(folder: Path) -> None:
    """Make `folder` and see that files can be written there.

    Commands call it before they start work, so that hours of matching don't end in "permission denied".

    Args:
        folder: The folder; made with its parents where missing.

    Raises:
        InputError: When it can't be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(
            f"can't write into the folder {folder}: {_why(error)}. Choose a folder that you may write to."
        ) from error


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to `path`, or leave everything as it was.

    Args:
        path: Where to; the folder is made where missing.
        content: The whole file.

    Raises:
        InputError: When the folder or the file can't be written.
    """
    with whole_file(path) as temporary:
        temporary.write_bytes(content)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A hidden file to write to, beside `path`, that takes its place in one step when all went well.

    So neither a full disk nor Ctrl-C leaves half a file or loses the former one. Its name ends as that of `path` does.

    Args:
        path: Where to; the folder is made where missing.

    Raises:
        InputError: When the folder or the file can't be written.
    """
    prepare_folder(path.parent)
    temporary = path.with_name(f"{hidden_stem(path)}-{secrets.token_hex(8)}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise InputError(f"can't write {path}: {_why(error)}. Free or rename it, or choose another folder.") from error
    finally:
        temporary.unlink(missing_ok=True)


def hidden_stem(path: Path) -> str:
    """How the names of the hidden files begin that belong to `path`, however long its own name is."""
    return f".viewsync-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:12]}"


def remove_abandoned(path: Path) -> None:
    """Remove what runs that were killed while they wrote `path` have left hidden beside it."""
    for left in path.parent.glob(f"{hidden_stem(path)}-*"):
        left.unlink(missing_ok=True)


def _why(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
