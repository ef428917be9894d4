import json
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from synthetic_timeline import four_cameras

from viewsync.outputs import timeline_json
from viewsync.types import InputError

COMMAND = "viewsync sync cam1.mp4 cam2.mp4 cam3.mp4 cam4.mp4"
DESIGNED = {
    "cameras": "id path sha256 verdict reasons first_pts_seconds offset_seconds offset_std_seconds "
    "rate_ppm rate_std_ppm offset_rate_covariance rate_bound_ppm",
    "pairs": "a b verdict reasons offset_seconds offset_std_seconds overlap_seconds cues",
    "cycles": "cameras residual_seconds residual_std_seconds",
}
"""Keys that the schema promises; a list of its own on purpose, so that a renamed field shows."""


def written(path: Path) -> dict:
    timeline_json.write(four_cameras(), path, COMMAND)
    return json.loads(path.read_text())


def test_golden(tmp_path: Path):
    document = written(tmp_path / "timeline.json")
    assert list(document)[:7] == ["schema", "reference", "created_by", "cameras", "pairs", "cycles", "components"]
    assert document["schema"] == "viewsync.timeline/1"
    assert document["reference"] == "cam1"
    assert document["created_by"] == {"version": version("viewsync"), "command": COMMAND}
    assert document["cameras"][2] == {
        "id": "cam3",
        "path": str(Path("/films/cam3.mp4").absolute()),
        "sha256": "0" * 64,
        "verdict": "tied",
        "reasons": ["Fitted drift."],
        "first_pts_seconds": 0.4,
        "offset_seconds": -2.5,
        "offset_std_seconds": 0.013,
        "rate_ppm": pytest.approx(12.0),
        "rate_std_ppm": pytest.approx(4.0),
        "offset_rate_covariance": pytest.approx(-3e-3),
        "rate_bound_ppm": pytest.approx(20.0),
        "last_pts_seconds": pytest.approx(13.4),
        "kind": "video",
    }
    assert document["pairs"][0] == {
        "a": "cam1",
        "b": "cam2",
        "verdict": "tied",
        "reasons": [],
        "offset_seconds": 1.2334,
        "offset_std_seconds": 0.0021,
        "overlap_seconds": 8.0,
        "cues": [
            {
                "name": "motion",
                "weight": 0.7,
                "offset_seconds": 1.2334,
                "offset_std_seconds": 0.0021,
                "log_likelihood_ratio": 41.0,
            },
            {
                "name": "audio",
                "weight": 0.3,
                "offset_seconds": pytest.approx(1.2344),
                "offset_std_seconds": 0.0042,
                "log_likelihood_ratio": 12.5,
            },
        ],
        "decided_by": "motion",
        "probability": 0.9995,
        "rate_ppm": None,
        "rate_std_ppm": None,
        "offset_rate_covariance": None,
        "rate_bound_ppm": pytest.approx(50.0),
        "middle_seconds": 5.0,
    }
    assert document["cycles"] == [
        {"cameras": ["cam1", "cam2", "cam3"], "residual_seconds": -0.0016, "residual_std_seconds": 0.012}
    ]
    assert document["components"] == [["cam1", "cam2", "cam3"], ["cam4"]]
    np.testing.assert_allclose(document["offset_covariance"], np.diag([0, 0.0021**2, 0.013**2]))


@pytest.mark.parametrize(("part", "keys"), DESIGNED.items())
def test_no_key_of_the_schema_is_missing(tmp_path: Path, part, keys):
    for entry in written(tmp_path / "timeline.json")[part]:
        assert set(keys.split()) <= entry.keys()


def test_what_is_unknown_is_null_and_never_zero(tmp_path: Path):
    document = written(tmp_path / "timeline.json")
    untied = document["cameras"][3]
    numbers = ["offset_seconds", "offset_std_seconds", "rate_ppm", "rate_std_ppm", "offset_rate_covariance"]
    assert [untied[key] for key in [*numbers, "rate_bound_ppm"]] == [None] * 6
    unfitted = document["cameras"][1]
    assert unfitted["rate_ppm"] is None
    assert unfitted["rate_bound_ppm"] == pytest.approx(50.0)
    assert document["pairs"][3]["decided_by"] is None


def test_a_number_that_is_none_becomes_null_so_that_the_file_is_strict_json(tmp_path: Path):
    timeline = four_cameras()
    endless = replace(timeline.cameras[1], rate_bound=float("inf"))
    path = tmp_path / "timeline.json"
    timeline_json.write(replace(timeline, cameras=(timeline.cameras[0], endless, *timeline.cameras[2:])), path, "")
    document = json.loads(path.read_text(), parse_constant=lambda name: pytest.fail(f"{name} isn't JSON"))
    assert document["cameras"][1]["rate_bound_ppm"] is None


def test_paths_are_absolute_so_that_later_commands_find_the_files(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    document = timeline_json.to_json(four_cameras(folder=Path("films")), COMMAND)
    assert document["cameras"][0]["path"] == str(tmp_path / "films" / "cam1.mp4")


@pytest.mark.parametrize("name", ["Kamera ü 東", 'quote " \\', "bytes \udcff"])
def test_round_trip_with_any_name(tmp_path: Path, name):
    timeline = four_cameras((name, "cam2", "cam3", "cam4"))
    path = tmp_path / "timeline.json"
    timeline_json.write(timeline, path, COMMAND)
    assert timeline_json.read(path) == timeline_json.to_json(timeline, COMMAND)


def changed(document: dict, where: tuple, value) -> dict:
    """The document with one value replaced, or removed where `value` is the ellipsis."""
    part = document
    for key in where[:-1]:
        part = part[key]
    if value is ...:
        del part[where[-1]]
    else:
        part[where[-1]] = value
    return document


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        (("schema",), "viewsync.timeline/2", "has schema 'viewsync.timeline/2', expected 'viewsync.timeline/1'"),
        (("schema",), ..., "has schema None, expected 'viewsync.timeline/1'"),
        (("components",), ..., "the file lacks the key 'components'"),
        (("cameras", 1, "offset_seconds"), ..., r"cameras\[1\] lacks the key 'offset_seconds'"),
        (
            ("cameras", 1, "offset_seconds"),
            "1.2",
            r"cameras\[1\].offset_seconds must be a finite number or null, got '1",
        ),
        (("cameras", 1, "first_pts_seconds"), None, "first_pts_seconds must be a finite number, got None"),
        (("cameras", 1, "offset_seconds"), True, "must be a finite number or null, got True"),
        (("cameras", 1, "rate_ppm"), float("nan"), "rate_ppm must be a finite number or null, got nan"),
        (("cameras", 1, "reasons"), "none", r"cameras\[1\].reasons must be a list"),
        (("pairs", 0, "cues", 1, "weight"), None, r"pairs\[0\].cues\[1\].weight must be a finite number, got None"),
        (("pairs", 0), 3, r"pairs\[0\] must be an object"),
        (("created_by", "command"), 7, "created_by.command must be a string, got 7"),
        (("cameras", 1, "offset_seconds"), None, "camera 'cam2' is 'tied' with offset None"),
        (("cameras", 3, "offset_seconds"), 0.0, "camera 'cam4' is 'no evidence' with offset 0.0"),
        (("cameras", 1, "verdict"), "maybe", "camera 'cam2' has the unknown verdict 'maybe'"),
        (("cameras", 1, "id"), "cam1", "two cameras have the same id"),
        (("reference",), "cam9", "the reference 'cam9' is none of its cameras"),
    ],
)
def test_a_damaged_file_is_refused_with_the_place(tmp_path: Path, where, value, message):
    path = tmp_path / "timeline.json"
    path.write_text(json.dumps(changed(written(path), where, value)))
    with pytest.raises(InputError, match=message):
        timeline_json.read(path)


def test_keys_that_came_later_may_be_missing_and_unknown_ones_present(tmp_path: Path):
    path = tmp_path / "timeline.json"
    document = changed(changed(written(path), ("cameras", 0, "last_pts_seconds"), ...), ("offset_covariance",), ...)
    path.write_text(json.dumps(document | {"weather": "fine"}))
    assert timeline_json.read(path) == document | {"weather": "fine"}


@pytest.mark.parametrize(("content", "message"), [(b"{", "isn't JSON"), (b"\xff\xfe", "isn't JSON"), (b"[]", "schema")])
def test_other_files_are_refused(tmp_path: Path, content, message):
    path = tmp_path / "timeline.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        timeline_json.read(path)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"can't read .*nowhere\.json: No such file"):
        timeline_json.read(tmp_path / "nowhere.json")
