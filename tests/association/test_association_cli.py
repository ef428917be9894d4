"""`viewsync train association` and `viewsync eval association`: what they write and print, and what they refuse."""

import json
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from made_session import SIZE, walkers

from viewsync.association.frames import leaks, split
from viewsync.association.parts import annotated, last, left_out, looked_at, parted, read_boxes
from viewsync.association.readers import has_boxes, read_session
from viewsync.cli import main
from viewsync.commands.train import training
from viewsync.types import InputError

INSTANTS = 60
FILES = ["association-eval.json", "associated.json", "timestamps.json", "association-report.html", "association.mp4"]


def rows_of(session, known=True):
    return {
        str(number): [
            [*box[:2].tolist(), *(box[2:] - box[:2]).tolist(), int(identity) if known else -1, camera]
            for camera, view in enumerate(frame.views)
            for box, identity in zip(view.boxes, view.identities, strict=True)
        ]
        for number, frame in enumerate(session.frames)
    }


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Boxes and times of people who walk about; the first camera sees nobody at the fourth instant."""
    folder = tmp_path_factory.mktemp("hall")
    session = walkers(instants=INSTANTS)
    rows = rows_of(session)
    rows["3"] = [row for row in rows["3"] if row[5] != 0]
    write(folder / "detections.json", rows)
    write(folder / "timestamps.json", {number: frame.seconds for number, frame in enumerate(session.frames)})
    return folder


@pytest.fixture(scope="module")
def weights(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "FEWEST_STEPS", 10)
        assert ran("train", "association", folder, "--steps", 30, "-o", out) == 0
    return out / "association.safetensors"


def ran(*words):
    with pytest.raises(SystemExit) as left:
        main([*map(str, words)])
    return left.value.code


def refused(capsys, *words):
    assert ran(*words) == 2
    return " ".join(capsys.readouterr().err.split())


def test_training_tells_of_its_parts_and_leaves_a_card(weights):
    card = json.loads(weights.with_suffix(".json").read_text())
    assert "44, 10 and 6 instants for training, validation and test" in card["data"]
    assert set(card["metrics"]) == {"all views at once", "view by view", "as published"}
    assert re.search(
        r"train association hall\S* --seed 0 --shares 0.72 0.18 0.1 --steps 30 --loss contrast", card["command"]
    )


def test_everything_is_measured_written_and_read_again(folder, weights, tmp_path, capsys):
    assert ran("eval", "association", folder, "--weights", weights, "--clip", 5, "-o", tmp_path) == 0
    printed = capsys.readouterr().out
    order = [printed.index(name) for name in ("ACC", "IPAA-100", "IPAA-90", "IPAA-80", "F1", "AP", "FPR-95")]
    assert order == sorted(order)
    assert all((tmp_path / name).is_file() and name in printed.replace("\n", "") for name in FILES)
    assert len([*tmp_path.glob("association-?.png")]) in (4, 5)
    said = json.loads((tmp_path / "association-eval.json").read_text())
    assert (said["instants"], said["tested_instants"]) == (INSTANTS, 6)
    assert said["metrics"] == json.loads(weights.with_suffix(".json").read_text())["metrics"]
    # Alone, and in place of the folder's own.
    own = read_session(folder)
    for again in (read_session(tmp_path), read_session(folder, boxes=tmp_path / "associated.json")):
        for one, other in zip(own.frames, again.frames, strict=True):
            assert one.seconds == other.seconds
            for view, found in zip(one.views, other.views, strict=True):
                np.testing.assert_allclose(np.sort(view.boxes, axis=0), np.sort(found.boxes, axis=0), atol=0.011)
                assert len(np.unique(found.identities)) == len(found) == len(view)


def test_the_page_stands_alone_and_tells_the_metrics(folder, weights, tmp_path):
    assert ran("eval", "association", folder, "--weights", weights, "--clip", 0, "-o", tmp_path) == 0
    page = (tmp_path / "association-report.html").read_text()
    assert not (tmp_path / "association.mp4").exists()
    assert not re.search(r'(src|href)="(?!data:)', page)
    accuracy = json.loads((tmp_path / "association-eval.json").read_text())["metrics"]["all views at once"]["accuracy"]
    for told in (f"{100 * accuracy:.1f}", "the last 6 instants", "IPAA-100", "matches right", "cross"):
        assert told in page
    assert page.count("data:image/jpeg") in (4, 5)


def test_without_identities_there_are_pictures_but_no_metrics(folder, weights, tmp_path, capsys):
    alone = tmp_path / "alone"
    write(alone / "detections.json", rows_of(walkers(instants=12), known=False))
    shutil.copy(folder / "timestamps.json", alone)
    assert ran("eval", "association", alone, "--weights", weights, "--test-share", 1, "-o", tmp_path / "out") == 0
    assert "Nobody's identity is known there" in " ".join(capsys.readouterr().out.split())
    assert json.loads((tmp_path / "out" / "association-eval.json").read_text())["metrics"] == {}
    assert all((tmp_path / "out" / name).is_file() for name in FILES)
    assert "Nobody's identity is known there" in (tmp_path / "out" / "association-report.html").read_text()


def test_training_without_identities_measures_nothing(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(training, "FEWEST_STEPS", 10)
    write(tmp_path / "detections.json", rows_of(walkers(instants=30), known=False))
    shutil.copy(folder / "timestamps.json", tmp_path)
    options = ("--loss", "synchronization", "--no-edges", "--pseudo-negatives", "--mode", "point", "--reprojection", 0)
    assert ran("train", "association", tmp_path, "--steps", 10, *options, "-o", tmp_path / "out") == 0
    assert "Nobody's identity is known there" in " ".join(capsys.readouterr().out.split())
    card = json.loads((tmp_path / "out" / "association.json").read_text())
    assert card["metrics"] == {}
    assert "--no-edges --pseudo-negatives" in card["command"]
    assert card["arguments"]["mode"] == "point"


def test_one_set_of_boxes_is_cut_as_ever(folder):
    boxes = read_boxes(folder)
    parts, cut = parted(boxes, boxes), split(boxes.session)
    assert {part: one.seconds.tolist() for part, one in parts.items()} == {p: s.seconds.tolist() for p, s in cut.items()}
    assert last(boxes, 0.1).seconds.tolist() == cut["test"].seconds.tolist()
    assert len(last(boxes, 1.0).frames) == INSTANTS


def test_detections_are_learned_from_before_the_test_and_annotations_tell_who_they_are(folder, tmp_path):
    noisy = walkers(instants=INSTANTS, noise_pixels=0.5)
    path = write(tmp_path / "found.json", rows_of(noisy, known=False))
    found, own = read_boxes(folder, boxes=path), read_boxes(folder)
    assert not found.session.knows_people
    assert found.known.knows_people
    assert annotated(found).knows_people
    parts = parted(found, own)
    assert parts["test"].seconds.tolist() == split(own.session)["test"].seconds.tolist()
    assert max(parts["validation"].seconds) < min(parts["test"].seconds)
    assert not any(parts[part].knows_people for part in ("training", "validation"))
    assert left_out(found, parts) == 6
    assert parted(found, own, supervised=True)["training"].knows_people
    leaky = parted(found, own, leaky=True)
    assert len(leaks(leaky["training"], leaky["test"])) + len(leaks(leaky["validation"], leaky["test"])) == 6
    assert parted(own, found)["test"].knows_people


def test_pictures_without_boxes_take_those_of_a_file(folder, tmp_path):
    for number in range(12):
        for camera in range(3):
            cv2.imwrite(str(tmp_path / f"{number:06d}_{camera}.png"), np.full((SIZE[1], SIZE[0], 3), 30 * camera, np.uint8))
    shutil.copy(folder / "timestamps.json", tmp_path)
    assert has_boxes(folder)
    assert not has_boxes(tmp_path)
    found = read_boxes(tmp_path, boxes=write(tmp_path / "out" / "found.json", rows_of(walkers(instants=12))))
    assert found.session is found.known is found.clock
    seen = looked_at(found, "colours")
    assert all(view.embeddings is not None for frame in seen.known.frames for view in frame.views if len(view))
    with pytest.raises(InputError, match="no file of boxes"):
        read_boxes(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: {frame: [row for row in of if row[5] == 0] for frame, of in rows.items()}, "there is 1 camera, but"),
        (
            lambda rows: rows | {"5": [[float("nan"), 10, 20, 30, 1, 0]]},
            "frame 5, camera 0: box (nan, 10, nan, 40) isn't one",
        ),
        (lambda rows: rows | {"5": [[1, 1, 9, 9, 4, 1], [30, 1, 9, 9, 4, 1]]}, "frame 5, camera 1: person 4 is there twice"),
        (lambda rows: rows | {"99": rows["5"]}, "tells no time of frame 99"),
        (lambda rows: {number: rows[number] for number in ("0", "1", "2")}, "its 3 instants are too few"),
    ],
)
def test_boxes_that_make_no_sense_are_named(folder, tmp_path, capsys, change, said):
    write(tmp_path / "detections.json", change(rows_of(walkers(instants=20))))
    shutil.copy(folder / "timestamps.json", tmp_path)
    assert said in refused(capsys, "train", "association", tmp_path, "-o", tmp_path / "out")


def test_times_must_be_told(folder, tmp_path, capsys):
    shutil.copy(folder / "detections.json", tmp_path)
    assert "Give their rate with --fps, or write timestamps.json" in refused(
        capsys, "train", "association", tmp_path, "-o", tmp_path / "out"
    )


def test_boxes_outside_their_pictures_are_left_out(folder, weights, tmp_path):
    rows = rows_of(walkers(instants=10))
    rows["0"] = [[-50, -50, 30, 30, 77, 0], [-10, 100, 40, 90, 78, 0], *rows["0"]]
    (tmp_path / "in").mkdir()
    for camera in range(3):
        path = tmp_path / "in" / f"000000_{camera}.png"
        cv2.imwrite(str(path), np.zeros((SIZE[1], SIZE[0], 3), np.uint8))
    write(tmp_path / "in" / "detections.json", rows)
    shutil.copy(folder / "timestamps.json", tmp_path / "in")
    out = tmp_path / "out"
    assert ran("eval", "association", tmp_path / "in", "--weights", weights, "--test-share", 1, "--clip", 2, "-o", out) == 0
    told = json.loads((out / "associated.json").read_text())
    assert [-50, -50, 30, 30] not in [row[:4] for row in told["0"]]
    assert [-10, 100, 40, 90] in [row[:4] for row in told["0"]]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--no-edges",), "--no-edges is of the published loss. Say --loss synchronization"),
        (("--pseudo-negatives", "--loss", "supervised"), "--pseudo-negatives is of the published loss"),
        (("--released", 80, "--steps", 200), "--released says how long and by which loss"),
        (("--released", 0), "--released must be 1 epoch or more, got 0"),
        (("--reprojection", "nan"), "--reprojection must be a number from 0 on, got nan"),
        (("--leaky",), "Name them with --boxes"),
        (("--steps", 7), "--steps must be 100 or greater, got 7"),
        (("--appearance", "looks.npz", "--boxes", "found.json"), "vectors (looks.npz) are of one set of boxes"),
        (("--appearance", "looks.npz"), "looks.npz can't be read as NumPy's .npz"),
        (("--appearance", "colours"), "there is no picture of somebody whom 0 sees"),
        (("--shares", 0.9, 0.1, 0.1), "shares of training, validation and test must be positive with the sum 1"),
        (("--boxes", "nowhere.json"), "nowhere.json: there is no such file or folder"),
        (("--fps", -1), "--fps must be a positive number, got -1"),
    ],
)
def test_usage_that_makes_no_sense_of_training(folder, tmp_path, capsys, options, said):
    assert said in refused(capsys, "train", "association", folder, *options, "-o", tmp_path)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--test-share", 0), "--test-share must be more than 0 and at most 1, got 0"),
        (("--test-share", 0.001), "0.001 of its 60 instants is none"),
        (("--clip", -1), "--clip must be 0 or greater, got -1"),
        (("--weights", "nowhere.safetensors"), "nowhere.json: no model card beside the weights"),
    ],
)
def test_usage_that_makes_no_sense_of_measuring(folder, weights, tmp_path, capsys, options, said):
    assert said in refused(capsys, "eval", "association", folder, "--weights", weights, *options, "-o", tmp_path)


def test_other_cameras_are_refused(weights, tmp_path, capsys):
    rows = {number: [row for row in of if row[5] < 2] for number, of in rows_of(walkers(instants=10)).items()}
    write(tmp_path / "detections.json", rows)
    said = refused(
        capsys, "eval", "association", tmp_path, "--fps", 1, "--weights", weights, "--test-share", 1, "-o", tmp_path / "o"
    )
    assert "its cameras are 0, 1, but the network was trained for 0, 1, 2" in said


DATA = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "wildtrack").is_dir(), reason="WILDTRACK isn't there")
def test_wildtrack_is_learned_from_detections_and_tested_on_others():
    wildtrack, found = DATA / "wildtrack" / "datasets" / "Wild-Track", DATA / "wildtrack" / "detections"
    learned = read_boxes(wildtrack, boxes=found / "self_mva_detections_train.json")
    tested = read_boxes(wildtrack, boxes=found / "MVDeTr_test.json")
    parts = parted(learned, tested)
    assert [len(one.frames) for one in parts.values()] == [231, 57, 40]
    assert parts["test"].knows_people
    assert not parts["training"].knows_people
    assert left_out(learned, parts) == 0
