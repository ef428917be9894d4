"""Who is who across cameras, told from outside: a small file, and keypoints whose tracks have the people's names."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from viewsync.files import write_whole
from viewsync.media.keypoints.json_file import read_json
from viewsync.types import InputError, Poses

Identities = Mapping[str, Mapping[int, str]]
"""By camera and by the number that a track has there: the person, by a name that all cameras share."""


def read_identities(path: Path) -> Identities:
    """Read ``{camera: {track: person}}``; a person is a text or a whole number, and 7 is who "7" is.

    Raises:
        InputError: The file can't be read, isn't of this form, or names a track twice.
    """
    content = read_json(path)
    if not isinstance(content, dict) or not all(isinstance(tracks, dict) for tracks in content.values()):
        raise InputError(
            f'{path} isn\'t {{camera: {{track: person}}}}, such as {{"cam1": {{"0": "anna"}}, "cam2": {{"3": "anna"}}}}. '
            "Boxes with identities become such a file with viewsync.association.identities."
        )
    return {camera: _people(path, camera, tracks) for camera, tracks in content.items()}


def _people(path: Path, camera: str, tracks: Mapping[str, object]) -> dict[int, str]:
    people: dict[int, str] = {}
    for track, person in tracks.items():
        try:
            number = int(track)
        except ValueError:
            raise InputError(f"{path}: track {track!r} of {camera} isn't a whole number. Write a track's number.") from None
        if isinstance(person, bool) or not isinstance(person, int | str) or not str(person).strip():
            raise InputError(f"{path}: the person of track {track} of {camera} must be a name or a number, got {person!r}.")
        if number in people:
            raise InputError(f"{path}: track {number} of {camera} is named twice. Keep one of the lines.")
        people[number] = str(person).strip()
    return people


def write_identities(identities: Identities, path: Path) -> None:
    """Write a file that `read_identities` reads.

    Raises:
        InputError: It can't be written.
    """
    text = {camera: {str(track): person for track, person in tracks.items()} for camera, tracks in identities.items()}
    write_whole(path, f"{json.dumps(text, indent=1)}\n".encode())


def identified(poses: Mapping[str, Poses], identities: Identities) -> dict[str, Poses]:
    """The poses, with names at those tracks whose person is known; a person's tracks in a camera become one.

    Args:
        poses: By camera.
        identities: Of all cameras, or of some; of all tracks, or of some.

    Raises:
        InputError: There is no such camera or track, or a person is twice in a frame of a camera.
    """
    unknown = [camera for camera in identities if camera not in poses]
    if unknown:
        raise InputError(
            f"--identities: there are no poses of camera {unknown[0]!r}, only of {', '.join(poses) or 'none'}. Name the "
            "cameras as the poses do, and give these with --poses."
        )
    return {camera: _named(camera, seen, identities.get(camera, {})) for camera, seen in poses.items()}


def _named(camera: str, poses: Poses, people: Mapping[int, str]) -> Poses:
    if not people:
        return poses
    there = set(poses.tracks.tolist())
    unknown = [track for track in people if track not in there]
    if unknown:
        some = ", ".join(map(str, sorted(there)[:10])) + (", …" if len(there) > 10 else "")
        raise InputError(f"--identities: {camera} has no track {unknown[0]}; its tracks are {some or 'none'}.")
    tracks, names = poses.tracks.copy(), []
    for person in dict.fromkeys(people.values()):
        own = [track for track in people if people[track] == person]
        rows = np.flatnonzero(np.isin(poses.tracks, own))
        twice = rows[:-1][np.diff(poses.frames[rows]) == 0]
        if twice.size:
            seconds = poses.pts_seconds[poses.frames[twice[0]]]
            raise InputError(
                f"--identities: {person!r} is in {camera} twice at {seconds:.3f} s, as tracks "
                f"{' and '.join(map(str, np.unique(poses.tracks[rows][poses.frames[rows] == poses.frames[twice[0]]])))}. "
                "Give one of them another name, or leave it out."
            )
        tracks[rows] = own[0]
        names.append((own[0], person))
    return replace(poses, tracks=tracks, people=tuple(names))
