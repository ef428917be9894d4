"""Folders of synchronized left and right recordings: what the stereo networks are trained and tested on."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np

from viewsync.media import probe
from viewsync.media.chapters import check_same_settings, join
from viewsync.media.container import PICTURE_SUFFIXES
from viewsync.media.contents import read_contents
from viewsync.media.folder import VIDEO_SUFFIXES, media_files
from viewsync.media.pictures import video_of
from viewsync.types import InputError, Recording

CLIP_FRAMES = 20
"""Frames of a clip whose delay is asked for."""
LEAST_FRAMES = 2 * CLIP_FRAMES + 1
"""Two clips that share no frame, of flow, of which there is one fewer than pictures."""
PICTURES_FPS = 30
"""Of folders of pictures without time stamps: the paper's rate."""
Split = Literal["train", "val", "test"]

_SIDES = ("left", "right")
_PLACES = (".", "images/good")
"""Where the two sides lie in a recording's folder; the second is how the paper's authors lay out theirs."""
_TIME_STAMP_FILES = ("timestamps.csv", "timestamps.txt")
_MANIFEST, _MANIFEST_SCHEMA = "manifest.json", "viewsync.worlds/1"
_RATE_TOLERANCE = 0.01
_HELD_OUT_SHARE = 0.2


@dataclass(frozen=True)
class StereoRecording:
    """What two cameras side by side took at the same instants: frame t of the left belongs to frame t of the right.

    Raises:
        InputError: The two are the same, have fewer than `LEAST_FRAMES` frames, or differ in the size, rate, number or
            times of frames.
    """

    name: str
    left: Recording
    right: Recording
    split: Split | None = None
    """What it is meant for, where the folder's manifest says so."""

    def __post_init__(self) -> None:
        left, right = video_of(self.left), video_of(self.right)
        if self.left.sha256 == self.right.sha256:
            raise InputError(
                f"{self.left.path} and {self.right.path} are the same recording. Give what each of the two cameras took."
            )
        self._require_same("size", f"{left.width}×{left.height}", f"{right.width}×{right.height}")
        if abs(left.interval_seconds / right.interval_seconds - 1) > _RATE_TOLERANCE:
            rates = (f"{1 / side.interval_seconds:.3g} frames/s" for side in (left, right))
            self._require_same("rate", *rates)
        self._require_same("length", f"{left.pts.size} frames", f"{right.pts.size} frames")
        if left.pts.size < LEAST_FRAMES:
            raise InputError(
                f"{self.left.path} has {left.pts.size} frames; for clips of {CLIP_FRAMES} with all delays, at least "
                f"{LEAST_FRAMES} are needed. Leave it out, or record for longer."
            )
        apart = np.abs((left.pts_seconds - left.pts_seconds[0]) - (right.pts_seconds - right.pts_seconds[0]))
        if apart.max() > left.interval_seconds / 2:
            raise InputError(
                f"{self.name}: from frame {int(np.argmax(apart > left.interval_seconds / 2))} on, the left and the right "
                "camera no longer took their frames at the same times, so one of them lost some. Cut the recording there."
            )

    def _require_same(self, what: str, left: str, right: str) -> None:
        if left != right:
            raise InputError(
                f"{self.left.path} and {self.right.path} must be alike frame by frame, but differ in {what}: {left} and "
                f"{right}. Give both as the cameras took them, or cut and convert them alike."
            )


def stereo_recordings(folder: Path) -> tuple[StereoRecording, ...]:
    """All stereo recordings of a folder, in the order of their names. Nothing is written there.

    Args:
        folder: A recording, or folders each of which is one: videos named left and right, as ``viewsync render stereo``
            writes them; folders left and right of pictures, in the order of their numbers; or such folders in images/good.
            Pictures without a time-stamp file (see `media.probe`) are taken to be `PICTURES_FPS` apart.

    Raises:
        InputError: There is none, one has only one side or can't be read, its sides aren't alike (see `StereoRecording`),
            or one is there twice.
    """
    own = _sides(folder)
    sides = (
        [(folder.resolve().name, own)] if own else [(path.name, _sides(path)) for path in _visible(folder) if path.is_dir()]
    )
    splits = _splits(folder)
    found = [StereoRecording(name, *_read(*pair), splits.get(name)) for name, pair in sides if pair is not None]
    if not found:
        raise InputError(
            f"{folder} holds no stereo recordings. Give a folder for each, with videos named left and right (left.mp4, "
            "right.mp4), or with folders left and right of numbered pictures."
        )
    _refuse_twins(found)
    return tuple(found)


def split(
    recordings: Sequence[StereoRecording], seed: int
) -> tuple[tuple[StereoRecording, ...], tuple[StereoRecording, ...]]:
    """Whole recordings to train on, and whole ones held out: no frame, and none of its neighbours, is in both.

    Args:
        recordings: All there are. Where their folder's manifest says which is which, it decides, unless that leaves none on
            one side; else a fifth of them is held out at random.
        seed: Of chance.

    Raises:
        InputError: There are fewer than two.
    """
    if len(recordings) < 2:
        raise InputError(
            f"{len(recordings)} stereo recording can't be split into one to train on and one held out. Record two or more."
        )
    held_out = {number for number, one in enumerate(recordings) if one.split in ("val", "test")}
    if not 0 < len(held_out) < len(recordings) or any(one.split is None for one in recordings):
        count = max(1, round(_HELD_OUT_SHARE * len(recordings)))
        held_out = set(np.random.default_rng([seed, 71]).permutation(len(recordings))[:count].tolist())
    training = (one for number, one in enumerate(recordings) if number not in held_out)
    return tuple(training), tuple(recordings[number] for number in sorted(held_out))


def _visible(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise InputError(f"{folder} can't be read as a folder: {why}. Give a folder of stereo recordings.") from error


def _sides(folder: Path) -> tuple[Path, Path] | None:
    """Where the left and the right of a recording lie; None where the folder holds neither."""
    for place in (folder / place for place in _PLACES):
        if not place.is_dir() and place != folder:
            continue
        found = {side: [path for path in _visible(place) if _is_side(path, side)] for side in _SIDES}
        several = next((paths for paths in found.values() if len(paths) > 1), None)
        if several:
            raise InputError(f"{place} holds both {several[0].name} and {several[1].name}. Leave one of them.")
        missing = [side for side in _SIDES if not found[side]]
        if len(missing) == 1:
            (there,) = (paths[0].name for paths in found.values() if paths)
            raise InputError(f"{place} holds {there}, but no {missing[0]}. Put what the other camera took beside it.")
        if not missing:
            return found["left"][0], found["right"][0]
    return None


def _is_side(path: Path, side: str) -> bool:
    if path.is_dir():
        return path.name.lower() == side
    return path.stem.lower() == side and path.suffix.lower() in VIDEO_SUFFIXES


def _read(left: Path, right: Path) -> tuple[Recording, Recording]:
    pictures = [_untimed_pictures(side) for side in (left, right)]
    if all(pictures):
        odd = {path.stem for path in pictures[0]} ^ {path.stem for path in pictures[1]}
        if odd:
            raise InputError(
                f"{left} and {right} must hold pictures of the same numbers, but only one has {min(odd)}. Remove those "
                "without a partner."
            )
    left_one, right_one = (
        _of_pictures(side, found) if found else probe(side) for side, found in zip((left, right), pictures, strict=True)
    )
    return left_one, right_one


def _untimed_pictures(side: Path) -> list[Path]:
    """The pictures of a folder in the order of their numbers; empty where `media.probe` reads it."""
    if not side.is_dir() or any((side / name).is_file() for name in _TIME_STAMP_FILES):
        return []
    files = media_files(side)
    return files if files[0].suffix.lower() in PICTURE_SUFFIXES else []


def _of_pictures(folder: Path, pictures: Sequence[Path]) -> Recording:
    """As `media.probe` reads a folder of pictures, at a rate that is taken for granted."""
    contents = [read_contents(picture) for picture in pictures]
    check_same_settings(folder, contents)
    whole, parts = join(contents, [Fraction(1, PICTURES_FPS)] * len(contents))
    digest = hashlib.sha256()
    for picture in pictures:
        digest.update(picture.read_bytes())
    video = replace(video_of(probe(pictures[0])), pts=whole.pts)
    return Recording(folder.name, folder, digest.hexdigest(), video, None, parts=parts)


def _splits(folder: Path) -> dict[str, Split]:
    """Of the recordings' names, where the folder is of rendered worlds."""
    path = folder / _MANIFEST
    if not path.is_file():
        return {}
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest.get("schema") != _MANIFEST_SCHEMA:  # Of a single scene, or of another program.
            return {}
        return {scene["name"]: scene["split"] for scene in manifest["scenes"]}
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise InputError(f"{path} can't be read: {error}. Render the worlds again, or remove it.") from error


def _refuse_twins(recordings: Sequence[StereoRecording]) -> None:
    """The same recording under two names would be both trained on and held out."""
    seen: dict[str, Path] = {}
    for one in recordings:
        for side in (one.left, one.right):
            twin = seen.setdefault(side.sha256, side.path)
            if twin != side.path:
                raise InputError(f"{twin} and {side.path} are the same recording. Leave one of them.")
