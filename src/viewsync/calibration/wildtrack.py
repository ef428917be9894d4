"""WILDTRACK's calibration: three folders of OpenCV XML, extrinsics in centimetres."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from viewsync.calibration.numbers import CameraEntry, rotation_vector
from viewsync.files import write_whole
from viewsync.geometry.camera import CalibratedCamera
from viewsync.types import InputError

_CENTIMETRE = 0.01
_INTRINSICS = """<?xml version="1.0"?>
<opencv_storage>
<camera_matrix type_id="opencv-matrix">
  <rows>3</rows>
  <cols>3</cols>
  <dt>d</dt>
  <data>{matrix}</data></camera_matrix>
<distortion_coefficients type_id="opencv-matrix">
  <rows>5</rows>
  <cols>1</cols>
  <dt>d</dt>
  <data>{distortion}</data></distortion_coefficients>
</opencv_storage>
"""
# Readers of this set take each vector apart at single spaces.
_EXTRINSICS = """<?xml version="1.0"?>
<opencv_storage>
<rvec>{rotation}</rvec>
<tvec>{translation}</tvec>
</opencv_storage>
"""


def right_handed(camera: CalibratedCamera) -> CalibratedCamera:
    """A camera of MultiviewX, which tells of a left-handed world, in the one whose y is turned round.

    So what its calibration says is behind the camera is before it.
    """
    return replace(camera, rotation=-camera.rotation * (1.0, -1.0, 1.0), translation_metres=-camera.translation_metres)


def read_wildtrack(
    folder: Path,
    *,
    intrinsics: str = "intrinsic_zero",
    size: tuple[int, int] = (1920, 1080),
    metres_per_unit: float = _CENTIMETRE,
) -> tuple[CalibratedCamera, ...]:
    """The cameras of a set in this layout, in the order of the annotations' views (sorted by name).

    Args:
        folder: Its ``calibrations``.
        intrinsics: ``intrinsic_zero`` for the published pictures, whose distortion has been taken out;
            ``intrinsic_original`` for the videos. MultiviewX has ``intrinsic``.
        size: Width and height of the pictures, which the files don't tell.
        metres_per_unit: Of the extrinsics: 0.01 for WILDTRACK, 1 for MultiviewX.

    Raises:
        InputError: There are no such files, or a camera in them can't be used.
    """
    paths = sorted((folder / "extrinsic").glob("extr_*.xml"))
    if not paths:
        raise InputError(f"{folder} has no extrinsic/extr_*.xml. Name the folder calibrations of WILDTRACK.")
    cameras = []
    for path in paths:
        name = path.stem.removeprefix("extr_")
        inside = folder / intrinsics / f"intr_{name}.xml"
        optics, pose = CameraEntry(inside, name, _vectors(inside)), CameraEntry(path, name, _vectors(path))
        lens = optics.lens(size, "camera_matrix", "distortion_coefficients")
        translation = metres_per_unit * pose.vector("tvec", 3)
        cameras.append(CalibratedCamera(name, lens, pose.rotation("rvec"), translation))
    return tuple(cameras)


def _vectors(path: Path) -> dict[str, list[str]]:
    """All vectors and matrices of a file, as words."""
    try:
        root = ElementTree.parse(path).getroot()
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}. Check the folder.") from error
    except ElementTree.ParseError as error:
        raise InputError(f"{path} isn't XML: {error}. Copy it again.") from error
    return {node.tag: (node.findtext("data") or node.text or "").split() for node in root}


def write_wildtrack(cameras: Sequence[CalibratedCamera], folder: Path) -> None:
    """Write ``intrinsic_original``, ``intrinsic_zero`` (the same without distortion) and ``extrinsic``.

    Args:
        cameras: Files are named after them. Readers count views in the order of the names.
        folder: The set's ``calibrations``.

    Raises:
        InputError: A file can't be written.
    """
    for camera in cameras:
        for kind, distortion in (("intrinsic_original", camera.lens.distortion), ("intrinsic_zero", (0.0,) * 5)):
            text = _INTRINSICS.format(matrix=_words(camera.lens.matrix.ravel().tolist()), distortion=_words(distortion))
            write_whole(folder / kind / f"intr_{camera.name}.xml", text.encode())
        centimetres = (camera.translation_metres / _CENTIMETRE).tolist()
        text = _EXTRINSICS.format(rotation=_words(rotation_vector(camera.rotation)), translation=_words(centimetres))
        write_whole(folder / "extrinsic" / f"extr_{camera.name}.xml", text.encode())


def _words(values: Sequence[float]) -> str:
    return " ".join(repr(value) for value in values)
