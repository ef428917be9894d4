"""The cameras of any calibration file, found for the recordings that they belong to."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from viewsync.calibration.aniposelib import read_aniposelib
from viewsync.calibration.caliscope import read_caliscope
from viewsync.calibration.drone_tracking import read_drone_tracking
from viewsync.calibration.moving import read_moving
from viewsync.calibration.opencv_yaml import Size, read_easymocap, read_easymocap_lenses, read_opencv, read_opencv_lens
from viewsync.calibration.pets2009 import read_pets2009
from viewsync.calibration.qualisys import read_qualisys
from viewsync.calibration.tables import read_tables
from viewsync.calibration.wildtrack import read_wildtrack
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens
from viewsync.types import InputError

_KNOWN = (
    "a TOML of Pose2Sim, Anipose, FreeMoCap or Caliscope, Qualisys' .qca.txt, YAML that OpenCV wrote, this project's "
    "cameras.json, or a folder with EasyMocap's intri.yml and extri.yml, with a YAML per camera, or with the XML of "
    "WILDTRACK or PETS2009"
)
_YAML = (".yml", ".yaml")
_FILLERS = {"cam", "camera", "calib", "img", "int", "ext", "video", "view", "json"}
"""Words of a name that don't tell which camera it is."""
_SAME_SHAPE = 0.01
"""By how much the aspect of video and calibration may differ: encoders round sizes to multiples of 8 or 16."""


def read_cameras(path: Path, size: Size | None = None) -> dict[str, CalibratedCamera]:
    """The cameras of a file or folder by name, whichever of the known formats it has.

    Args:
        path: The file or folder.
        size: Width and height of the pictures, for the formats of OpenCV that often don't tell.

    Raises:
        InputError: It has no known format, can't be read, a camera in it can't be used, or two have the same name.
    """
    cameras = list((_of_folder if path.is_dir() else _of_file)(path, size))
    names = [camera.name for camera in cameras]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{path} has more than one camera called {', '.join(twice)}. Give each a name of its own.")
    return dict(zip(names, cameras, strict=True))


def read_lenses(path: Path, size: Size | None = None) -> dict[str, Lens]:
    """The lenses of a file or folder by the cameras' names; the cameras' poses may be missing.

    Reads what `read_cameras` reads, and also drone_tracking's JSON (or a folder of these), EasyMocap's ``intri.yml``
    alone, and OpenCV's YAML without pose. The lens of a file without names is called after the file.

    Args:
        path: The file or folder.
        size: As of `read_cameras`.

    Raises:
        InputError: As of `read_cameras`.
    """
    if path.is_dir() and (files := sorted(path.glob("*.json"))):
        return {file.stem: read_drone_tracking(file) for file in files}
    if path.name == "intri.yml":
        return read_easymocap_lenses(path, size)
    match _kind(path):
        case "yaml":
            return {path.stem: read_opencv_lens(path, size)}
        case "json" if b"K-matrix" in path.read_bytes():
            return {path.stem: read_drone_tracking(path)}
    return {name: camera.lens for name, camera in read_cameras(path, size).items()}


def _of_folder(folder: Path, size: Size | None) -> Iterable[CalibratedCamera]:
    if (folder / "intri.yml").exists() or (folder / "extri.yml").exists():
        return read_easymocap(folder, size)
    if any(folder.glob("View_*.xml")):
        return read_pets2009(folder)
    if any(folder.glob("extrinsic/extr_*.xml")):
        published = (folder / "intrinsic_zero").is_dir()
        return read_wildtrack(folder) if published else read_wildtrack(folder, intrinsics="intrinsic", metres_per_unit=1.0)
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in _YAML)
    if not files:
        raise InputError(f"{folder} holds no known calibration. Name the file itself, or give {_KNOWN}.")
    return [read_opencv(file, size) for file in files]


def _of_file(path: Path, size: Size | None) -> Iterable[CalibratedCamera]:
    if path.name in ("intri.yml", "extri.yml"):
        return read_easymocap(path.parent, size)
    match _kind(path):
        case "yaml":
            return [read_opencv(path, size)]
        case "xml":
            return read_qualisys(path)
        case "json":
            return _standing(path)
        case "toml":
            return read_caliscope(path) if isinstance(read_tables(path).get("cameras"), dict) else read_aniposelib(path)
    raise InputError(f"{path} is no known calibration. Give {_KNOWN}.")


def _kind(path: Path) -> str | None:
    """What language the file is in; None where it is none of a calibration, or a folder."""
    if path.is_dir():
        return None
    try:
        with path.open("rb") as file:
            start = file.read(256).decode("utf-8-sig", errors="replace").lstrip()
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}. Check the name.") from error
    if path.suffix.lower() in _YAML or start.startswith("%YAML"):
        return "yaml"
    return {"<": "xml", "{": "json"}.get(start[:1], "toml" if path.suffix.lower() == ".toml" else None)


def _standing(path: Path) -> list[CalibratedCamera]:
    cameras = read_moving(path)
    moving = [camera.name for camera in cameras if camera.moves]
    if moving:
        raise InputError(
            f"{path}: {', '.join(moving)} moved while filming. Give the calibration of cameras that stood still."
        )
    return [camera.at_frame(0) for camera in cameras]


# ── whose calibration it is ───────────────────────────────────────────────────────────────────────────────────────


def camera_for(cameras: Mapping[str, CalibratedCamera], camera_id: str) -> CalibratedCamera | None:
    """The calibration of a recording, by name.

    ``cam01`` finds ``cam_1``, ``int_cam1_img`` or ``1``; ``trial_Miqus_1_26580`` finds ``26580``.

    Args:
        cameras: By name, as `read_cameras` gives them.
        camera_id: The recording's id, which is its file's stem.

    Returns:
        None where no name fits.

    Raises:
        InputError: Several fit.
    """
    if camera_id in cameras:
        return cameras[camera_id]
    for key in (_words, _number, _serial):
        wanted = key(camera_id)
        found = [name for name in cameras if wanted and key(name) == wanted]
        if len(found) > 1:
            raise InputError(
                f"the calibrations of {' and '.join(found)} could both be {camera_id}'s. Call one of them {camera_id}."
            )
        if found:
            return cameras[found[0]]
    return None


def cameras_for(cameras: Mapping[str, CalibratedCamera], camera_ids: Sequence[str]) -> dict[str, CalibratedCamera]:
    """The calibrations of recordings by their ids. There may be more of either, but not of both.

    That names are left over on both sides is a sign that others have been taken for one another: where files count from 1
    and the calibration from 0, ``cam01`` would find the second camera.

    Raises:
        InputError: Names don't fit.
    """
    found = {id: camera for id in camera_ids if (camera := camera_for(cameras, id)) is not None}
    taken = {camera.name for camera in found.values()}
    missing, unused = [id for id in camera_ids if id not in found], [name for name in cameras if name not in taken]
    if len(taken) < len(found) or (missing and unused) or not found:
        raise InputError(
            f"recordings and calibrated cameras can't be told apart by name. Recordings: {', '.join(camera_ids)}. "
            f"Calibrated: {', '.join(cameras)}. Call them the same."
        )
    return found


def _words(name: str) -> tuple[str, ...]:
    """The words and numbers of a name that tell whose it is."""
    words = re.findall(r"[^\W\d_]+|\d+", name.casefold())
    return tuple(str(int(word)) if word.isdecimal() else word for word in words if word not in _FILLERS)


def _number(name: str) -> int | None:
    """The number of the camera: what follows "cam", "camera" or "view", or all there is."""
    found = re.search(r"(?:cam|camera|view)[\W_]*(\d+)", name.casefold()) or re.fullmatch(r"(\d+)", name)
    return int(found[1]) if found else None


def _serial(name: str) -> str | None:
    """A serial number: the last of four digits or more."""
    found = re.findall(r"\d{4,}", name)
    return found[-1] if found else None


# ── whether it fits the picture ───────────────────────────────────────────────────────────────────────────────────


def fitted(camera: CalibratedCamera, width: int, height: int) -> CalibratedCamera:
    """The camera for its video's pictures, which may be of another size than those that it was calibrated with.

    Where the aspect differs, too, by up to 1 %, the picture counts as scaled to fit, in the middle, as ffmpeg pads: so
    were the videos of Pose2Sim's demo made.

    Args:
        camera: As calibrated.
        width: Of the pictures, as displayed.
        height: The same.

    Raises:
        InputError: The pictures have another shape, or lie on their side.
    """
    return replace(camera, lens=fitted_lens(camera.lens, width, height, camera.name))


def fitted_lens(lens: Lens, width: int, height: int, name: str) -> Lens:
    """The lens alone, likewise."""
    across, down = width / lens.width, height / lens.height
    if abs(across / down - 1) > _SAME_SHAPE:
        side = abs(width * lens.width / (height * lens.height) - 1) <= _SAME_SHAPE
        why = "that lies on its side. Turn" if side else "of another shape. Calibrate with pictures of the video, or turn"
        raise InputError(
            f"camera {name} was calibrated for {lens.width} × {lens.height} pixels, but its video has "
            f"{width} × {height}: a picture {why} the video as it was when calibrated."
        )
    scale = min(across, down)
    (fx, fy), (cx, cy) = lens.focal_pixels, lens.center_pixels
    center = (
        scale * (cx - (lens.width - 1) / 2) + (width - 1) / 2,
        scale * (cy - (lens.height - 1) / 2) + (height - 1) / 2,
    )
    return Lens(width, height, (scale * fx, scale * fy), center, lens.distortion)
