"""`timeline.json`, schema 1: the result for other programs. docs/timeline-json.md explains every key.

Keys that `NotRequired` marks came on top of the schema: a reader asks whether they are there.
"""

import json
import math
from importlib.metadata import version
from pathlib import Path
from types import NoneType
from typing import Any, NotRequired, TypedDict, get_args, get_origin, get_type_hints, is_typeddict

from viewsync.files import write_whole
from viewsync.outputs.phrasing import decided_by
from viewsync.types import CameraClock, Cycle, InputError, PairOffset, Recording, Timeline, Verdict

SCHEMA = "viewsync.timeline/1"
KEYPOINTS = "keypoints"
"""The kind of a camera of which there is nothing else."""


class CreatedBy(TypedDict):
    """Where a file comes from."""

    version: str
    command: str


class CameraEntry(TypedDict):
    """One recording and its clock: t_ref = (1 + rate) · t_cam + offset."""

    id: str
    path: str
    sha256: str
    verdict: str
    reasons: list[str]
    first_pts_seconds: float
    offset_seconds: float | None
    offset_std_seconds: float | None
    rate_ppm: float | None
    rate_std_ppm: float | None
    offset_rate_covariance: float | None
    rate_bound_ppm: float | None
    last_pts_seconds: NotRequired[float]
    kind: NotRequired[str]


class CueEntry(TypedDict):
    """What one cue says about a pair."""

    name: str
    weight: float
    offset_seconds: float | None
    offset_std_seconds: NotRequired[float | None]
    log_likelihood_ratio: NotRequired[float | None]


class PairEntry(TypedDict):
    """The measured clock relation of two recordings: t_a = (1 + rate) · t_b + offset."""

    a: str
    b: str
    verdict: str
    reasons: list[str]
    offset_seconds: float | None
    offset_std_seconds: float | None
    overlap_seconds: float
    cues: list[CueEntry]
    decided_by: NotRequired[str | None]
    probability: NotRequired[float | None]
    rate_ppm: NotRequired[float | None]
    rate_std_ppm: NotRequired[float | None]
    offset_rate_covariance: NotRequired[float | None]
    rate_bound_ppm: NotRequired[float | None]
    middle_seconds: NotRequired[float]


class CycleEntry(TypedDict):
    """Offsets added up around three cameras."""

    cameras: list[str]
    residual_seconds: float
    residual_std_seconds: float


class Document(TypedDict):
    """The whole file."""

    schema: str
    reference: str
    created_by: CreatedBy
    cameras: list[CameraEntry]
    pairs: list[PairEntry]
    cycles: list[CycleEntry]
    components: list[list[str]]
    offset_covariance: NotRequired[list[list[float]]]


def to_json(timeline: Timeline, command: str) -> Document:
    """The timeline as plain values, ready for `json.dumps`.

    Args:
        timeline: The result.
        command: The command line (or call) that made it, for the record.
    """
    return {
        "schema": SCHEMA,
        "reference": timeline.reference,
        "created_by": {"version": version("viewsync"), "command": command},
        "cameras": [_camera(camera) for camera in timeline.cameras],
        "pairs": [_pair(pair) for pair in timeline.pairs],
        "cycles": [_cycle(cycle) for cycle in timeline.cycles],
        "components": [list(group) for group in timeline.components],
        "offset_covariance": timeline.offset_covariance.tolist(),
    }


def write(timeline: Timeline, path: Path, command: str) -> None:
    """Write `timeline.json`, whole or not at all.

    Args:
        timeline: The result.
        path: The file to write.
        command: The command line (or call) that made it, for the record.

    Raises:
        InputError: When the file can't be written.
    """
    text = json.dumps(to_json(timeline, command), indent=2, allow_nan=False)
    write_whole(path, f"{text}\n".encode())


def read(path: Path) -> Document:
    """Read a `timeline.json` and check that it is one.

    Args:
        path: The file.

    Raises:
        InputError: When it can't be read, isn't JSON, is of another schema, lacks a key or holds a wrong value.
    """
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}. Give the timeline.json that `sync` wrote.") from error
    except ValueError as error:
        raise InputError(f"{path} isn't JSON ({error}). Give the timeline.json that `sync` wrote.") from error
    found = content.get("schema") if isinstance(content, dict) else None
    if found != SCHEMA:
        raise InputError(f"{path} has schema {found!r}, expected {SCHEMA!r}. Make it again with `sync`.")
    fault = _misfit(content, Document, "") or _contradiction(content)
    if fault is not None:
        raise InputError(f"{path} is damaged: {fault}. Make it again with `sync`.")
    document: Document = content
    return document


def _camera(camera: CameraClock) -> CameraEntry:
    recording = camera.recording
    return {
        "id": camera.id,
        # Absolute, so that later commands find the file from any folder; sha256 still names one that has moved.
        "path": str(recording.path.absolute()),
        "sha256": recording.sha256,
        "verdict": camera.verdict.value,
        "reasons": list(camera.reasons),
        "first_pts_seconds": recording.first_pts_seconds,
        "offset_seconds": _known(camera.offset_seconds),
        "offset_std_seconds": _known(camera.offset_std_seconds),
        "rate_ppm": _ppm(camera.rate),
        "rate_std_ppm": _ppm(camera.rate_std),
        "offset_rate_covariance": _ppm(camera.offset_rate_covariance),
        "rate_bound_ppm": _ppm(camera.rate_bound),
        "last_pts_seconds": recording.last_pts_seconds,
        "kind": _kind(recording),
    }


def _kind(recording: Recording) -> str:
    """What its frames are."""
    if recording.keypoint_seconds is not None:
        return KEYPOINTS
    return "sound" if recording.video is None else "video"


def _pair(pair: PairOffset) -> PairEntry:
    return {
        "a": pair.a,
        "b": pair.b,
        "verdict": pair.verdict.value,
        "reasons": list(pair.reasons),
        "offset_seconds": _known(pair.offset_seconds),
        "offset_std_seconds": _known(pair.offset_std_seconds),
        "overlap_seconds": float(pair.overlap_seconds),
        "cues": [
            {
                "name": cue.name,
                "weight": float(cue.weight),
                "offset_seconds": _known(cue.offset_seconds),
                "offset_std_seconds": _known(cue.offset_std_seconds),
                "log_likelihood_ratio": _known(cue.log_likelihood_ratio),
            }
            for cue in pair.cues
        ],
        "decided_by": decided_by(pair),
        "probability": _known(pair.probability),
        "rate_ppm": _ppm(pair.rate),
        "rate_std_ppm": _ppm(pair.rate_std),
        "offset_rate_covariance": _ppm(pair.offset_rate_covariance),
        "rate_bound_ppm": _ppm(pair.rate_bound),
        "middle_seconds": float(pair.middle_seconds),
    }


def _cycle(cycle: Cycle) -> CycleEntry:
    return {
        "cameras": list(cycle.cameras),
        "residual_seconds": float(cycle.residual_seconds),
        "residual_std_seconds": float(cycle.residual_std_seconds),
    }


def _known(value: float | None) -> float | None:
    """The number, or None where it says nothing: JSON has no infinity, and a null can't be mistaken for a result."""
    return None if value is None or not math.isfinite(value) else float(value)


def _ppm(value: float | None) -> float | None:
    return None if value is None else _known(value * 1e6)


def _misfit(value: object, kind: Any, where: str) -> str | None:
    """How `value` fails to be of `kind` (the types above), or None where it fits."""
    if is_typeddict(kind):
        return _entry_misfit(value, kind, where)
    if get_origin(kind) is list:
        if not isinstance(value, list):
            return f"{where} must be a list"
        faults = (_misfit(item, get_args(kind)[0], f"{where}[{index}]") for index, item in enumerate(value))
        return next((fault for fault in faults if fault is not None), None)
    options = get_args(kind) or (kind,)
    if value is None and NoneType in options:
        return None
    if isinstance(value, str) and str in options:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and float in options:
        return None
    expected = "a string" if str in options else "a finite number"
    return f"{where} must be {expected}{' or null' if NoneType in options else ''}, got {value!r}"


def _entry_misfit(value: object, kind: Any, where: str) -> str | None:
    if not isinstance(value, dict):
        return f"{where} must be an object"
    missing = sorted(kind.__required_keys__ - value.keys())
    if missing:
        return f"{where or 'the file'} lacks the key {missing[0]!r}"
    hints = get_type_hints(kind)
    faults = (_misfit(value[key], hints[key], f"{where}.{key}".lstrip(".")) for key in hints if key in value)
    return next((fault for fault in faults if fault is not None), None)


def _contradiction(document: Document) -> str | None:
    """What the values say that can't be true together, or None."""
    ids = [camera["id"] for camera in document["cameras"]]
    if len(set(ids)) < len(ids):
        return "two cameras have the same id"
    if document["reference"] not in ids:
        return f"the reference {document['reference']!r} is none of its cameras"
    for camera in document["cameras"]:
        if camera["verdict"] not in {verdict.value for verdict in Verdict}:
            return f"camera {camera['id']!r} has the unknown verdict {camera['verdict']!r}"
        if (camera["verdict"] == Verdict.TIED) != (camera["offset_seconds"] is not None):
            return f"camera {camera['id']!r} is {camera['verdict']!r} with offset {camera['offset_seconds']!r}"
    return None
