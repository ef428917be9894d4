"""`viewsync eval`: what is measured and drawn, and what is said of weights that can't be used."""

import json

import numpy as np
import pytest

from viewsync.cli import main
from viewsync.networks.checkpoints import ModelCard, save_network
from viewsync.networks.offset_baselines import Wieschollek
from viewsync.networks.synnet import SynNet
from viewsync.synnet import report, train
from viewsync.synnet.clips import Sampling, fixed_clips
from viewsync.synnet.scenes import Scene

SMALL = {"width": 4, "features": 8, "hidden": 16}


def weights(folder, network=None):
    """Untrained ones."""
    path = folder / "tiny.safetensors"
    save_network(path, network or SynNet(**SMALL), ModelCard("", SMALL, "", "", "", 0, None))
    return path


def person(seed, frames=150):
    """Joints that wander about, seen alike from all sides."""
    rng = np.random.default_rng(seed)
    places = 500 + 60 * rng.standard_normal((1, 17, 2)) + 12 * rng.standard_normal((frames, 17, 2)).cumsum(0)
    view = np.concatenate([places, np.ones((frames, 17, 1))], axis=2).astype(np.float32)
    return Scene(np.stack([view, view]), np.ones(frames, np.float32))


def measured(capsys, tmp_path):
    """What the command leaves and says."""
    with pytest.raises(SystemExit) as left:
        main(["eval", "synnet", "--weights", str(weights(tmp_path)), "-o", str(tmp_path / "out")])
    assert left.value.code == 0
    return json.loads((tmp_path / "out" / "synnet-eval.json").read_text()), capsys.readouterr().out


def test_measures_are_told_kept_and_drawn(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(report, "_PER_SHIFT", 1)
    monkeypatch.setattr(report, "held_out_clips", lambda *_: {"random cameras": fixed_clips([person(0)], Sampling(), 2, 0)})
    monkeypatch.setattr(
        report, "filmed_worlds", lambda preset, *_, **__: [tuple(person(n) for n in range(2 if preset == "group" else 1))]
    )
    said, printed = measured(capsys, tmp_path)
    assert said["schema"] == "viewsync.eval/1"
    assert said["clips"]["random cameras"]["pairs"] == 16
    assert np.sum(said["clips"]["random cameras"]["confusion"], axis=1).tolist() == [2] * 8
    assert {one["pairs"] for one in said["group"].values()} == {8}
    assert said["long"]["recordings"] == 1
    pictures = {path.name for path in (tmp_path / "out").glob("*.png")}
    assert pictures == {"synnet-confusion-random-cameras.png", "synnet-costs.png", "synnet-long.png"}
    for told in ("random cameras", "group, all combined", "long recordings, mean of windows", *pictures):
        assert told in printed.replace("\n", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--weights", "nowhere.safetensors"), "nowhere.json: no model card beside the weights"),
        (("--seed", "-1"), "--seed must be from 0 to 2^63 - 1, got -1"),
    ],
)
def test_usage_that_makes_no_sense_is_refused(capsys, tmp_path, arguments, said):
    with pytest.raises(SystemExit) as left:
        main(["eval", "synnet", *arguments, "-o", str(tmp_path)])
    assert left.value.code == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_weights_of_another_network_are_refused(capsys, tmp_path):
    other = Wieschollek(width=4, features=8)
    with pytest.raises(SystemExit) as left:
        main(["eval", "synnet", "--weights", str(weights(tmp_path, other)), "-o", str(tmp_path)])
    assert left.value.code == 2
    assert "not weights of SynNet" in " ".join(capsys.readouterr().err.split())


@pytest.mark.slow
def test_people_and_worlds_that_are_made_for_it(monkeypatch, capsys, tmp_path):
    for name, few in (("_HELD_OUT_PERFORMANCES", 3), ("_CAMERAS", 2), ("_TESTS_PER_SHIFT", 2)):
        monkeypatch.setattr(train, name, few)
    for name, few in (("_GROUPS", 5), ("_PER_SHIFT", 2), ("_RECORDINGS", 1)):
        monkeypatch.setattr(report, name, few)
    said, _ = measured(capsys, tmp_path)
    assert {"random cameras", "world pair", "world group"} <= set(said["clips"])
    assert {one["pairs"] for one in said["clips"].values()} == {16}
    assert said["long"]["windows"]["pairs"] > 500
