"""From the command line to weights, errors and pictures of joints in space."""

import json

import numpy as np
import pytest
import torch
from drawn_person import SIDE, drawn_footage
from matplotlib.collections import LineCollection
from pose_layouts import write_scene

from viewsync.cli import main
from viewsync.footage.desynchronizer import Latency
from viewsync.networks.checkpoints import ModelCard, load_network, save_network
from viewsync.pose3d.drawing import BONES, example
from viewsync.pose3d.evaluate import truths
from viewsync.pose3d.footage import JOINTS, PELVIS
from viewsync.pose3d.report import WAYS, Report, by_all_ways, conditions, draw, figures, measure, table
from viewsync.pose3d.samples import samples
from viewsync.pose3d.system import PoseNetwork
from viewsync.pose3d.training import arguments
from viewsync.training_loop import CHECKPOINT
from viewsync.types import InputError

LATE = Latency.at_random(3, 0.4)
OPTIONS = ["--tested-every", "4"]


def command(*told):
    with pytest.raises(SystemExit) as left:
        main([str(one) for one in told])
    return left.value.code


@pytest.fixture(scope="module")
def footage():
    return drawn_footage()


@pytest.fixture(scope="module")
def network(footage):
    torch.manual_seed(0)
    return PoseNetwork(**arguments("CLS-cor", [footage], LATE, voxels=16)).eval()


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """Two scenes, one to train on and one to test on."""
    monkeypatch.setenv("VIEWSYNC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("viewsync.commands.train.training.FEWEST_STEPS", 1)
    monkeypatch.setattr("viewsync.pose3d.report._EXAMPLES", 1)
    folder = tmp_path / "lab"
    scenes = [{"name": "lab-0000", "split": "train"}, {"name": "lab-0001", "split": "test"}]
    for scene in scenes:
        write_scene(folder / scene["name"])
    (folder / "manifest.json").write_text(json.dumps({"schema": "viewsync.worlds/1", "scenes": scenes}))
    return folder


def test_the_command_line_leaves_weights_that_can_be_measured(lab, tmp_path, capsys):
    out, before = tmp_path / "out", sorted(lab.rglob("*"))
    size = ["--side-pixels", SIDE, "--voxels", 16]
    told = ["--method", "CLS-epi", "--latency-seconds", "0.2", "--steps", 2, "--pretraining-steps", 2, *size, *OPTIONS]
    assert command("train", "pose3d", lab, *told, "-o", out) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "random latency of 0.2 s, volumetric: MPJPE over frames" in printed
    assert "no latency, RANSAC: MPJPE over frames" in printed
    card = json.loads((out / "pose3d-cls-epi.json").read_text())
    assert card["command"] == (
        "viewsync train pose3d lab --seed 0 --method CLS-epi --latency-seconds 0.2 --warping-weight 0.01 "
        "--similarity-weight 0.0 --side-pixels 64 --tested-every 4 --preset small --optimizer one-cycle "
        "--pretraining-steps 2 --steps 2 --voxels 16"
    )
    assert card["data"] == "1 clips and, held out, 1: lab-0000 and lab-0001."
    assert load_network(out / "pose3d-cls-epi.safetensors", PoseNetwork).method == "CLS-epi"
    assert (out / "backbone" / CHECKPOINT).is_file()

    assert command("eval", "pose3d", lab, "--weights", out / "pose3d-cls-epi.safetensors", *OPTIONS, "-o", out) == 0
    said = json.loads((out / "pose3d-eval.json").read_text())
    assert (said["schema"], said["latency_seconds"], said["every"]) == ("viewsync.eval/1", 0.2, 4)
    assert said["tests"] == card["metrics"]["tests"]
    assert list(said["tests"]) == ["random latency of 0.2 s", "no latency"]
    for ways in said["tests"].values():
        assert tuple(ways) == WAYS
        assert set(ways["volumetric"]["by_action"]) == {"posing", "walking"}
    printed = " ".join(capsys.readouterr().out.split())
    assert "pose3d-cls-epi.safetensors: MPJPE in mm" in printed
    assert [path.name for path in sorted(out.glob("*.png"))] == ["pose3d-1.png"]
    assert sorted(lab.rglob("*")) == before

    # What was done is done: nothing is trained anew, and the weights stay the same.
    weights = (out / "pose3d-cls-epi.safetensors").read_bytes()
    assert command("train", "pose3d", lab, *told, "-o", out, "--resume") == 0
    assert (out / "pose3d-cls-epi.safetensors").read_bytes() == weights
    # Another training isn't gone on with.
    assert command("train", "pose3d", lab, *told, "-o", out, "--resume", "--method", "CLS-cor") == 2
    assert "the training there is another one" in " ".join(capsys.readouterr().err.split())
    # After the pre-training the rest is still to be done.
    (out / CHECKPOINT).unlink()
    assert command("train", "pose3d", lab, *told, "-o", out, "--resume") == 0
    assert (out / "pose3d-cls-epi.safetensors").read_bytes() == weights


def test_footage_that_is_too_short_is_refused_before_anything_is_trained(lab, tmp_path, capsys):
    size = ["--side-pixels", SIDE, "--steps", 2, "--pretraining-steps", 2]
    assert command("train", "pose3d", lab, "--latency-seconds", 5, *size, "-o", tmp_path / "out") == 2
    assert "lasts 1.2 s, which is too short for latencies" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out" / "backbone").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("train", "pose3d"), "DATA"),
        (("train", "pose3d", "nowhere"), "nowhere is no folder"),
        (("train", "pose3d", "nowhere", "--warping-weight", "-1"), "the warping weight (γ) must be a number from 0 on"),
        (("train", "pose3d", "nowhere", "--pretraining-steps", "5"), "--pretraining-steps must be 100 or greater, got 5"),
        (("train", "pose3d", "nowhere", "--tested-every", "0"), "--tested-every must be 1 or greater, got 0"),
        (("train", "pose3d", "nowhere", "--side-pixels", "-64"), "--side-pixels must be a multiple of 32, got -64"),
        (("eval", "pose3d"), "DATA"),
        (("eval", "pose3d", "nowhere", "--tested-every", "0"), "--tested-every must be 1 or greater, got 0"),
        (("eval", "pose3d", "nowhere", "--weights", "no.safetensors"), "no.json: no model card beside the weights"),
    ],
)
def test_usage_that_makes_no_sense_is_refused(capsys, tmp_path, arguments, said):
    assert command(*arguments, "-o", tmp_path) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_latency_is_asked_of_whoever_knows_it(network, lab, tmp_path, footage):
    path = tmp_path / "made.safetensors"
    save_network(path, network, ModelCard("", arguments("CLS-cor", [footage], LATE, voxels=16), "", "", "", 0, None))
    with pytest.raises(InputError, match=r"made\.json doesn't tell the latency in training\. Give one: --latency-seconds"):
        measure(path, lab, latency_seconds=None, every=4, seed=0)
    report = measure(path, lab, latency_seconds=0.1, every=4, seed=0)
    assert list(report.tests) == ["random latency of 0.1 s", "no latency"]
    assert len(report.examples) == 1


def test_conditions_are_of_the_same_seed_and_need_footage(footage):
    once, again = (conditions([footage], 0.4, 2, seed=3) for _ in range(2))
    late, together = once.values()
    assert [one.frames.tolist() for one in late] == [one.frames.tolist() for one in next(iter(again.values()))]
    assert {one.instant % 2 for one in late} == {0}
    assert any(one.latency_seconds.any() for one in late)
    assert not any(one.latency_seconds.any() for one in together)
    with pytest.raises(InputError, match="there is no footage to measure on"):
        conditions([], 0.4, 1, 0)


@pytest.mark.parametrize("lost", [JOINTS.index("nose"), PELVIS])
def test_each_way_has_its_own_errors(network, footage, monkeypatch, lost):
    """The volume is 30 mm off along x, but for the pelvis; triangulation is right, but has one joint behind a camera."""
    (sample,) = samples([footage], LATE, 0)[3:4]
    truth, forward = torch.from_numpy(truths([sample])).float(), PoseNetwork.forward
    off = 0.03 * (torch.arange(17) != PELVIS)[:, None] * torch.tensor([1.0, 0, 0])

    def knowing(self, *shown):
        pose = forward(self, *shown)
        guess = pose.guess._replace(joints_metres=truth.clone(), before=(torch.arange(17) != lost)[None])
        return pose._replace(joints_metres=truth + off, guess=guess)

    monkeypatch.setattr(PoseNetwork, "forward", knowing)
    told = figures(network, [sample])
    assert told["volumetric"]["relative_mm"] == pytest.approx(30 * 16 / 17, abs=1e-2)
    assert told["volumetric"]["per_action_relative_mm"] == pytest.approx(30 * 16 / 17, abs=1e-2)
    algebraic = told["algebraic"]
    assert algebraic["missing_share"] == pytest.approx(1 / 17)
    if lost == PELVIS:  # Without one, there is no error relative to it, and none is made up.
        assert (algebraic["relative_mm"], algebraic["frames"], algebraic["by_action"]) == (None, 0, None)
    else:
        assert algebraic["relative_mm"] == pytest.approx(0, abs=1e-2)
    report = Report("made", 0, 0.0, 1, {"no latency": told}, [], [])
    cells = [list(column.cells) for column in table(report).columns]
    assert cells[0] == ["no latency", *(f"  {way}" for way in WAYS)]
    assert (cells[1][2] == "–") == (lost == PELVIS)


def test_one_look_gives_joints_by_all_ways(network, footage):
    shown = samples([footage], LATE, 0)[:5]
    found = by_all_ways(network, shown)
    assert tuple(found) == WAYS
    assert all(one.shape == (5, 17, 3) for one in found.values())
    assert np.isfinite(found["volumetric"]).all()
    alone = by_all_ways(network, shown[4:])
    for way in WAYS:
        np.testing.assert_allclose(found[way][4], alone[way][0], atol=1e-4)


def test_an_example_shows_inputs_truth_and_answers(network, footage):
    sample = samples([footage], LATE, 0)[2]
    drawn = draw(network, sample).axes
    titles = [axes.get_title() for axes in drawn]
    late = [f"{one:+.2f} s" for one in sample.latency_seconds[1:]]
    assert titles[:3] == ["cam1: reference", f"cam2: {late[0]}", f"cam3: {late[1]}"]
    rows = [title for axes in drawn if (title := axes.get_title(loc="left"))]
    assert rows[0] == "truth"
    assert [row.split(":")[0] for row in rows[1:]] == list(WAYS)


def test_bones_are_where_pictures_of_the_instant_show_them():
    footage = drawn_footage(missing=((1, 0, 20),), unknown=("nose",))
    sample = samples([footage], LATE, 0)[0]
    truth = truths([sample])[0]
    figure = example(sample, {"found": truth, "lost": np.full((17, 3), np.nan)})
    drawn = [[one for one in axes.collections if isinstance(one, LineCollection)] for axes in figure.axes]
    assert [len(lines) for lines in drawn] == [0, 0, 0] + 3 * [1, 0, 1]
    assert figure.axes[1].get_title() == "cam2: missing"
    camera = footage.cameras_at(np.full(3, sample.instant))[2]
    known = [bone for bone in BONES if "nose" not in bone]
    segments = drawn[5][0].get_segments()
    assert len(segments) == len(known) == len(BONES) - 2
    for bone, segment in zip(known, segments, strict=True):
        np.testing.assert_allclose(segment, camera.project(truth[[JOINTS.index(one) for one in bone]]))
    assert drawn[9][0].get_segments() == []
    assert [figure.axes[at].get_title(loc="left") for at in (6, 9)] == ["found: 0 mm", "lost: no pelvis"]
