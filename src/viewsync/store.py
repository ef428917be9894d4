"""What was read from files once, kept on disk for the next run.

Signals are kept by what they were made from: the recording's content and the code that reads it; so nothing ever has to
be thrown away by hand. What a file holds is kept by its path, size and times, so that not even its bytes are read again.

An entry is a JSON header and the arrays it names, which are mapped into memory, not read. It is written beside and
renamed, so runs at the same time and kills do no harm; one that can't be read is made anew.
"""

import dataclasses
import hashlib
import importlib.metadata
import json
import math
import os
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from viewsync import types
from viewsync.files import whole_file
from viewsync.types import InputError

Kept = TypeVar("Kept")

LARGEST_BYTES = 8 * 1024**3
_SUFFIX, _ABANDONED_SECONDS = ".viewsync", 86_400.0
_MAGIC, _ALIGNMENT = b"viewsync", 64


def cache_folder() -> Path:
    """Where things are kept: $VIEWSYNC_CACHE, or viewsync/ in the user's cache folder."""
    own, shared = os.environ.get("VIEWSYNC_CACHE"), os.environ.get("XDG_CACHE_HOME")
    return Path(own) if own else (Path(shared) if shared else Path.home() / ".cache") / "viewsync"


@dataclasses.dataclass(frozen=True)
class Store:
    """A folder of entries, the longest unused of which go when they take too much room."""

    folder: Path | None = None
    """None: nothing is kept."""
    largest_bytes: int = LARGEST_BYTES

    def recall(self, key: str, make: Callable[[], Kept]) -> Kept:
        """The entry of a key; made, and kept, where there is none.

        Args:
            key: All that the entry depends on, but for the code.
            make: Makes a dataclass of `viewsync.types`, or a tuple of such.
        """
        if self.folder is None:
            return make()
        path = self.folder / f"{hashlib.sha256(f'{_code()} {key}'.encode('utf-8', 'surrogateescape')).hexdigest()}{_SUFFIX}"
        try:
            found: Kept = _read(path)
        except Exception:
            pass  # None there, or one that can't be read: however it is damaged, it can be made anew.
        else:
            with suppress(OSError):  # Somebody else's, in a shared folder, can be used all the same.
                os.utime(path)
            return found
        made = make()
        try:
            with whole_file(path) as temporary:
                _write(made, temporary)
        except (OSError, InputError):
            pass  # A full or read-only disk costs time, not the result.
        return made

    def make_room(self) -> None:
        """Remove the entries that were not used for longest, if all of them are too many; once at the end of a run."""
        if self.folder is None:
            return
        with suppress(OSError):  # Another run may be doing the same.
            self._make_room(self.folder)

    def _make_room(self, folder: Path) -> None:
        entries = []
        for entry in os.scandir(folder):
            if entry.name.endswith(_SUFFIX):
                status = entry.stat()
                if entry.name.startswith(".") and time.time() - status.st_mtime > _ABANDONED_SECONDS:
                    Path(entry).unlink(missing_ok=True)
                entries.append((status.st_mtime_ns, status.st_size, entry.path))
        room = self.largest_bytes
        for _, size, path in sorted(entries, reverse=True):
            room -= size
            if room < 0:
                Path(path).unlink(missing_ok=True)


def stamp(path: Path) -> str:
    """What changes when a file, or any file in a folder, does: names, sizes and times."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    # As given, too: a recording of several files names them as it was named.
    marks = [str(path), os.path.realpath(path)]
    for file in files:
        status = file.stat()
        marks.append(f"{file.name} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}")
    return "\n".join(marks)


@cache
def _code() -> str:
    """Of everything that entries are made by."""
    here, digest = Path(__file__).parent, hashlib.sha256()
    rooms = (sorted(here.glob(f"{room}/*.py")) for room in ("media", "signals", "match", "estimation", "networks"))
    for path in [here / "types.py", here / "store.py", *chain.from_iterable(rooms)]:
        digest.update(path.read_bytes())
    for package in ("av", "numpy", "onnxruntime", "opencv-python-headless", "scipy"):
        digest.update(importlib.metadata.version(package).encode())
    return digest.hexdigest()


# ── dataclasses of `viewsync.types` as bytes ──────────────────────────────────────────────────────────────────────
#
# Not pickle: a cache folder may be shared, and reading it must not be able to run anything.


def _write(thing: object, path: Path) -> None:
    arrays: list[np.ndarray] = []
    header = json.dumps(_plain(thing, arrays)).encode()
    with path.open("wb") as file:
        file.write(_MAGIC + struct.pack("<Q", len(header)) + header)
        for array in arrays:
            file.write(b"\0" * (-file.tell() % _ALIGNMENT))
            array.tofile(file)


def _read(path: Path) -> Any:
    with path.open("rb") as file:
        magic, length = struct.unpack("<8sQ", file.read(16))
        if magic != _MAGIC:
            raise ValueError(f"{path} is no entry")
        header, end = json.loads(file.read(length)), file.tell()

        def array(dtype: str, shape: list[int]) -> np.ndarray:
            nonlocal end
            start = end + -end % _ALIGNMENT
            end = start + math.prod(shape) * np.dtype(dtype).itemsize
            if not math.prod(shape):
                return np.zeros(shape, dtype)
            return np.memmap(file, dtype, "r", start, tuple(shape)).view(np.ndarray)

        return _restored(header, array)


def _plain(value: Any, arrays: list[np.ndarray]) -> Any:
    """As JSON, with arrays put aside in the order met."""
    if dataclasses.is_dataclass(value):
        fields = {field.name: _plain(getattr(value, field.name), arrays) for field in dataclasses.fields(value)}
        return {"is": type(value).__name__, **fields}
    match value:
        case None | bool() | int() | float() | str():
            return value
        case tuple():
            return [_plain(item, arrays) for item in value]
        case Path():
            return {"is": "Path", "text": os.fsencode(value).hex()}
        case Fraction():
            return {"is": "Fraction", "text": str(value)}
        case np.ndarray():
            arrays.append(value)
            return {"is": "array", "dtype": value.dtype.str, "shape": value.shape}
    raise TypeError(f"entries can't hold a {type(value).__name__}")


def _restored(value: Any, array: Callable[[str, list[int]], np.ndarray]) -> Any:
    if isinstance(value, list):
        return tuple(_restored(item, array) for item in value)
    if not isinstance(value, dict):
        return value
    kind = value.pop("is")
    if kind == "array":
        return array(value["dtype"], value["shape"])
    if kind == "Path":
        return Path(os.fsdecode(bytes.fromhex(value["text"])))
    if kind == "Fraction":
        return Fraction(value["text"])
    noun: Any = getattr(types, kind)
    if not hasattr(noun, "__dataclass_fields__"):
        raise ValueError(f"entries don't hold a {kind}")
    return noun(**{name: _restored(item, array) for name, item in value.items()})
