"""YAML that OpenCV's FileStorage wrote: a file per camera, or the pair of files of EasyMocap."""

from pathlib import Path
from typing import Any

import cv2

from viewsync.calibration.numbers import CameraEntry
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens
from viewsync.types import InputError

Size = tuple[int, int]


def read_easymocap(folder: Path, size: Size | None = None) -> tuple[CalibratedCamera, ...]:
    """The cameras of ``intri.yml`` and ``extri.yml``, in the order of their ``names``, in metres.

    Args:
        folder: With both files.
        size: Width and height of the pictures, where the file doesn't tell (``W_1``, ``H_1``): most don't.

    Raises:
        InputError: A file can't be read, or a camera in it can't be used.
    """
    path = folder / "extri.yml"
    values, lenses = _read(path), read_easymocap_lenses(folder / "intri.yml", size)
    cameras = []
    for name, lens in lenses.items():
        entry = CameraEntry(path, name, values)
        rotation = entry.rotation(f"R_{name}" if f"R_{name}" in values else f"Rot_{name}")
        cameras.append(CalibratedCamera(name, lens, rotation, entry.vector(f"T_{name}", 3)))
    return tuple(cameras)


def read_easymocap_lenses(path: Path, size: Size | None = None) -> dict[str, Lens]:
    """The lenses of an ``intri.yml`` by name; arguments and errors as of `read_easymocap`."""
    values = _read(path)
    names = values.get("names")
    if not isinstance(names, list) or not names:
        raise InputError(f"{path} has no list of names. Name an intri.yml that EasyMocap wrote.")
    lenses = {}
    for name in map(str, names):
        entry = CameraEntry(path, name, values)
        lenses[name] = entry.lens(_size(entry, values, (f"W_{name}", f"H_{name}"), size), f"K_{name}", f"dist_{name}")
    return lenses


def read_opencv(path: Path, size: Size | None = None, metres_per_unit: float = 1.0) -> CalibratedCamera:
    """The camera of a file with ``camera_matrix``, ``distortion_coefficients``, ``R`` or ``rvec``, and ``T`` or ``tvec``.

    Args:
        path: The file, which the camera is called after.
        size: Width and height of the pictures, where the file doesn't tell (``image_width``, ``image_height``).
        metres_per_unit: Of T, which is in the units of the calibration board.

    Raises:
        InputError: The file can't be read, or something in it is missing or can't be used.
    """
    values = _read(path)
    entry = CameraEntry(path, path.stem, values)
    rotation = entry.rotation("R" if "R" in values else "rvec")
    translation = metres_per_unit * entry.vector("T" if "T" in values else "tvec", 3)
    return CalibratedCamera(entry.name, read_opencv_lens(path, size), rotation, translation)


def read_opencv_lens(path: Path, size: Size | None = None) -> Lens:
    """The lens of such a file, which needs no pose for this; arguments and errors as of `read_opencv`."""
    values = _read(path)
    entry = CameraEntry(path, path.stem, values)
    size = _size(entry, values, ("image_width", "image_height"), size)
    return entry.lens(size, "camera_matrix", "distortion_coefficients")


def _size(entry: CameraEntry, values: dict[str, Any], sides: tuple[str, str], given: Size | None) -> Size:
    """What the file says, or else what was given."""
    if sides[0] in values:
        width, height = (float(entry.vector(side, 1)[0]) for side in sides)
        if not (width >= 1 and height >= 1 and width.is_integer() and height.is_integer()):
            raise entry.error(f"{' and '.join(sides)} must be whole pixels, got {width:g} × {height:g}")
        return int(width), int(height)
    if given is None:
        raise entry.error(f"the size of its pictures isn't told; add {' and '.join(sides)}, or give the size")
    return given


def _read(path: Path) -> dict[str, Any]:
    """Numbers, texts, lists and matrices of a file by key."""
    if not path.is_file():
        raise InputError(f"{path} isn't there. Check the name; EasyMocap's intri.yml and extri.yml lie side by side.")
    storage = cv2.FileStorage()
    try:
        # By its text, as OpenCV crashes on names that aren't UTF-8.
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        storage.open(text, cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
        values = _value(storage.root())
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}. Check your rights.") from error
    except cv2.error as error:
        raise InputError(f"{path} isn't YAML as OpenCV writes it: {error.err}. Write it with cv2.FileStorage.") from error
    finally:
        storage.release()
    return values if isinstance(values, dict) else {}


def _value(node: cv2.FileNode) -> Any:
    if node.isMap():
        if not node.getNode("dt").empty():
            return node.mat().tolist()
        return {key: _value(node.getNode(key)) for key in node.keys()}  # noqa: SIM118 (it isn't a dictionary)
    if node.isSeq():
        return [_value(node.at(i)) for i in range(node.size())]
    if node.isString():
        return node.string()
    return int(node.real()) if node.isInt() else node.real()
