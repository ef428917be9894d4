"""Who is who across cameras, in a file and at the tracks of keypoints."""

import json

import numpy as np
import pytest

from viewsync.cli import main
from viewsync.media.keypoints import write_tracks
from viewsync.media.keypoints.identities import identified, read_identities, write_identities
from viewsync.types import InputError, Poses


def seen(*rows):
    """Frames and tracks of a nose, at 10 frames a second."""
    frames, tracks = np.array(rows, dtype=int).reshape(-1, 2).T
    pixels = 100.0 + np.arange(2 * len(rows), dtype=float).reshape(-1, 1, 2)
    return Poses(("nose",), np.arange(10) / 10, frames, tracks, pixels, np.ones((len(rows), 1)))


CAMERAS = {"cam1": seen((0, 0), (0, 1), (1, 1), (2, 7)), "cam2": seen((0, 3))}


def test_what_is_written_is_read(tmp_path):
    told = {"cam1": {0: "anna", 7: "anna"}, "cam2": {3: "ben"}, "cam3": {}}
    write_identities(told, tmp_path / "people.json")
    assert read_identities(tmp_path / "people.json") == told


def test_numbers_are_names(tmp_path):
    path = tmp_path / "people.json"
    path.write_text('{"cam1": {"0": 7, "-2": "7"}, "cam2": {" 3 ": " anna "}}')
    assert read_identities(path) == {"cam1": {0: "7", -2: "7"}, "cam2": {3: "anna"}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "people.json isn't whole JSON"),
        ("[]", r"people.json isn't \{camera: \{track: person\}\}"),
        ('{"0001": [[1, 2, 3, 4, 5, 0]]}', "Boxes with identities become such a file with viewsync.association"),
        ('{"cam1": {"left": "anna"}}', "people.json: track 'left' of cam1 isn't a whole number"),
        ('{"cam1": {"1.5": "anna"}}', "track '1.5' of cam1 isn't a whole number"),
        ('{"cam1": {"1": null}}', "the person of track 1 of cam1 must be a name or a number, got None"),
        ('{"cam1": {"1": true}}', "must be a name or a number, got True"),
        ('{"cam1": {"1": 2.5}}', "must be a name or a number, got 2.5"),
        ('{"cam1": {"1": " "}}', "must be a name or a number, got ' '"),
        ('{"cam1": {"1": "anna", "01": "ben"}}', "track 1 of cam1 is named twice"),
    ],
)
def test_other_files_are_refused(tmp_path, text, message):
    path = tmp_path / "people.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_identities(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"people\.json can't be read"):
        read_identities(tmp_path / "people.json")


def test_nothing_else_changes():
    named = identified(CAMERAS, {"cam1": {1: "anna"}})
    assert named["cam2"] is CAMERAS["cam2"]
    assert named["cam1"].people == ((1, "anna"),)
    np.testing.assert_array_equal(named["cam1"].tracks, CAMERAS["cam1"].tracks)


def test_a_person_s_tracks_get_one_number():
    named = identified(CAMERAS, {"cam1": {1: "anna", 7: "anna", 0: "ben"}})["cam1"]
    assert named.tracks.tolist() == [0, 1, 1, 1]
    assert named.people == ((1, "anna"), (0, "ben"))


@pytest.mark.parametrize(
    ("identities", "message"),
    [
        ({"cam3": {0: "anna"}}, "there are no poses of camera 'cam3', only of cam1, cam2"),
        ({"cam1": {5: "anna"}}, "cam1 has no track 5; its tracks are 0, 1, 7"),
        ({"cam1": {0: "anna", 1: "anna"}}, "'anna' is in cam1 twice at 0.000 s, as tracks 0 and 1"),
    ],
)
def test_what_doesn_t_fit_the_poses_is_refused(identities, message):
    with pytest.raises(InputError, match=message):
        identified(CAMERAS, identities)


@pytest.mark.parametrize(
    ("content", "message"),
    [({"cam9": {"0": "anna"}}, "no poses of camera 'cam9'"), ({"cam1": {"0": 1, "1": 1}}, "'1' is in cam1 twice")],
)
def test_the_command_line_says_so(tmp_path, capsys, content, message):
    for camera, poses in CAMERAS.items():
        write_tracks(poses, tmp_path / "poses" / f"{camera}.csv")
    (tmp_path / "people.json").write_text(json.dumps(content))
    words = ["sync", "--poses", str(tmp_path / "poses"), "--identities", str(tmp_path / "people.json")]
    with pytest.raises(SystemExit) as stopped:
        main([*words, "-o", str(tmp_path / "out"), "--no-cache"])
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
