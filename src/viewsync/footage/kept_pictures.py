"""Pictures and other arrays as networks read them: made once, row by row, and kept in the cache folder.

So training reads any instant of any view without decoding what comes before it.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from viewsync.files import whole_file
from viewsync.progress import Progress, told
from viewsync.store import cache_folder
from viewsync.types import InputError

Size = tuple[int, int]
"""Width and height in pixels."""
_DECODING = ("footage/kept_pictures.py", "footage/rendered_scenes.py", "media/frames.py")


@dataclass(frozen=True)
class Shelf:
    """Where the readers of one task keep what they made."""

    name: str
    """Of the folder."""
    made_by: tuple[str, ...]
    """Code of the package that decides what is made, beside that which decodes: where it changes, all is made anew."""

    def pictures(
        self, key: str, count: int, size: Size, pictures: Iterable[UInt8[np.ndarray, "_ _"]], task: str, progress: Progress
    ) -> UInt8[np.ndarray, "{count} {size[1]} {size[0]}"]:
        """Gray pictures of one view, squeezed to a size; mapped from disk.

        Args:
            key: All that the pictures depend on, but for their size and the code.
            count: How many there are.
            size: Of those that are kept.
            pictures: Asked for only where they aren't kept yet.
            task: What progress is called.
            progress: Told after each one.

        Raises:
            InputError: There are fewer or more pictures, or the cache folder can't be written.
        """
        rows = (np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)) for picture in pictures)
        return self.rows(key, (count, size[1], size[0]), "|u1", told(rows, task, count, progress), task)

    def rows(self, key: str, shape: tuple[int, ...], dtype: str, rows: Iterator[np.ndarray], what: str) -> np.ndarray:
        """Any array, likewise.

        Args:
            key: All that it depends on, but for its shape and the code.
            shape: Of the whole.
            dtype: Of what is kept.
            rows: Asked for only where they aren't kept yet.
            what: What errors call it.

        Raises:
            InputError: As of `pictures`.
        """
        said = f"{_code((*_DECODING, *self.made_by))} {key} {shape} {dtype}"
        path = cache_folder() / self.name / f"{hashlib.sha256(said.encode('utf-8', 'surrogateescape')).hexdigest()}.npy"
        if not path.exists():
            # Not through a memory map, by which a full disk would kill the process.
            with whole_file(path) as temporary, temporary.open("wb") as file:
                np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": shape})
                written = 0
                for row in rows:
                    file.write(np.ascontiguousarray(row, dtype).tobytes())
                    written += 1
                if written != shape[0]:
                    raise InputError(f"{what}: {shape[0]} frames are needed, but there are {written}. Copy the files again.")
        return np.asanyarray(np.load(path, mmap_mode="r"))


def gray_picture(path: Path) -> UInt8[np.ndarray, "height width"]:
    """A picture file, in gray.

    Raises:
        InputError: It can't be read.
    """
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise InputError(f"{path} can't be read as a picture. Copy it again.")
    return np.asarray(picture)


@cache
def _code(patterns: tuple[str, ...]) -> str:
    """Of what is made."""
    package = Path(__file__).parents[1]
    sources = sorted(path for pattern in patterns for path in package.glob(pattern))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources) + cv2.__version__.encode()).hexdigest()
