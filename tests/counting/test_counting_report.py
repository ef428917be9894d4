"""From the command line to weights, scores and pictures."""

import json

import numpy as np
import pytest
import torch
from drawn_scene import HEIGHT, WIDTH, drawn_footage
from matplotlib.colors import to_rgb
from test_reader_of_worlds import filming, write_scene

from viewsync.cli import main
from viewsync.counting.drawing import flow_colors
from viewsync.counting.report import NAME, draw
from viewsync.counting.system import Counter
from viewsync.footage.desynchronizer import Latency, samples
from viewsync.footage.parts import parted, spread
from viewsync.networks.checkpoints import load_card, load_network, shipped
from viewsync.types import InputError

OPTIONS = ["--latency-seconds", "0.4"]


def command(*arguments):
    with pytest.raises(SystemExit) as left:
        main([str(one) for one in arguments])
    return left.value.code


@pytest.fixture
def worlds(tmp_path, monkeypatch):
    """Two scenes, one to train on and one to test on."""
    monkeypatch.setenv("VIEWSYNC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("viewsync.commands.train.training.FEWEST_STEPS", 1)
    monkeypatch.setattr("viewsync.counting.report._EXAMPLES", 1)
    folder = tmp_path / "worlds"
    for name in ("street-0000", "street-0001"):
        write_scene(folder / name, filming("cam1", 20.0), filming("cam2", 130.0))
    scenes = [{"name": "street-0000", "split": "train"}, {"name": "street-0001", "split": "test"}]
    (folder / "manifest.json").write_text(json.dumps({"schema": "viewsync.worlds/1", "scenes": scenes}))
    return folder


def test_the_command_line_leaves_weights_that_can_be_measured(worlds, tmp_path, capsys):
    out, before = tmp_path / "out", sorted(worlds.rglob("*"))
    told = ["--method", "CLS-epi", "--unsynced-only", "--steps", "2", "--size", "48", "32"]
    assert command("train", "counting", worlds, *told, *OPTIONS, "-o", out) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "random latency of 0.4 s: MAE" in printed
    assert "mean of the training footage: MAE" in printed
    card = json.loads((out / "counting-cls-epi.json").read_text())
    assert card["command"] == (
        "viewsync train counting worlds --seed 0 --unsynced-only --method CLS-epi --warping-weight 100.0 "
        "--similarity-weight 10.0 --latency random --latency-seconds 0.4 --size 48 32 --preset small --optimizer one-cycle "
        "--steps 2 --motion-steps 0"
    )
    assert card["metrics"]["random latency of 0.4 s"]["frames"] == 6
    assert "1 clips and, held out, 1: street-0000 and street-0001" in card["data"]
    assert load_network(out / "counting-cls-epi.safetensors", Counter).method == "CLS-epi"

    assert command("eval", "counting", worlds, "--weights", out / "counting-cls-epi.safetensors", *OPTIONS, "-o", out) == 0
    tests = json.loads((out / "counting-eval.json").read_text())["tests"]
    late = {"random latency of 0.4 s", "constant latency of 0.4 s", "no latency"}
    assert set(tests) == late | {"flow on people", "mean of the training footage"}
    assert tests["random latency of 0.4 s"] == card["metrics"]["random latency of 0.4 s"]
    assert tests["flow on people"]["joints"] > 0
    assert "flow on people: " in " ".join(capsys.readouterr().out.split())
    drawn = json.loads((out / "counting-latency.json").read_text())
    assert (drawn["random_seconds"], len(drawn["samples"])) == (0.4, 6)
    assert [path.name for path in sorted(out.glob("*.png"))] == ["counting-1.png"]
    assert sorted(worlds.rglob("*")) == before

    # Another training isn't gone on with; the same one is done, and says the same.
    assert command("train", "counting", worlds, *told, *OPTIONS, "-o", out, "--resume", "--seed", "1") == 2
    assert "the training there is another one" in " ".join(capsys.readouterr().err.split())
    assert command("train", "counting", worlds, *told, *OPTIONS, "-o", out, "--resume") == 0
    assert " ".join(capsys.readouterr().out.split()) == printed


def test_a_weight_that_is_told_is_learned_by(worlds, tmp_path):
    told = ["--method", "CLS-cat", "--unsynced-only", "--steps", "2", "--size", "48", "32", *OPTIONS]
    ways = {"without": ["--no-similarity"], "nothing": ["--similarity-weight", "0"], "much": ["--similarity-weight", "1000"]}
    for name, way in ways.items():
        assert command("train", "counting", worlds, *told, *way, "-o", tmp_path / name) == 0
    without, nothing, much = ((tmp_path / name / "counting-cls-cat.safetensors").read_bytes() for name in ways)
    assert without == nothing != much


def test_where_nobody_goes_anywhere_flow_is_not_judged(worlds, tmp_path, capsys):
    out, told = tmp_path / "out", ["--unsynced-only", "--steps", "1", "--size", "48", "32", "--latency-seconds", "0"]
    assert command("train", "counting", worlds, "--method", "CLS-cor", *told, "-o", out) == 0
    weights = out / "counting-cls-cor.safetensors"
    assert command("eval", "counting", worlds, "--weights", weights, "--latency-seconds", "0", "-o", out) == 0
    assert json.loads((out / "counting-eval.json").read_text())["tests"]["flow on people"]["under_zero_percent"] is None
    assert "under zero flow's" not in capsys.readouterr().out


def test_what_comes_after_training_is_checked_before_it(worlds, tmp_path, capsys):
    out, told = tmp_path / "out", ["--method", "BaseS", "--steps", "1", "--size", "48", "32", "--latency-seconds", "9"]
    assert command("train", "counting", worlds, *told, "-o", out) == 2
    assert "too short for latencies" in " ".join(capsys.readouterr().err.split())
    assert not (out / "training.ckpt").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("train", "counting"), "DATA"),
        (("train", "counting", "nowhere"), "nowhere is no folder"),
        (("train", "counting", "nowhere", "--method", "BaseU"), "BaseU is no method for 'synced and unsynced' data"),
        (("train", "counting", "nowhere", "--warping-weight", "nan"), "the warping weight (γ) must be a number from 0 on"),
        (("train", "counting", "nowhere", "--motion-steps", "-1"), "--motion-steps must be 0, or 100 or greater, got -1"),
        (("eval", "counting"), "DATA"),
        (("eval", "synnet", "data"), "Unrecognized options: data"),
    ],
)
def test_usage_that_makes_no_sense_is_refused(capsys, tmp_path, arguments, said):
    assert command(*arguments, "-o", tmp_path) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_the_weights_that_come_with_the_package_are_found_and_small():
    path = shipped(NAME)
    counter, card = load_network(path, Counter), load_card(path)
    assert (counter.method, card.arguments["picture_pixels"]) == ("CLS-epi", [188, 336])
    assert card.commit
    assert card.metrics["random latency of 3 s"]["mae"] > 0
    assert path.stat().st_size < 6_000_000


def test_both_training_and_test_footage_are_needed():
    one, other = drawn_footage(0, people=1, instants=3)[0], drawn_footage(1, people=1, instants=3, split="validation")[0]
    assert parted([one, other]) == ([one], [other])
    with pytest.raises(InputError, match="of 1 clips 1 are for training and 0 for tests"):
        parted([one])


def test_examples_are_far_apart():
    shown = samples([drawn_footage(0, people=1, instants=9)[0]], Latency((0.0, 0.0, 0.0), 0.0), 0)
    assert [one.instant for one in spread(shown, 3)] == [1, 4, 7]
    assert spread(shown[:1], 3) == shown[:1]


def test_colours_tell_the_direction_of_flow():
    flow = np.zeros((2, 1, 4))
    flow[0] = [[0, 3, -3, 0.75]]
    still, right, left, slow = flow_colors(flow, fastest=3.0)[0]
    np.testing.assert_allclose(still, to_rgb("white"))
    np.testing.assert_allclose(right, to_rgb("red"))
    np.testing.assert_allclose(left, to_rgb("cyan"))
    np.testing.assert_allclose(slow, (1, 0.75, 0.75))


@pytest.mark.parametrize("method", ["BaseU", "SLS", "CLS-cat"])
def test_an_example_shows_inputs_flow_truth_and_answer(method):
    footage = drawn_footage(0, people=2, instants=12)[0]
    sample = samples([footage], Latency((0.0, 0.6, -0.4), 0.0), 0)[0]
    torch.manual_seed(0)
    figure = draw(Counter(method, 3, (HEIGHT, WIDTH)).eval(), sample)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[:3] == ["cam1: reference", "cam2: +0.6 s", "cam3: -0.4 s"]
    assert ("flow of cam2" in titles) == (method != "BaseU")
    assert "truth: 2.0 people" in titles
    assert any(title.startswith("found: ") for title in titles)
