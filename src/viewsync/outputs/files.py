"""Files that are whole or not there."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from viewsync.types import InputError


def prepare_folder(folder: Path) -> None:
    """Make `folder` and see that files can be written there.

    Commands call it before they start work, so that hours of matching don't end in "permission denied".

    Args:
        folder: The folder; made with its parents where missing.

    Raises:
        InputError: When it can't be made or written to.
    """
    probe = folder / f".{secrets.token_hex(8)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch(exist_ok=False)
        probe.unlink()
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
    temporary = path.with_name(f".{secrets.token_hex(8)}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise InputError(f"can't write {path}: {_why(error)}. Free or rename it, or choose another folder.") from error
    finally:
        temporary.unlink(missing_ok=True)


def _why(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
