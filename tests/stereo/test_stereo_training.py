"""Training of the paper's two networks, on pictures that differ from instant to instant."""

import csv
import json

import numpy as np
import pytest
import torch
from eyes import write_eyes

from viewsync.cli import main
from viewsync.networks.checkpoints import load_network
from viewsync.networks.stereo import MATCHERS
from viewsync.stereo.embedding import Embedded, embedded, matrices
from viewsync.stereo.evaluate import Scores, delays_found
from viewsync.stereo.frames import PreparedRecording
from viewsync.stereo.sampling import Sequences, sequences
from viewsync.stereo.system import System, delay_network, matching_network
from viewsync.stereo.training import Schedule, Training, trained_delay, trained_matcher

SIZE = 48
FEW = Schedule(steps=3, frames=12, delay_steps=3, sequences=50)


def recording(seed=0, frames=50, channels=1):
    """Both eyes see the same noise, another at each instant."""
    pictures = np.random.default_rng(seed).integers(0, 256, (frames, channels, SIZE, SIZE), np.uint8)
    return PreparedRecording(f"noise {seed}", 30.0, pictures, pictures)


def told_apart(seed=0, frames=120):
    """Vectors of which only those of one instant are alike."""
    rng = np.random.default_rng(seed)
    vectors = torch.from_numpy(rng.standard_normal((frames, 48)).astype(np.float32))
    noise = torch.from_numpy(0.1 * rng.standard_normal((frames, 48)).astype(np.float32))
    return Embedded(recording(seed, frames), vectors, vectors + noise)


def weights(network):
    return torch.cat([one.flatten() for one in network.state_dict().values()])


@pytest.mark.parametrize("kind", MATCHERS)
def test_the_seed_says_what_is_learned(kind):
    first, again, other = (trained_matcher(kind, [recording()], FEW, seed=seed) for seed in (1, 1, 2))
    assert type(first) is MATCHERS[kind]
    assert not first.training
    assert torch.equal(weights(first), weights(again))
    assert not torch.equal(weights(first), weights(other))


def test_an_encoder_that_the_paper_dropped_is_trained_as_well(tmp_path):
    done = []
    schedule = Schedule(steps=20, frames=6)
    network = trained_matcher(
        "triplet-sim", [recording(channels=3)], schedule, seed=0, encoder="efficient", folder=tmp_path,
        progress=lambda *told: done.append(told),
    )  # fmt: skip
    assert network.channels == 3
    assert done[0] == ("training: matching", 1, 20)
    assert done[-1] == ("training: matching", 20, 20)
    with (tmp_path / "matching" / "version_0" / "metrics.csv").open() as file:
        assert [float(row["loss"]) > 0 for row in csv.DictReader(file)] == [True, True]


def test_what_tells_instants_apart_is_learned():
    brightness = np.arange(100, 140, dtype=np.uint8)[:, None, None, None] * np.ones((1, 1, SIZE, SIZE), np.uint8)
    brighter = PreparedRecording("ever brighter", 30.0, brightness, brightness)
    apart = []
    for network in (
        matching_network("triplet-euc", 1).eval(),
        trained_matcher("triplet-euc", [brighter], Schedule(steps=20, frames=12), seed=0),
    ):
        (matrix,) = matrices(network, [embedded(network, brighter)], Sequences(*(np.zeros(1, int) for _ in range(4))))
        assert matrix.diagonal().max() == 0
        apart.append(float(matrix.diagonal(1).mean()))
    assert apart[1] > 2 * apart[0], apart


def test_delays_are_learned_from_matrices():
    seen, matcher = [told_apart(0), told_apart(1)], matching_network("triplet-euc", 1)
    schedule = Schedule(steps=1, delay_steps=250, sequences=16_000)
    head = trained_delay("dense", matcher, seen, schedule, seed=0)
    clips = sequences([one.recording for one in seen], 300, seed=5)
    score = Scores.of(delays_found(matcher, head, seen, clips), clips.delay)
    assert score.shared.exact > 0.8, score
    again = trained_delay("dense", matcher, seen, FEW, seed=0)
    assert torch.equal(weights(again), weights(trained_delay("dense", matcher, seen, FEW, seed=0)))


@pytest.mark.parametrize("kind", ["dense", "dense-printed", "cnn", "bilstm"])
def test_every_delay_network_can_be_trained(kind):
    seen, matcher = [told_apart()], matching_network("siamese", 1)
    head = trained_delay(kind, matcher, seen, FEW, seed=0)
    torch.manual_seed(0)
    assert not torch.equal(weights(head), weights(delay_network(kind, matcher)))


def test_a_heat_map_learns_nothing_and_needs_no_time():
    head = trained_delay("heat-map", matching_network("triplet-sim", 1), [told_apart()], FEW, seed=0)
    assert not head.training
    assert head.higher_is_alike


def test_only_the_standardized_delay_network_is_blind_to_scale():
    matrix = torch.rand(3, 20, 20)
    for kind, blind in (("dense", True), ("dense-printed", False), ("cnn", True)):
        head = delay_network(kind, matching_network("triplet-euc", 1)).eval()
        assert torch.allclose(head(matrix), head(7 * matrix + 3), atol=1e-4) == blind
        assert head(torch.ones(1, 20, 20)).isfinite().all()


def test_the_papers_schedules():
    siamese, triplets = Schedule.paper("siamese", 1000), Schedule.paper("triplet-euc", 1000)
    assert (siamese.steps, siamese.frames, siamese.learning_rate) == (100_000, 2, 0.01)
    assert (triplets.steps, triplets.frames, triplets.learning_rate) == (3200, 96, 0.001)
    assert (triplets.delay_steps, triplets.delay_learning_rate) == (62_500, 0.01)
    network = matching_network("siamese", 1)
    adam = Training(network, lambda batch: batch, 10, 0.01, siamese.optimizer).configure_optimizers()
    assert type(adam) is torch.optim.Adam
    assert adam.param_groups[0]["lr"] == 0.01


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Recordings of half a dozen seconds, and a small budget."""
    monkeypatch.setenv("VIEWSYNC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("viewsync.commands.train.training.FEWEST_STEPS", 1)
    monkeypatch.setattr("viewsync.stereo.system.SMALL_SIZE", SIZE)
    monkeypatch.setattr("viewsync.stereo.train.TESTED_SEQUENCES", 60)
    monkeypatch.setattr("viewsync.stereo.report.TESTED_SEQUENCES", 60)
    for seed in range(3):
        write_eyes(tmp_path / "data" / f"take{seed}", seed)
    return tmp_path / "data"


def test_the_command_line_leaves_weights_that_can_be_measured(data, tmp_path, capsys):
    before = sorted(data.rglob("*"))
    out = tmp_path / "out"
    options = ["--matcher", "triplet-euc", "--modality", "image", "--head", "heat-map", "--steps", "2"]
    with pytest.raises(SystemExit) as left:
        main(["train", "stereo", str(data), *options, "-o", str(out)])
    assert left.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "all delays: F1" in said
    assert "where 5 frames are shared: F1" in said
    card = json.loads((out / "stereo-triplet-euc.json").read_text())
    assert card["command"] == (
        "viewsync train stereo data --seed 0 --matcher triplet-euc --modality image --head heat-map --encoder efficient "
        "--preset small --optimizer one-cycle --steps 2"
    )
    assert card["metrics"]["held out"]["every"]["sequences"] == 60
    assert "2 and, held out, 1 stereo recordings" in card["data"]
    system = load_network(out / "stereo-triplet-euc.safetensors", System)
    assert (system.modality, system.size, system.matcher.channels) == ("image", SIZE, 1)
    assert sorted(data.rglob("*")) == before

    with pytest.raises(SystemExit) as left:
        main(["eval", "stereo", str(data), "--weights", str(out / "stereo-triplet-euc.safetensors"), "-o", str(out)])
    assert left.value.code == 0
    tests = json.loads((out / "stereo-eval.json").read_text())["tests"]
    assert list(tests) == ["take0", "take1", "take2", "all"]
    assert tests["all"]["sequences"] == 60
    assert (out / "stereo-matrices.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("stereo",), "DATA"),
        (("stereo", "data", "--motions", "mocap"), "--motions"),
        (("stereo", "data", "--head", "cnn"), "--head is of a matcher. Say which: --matcher triplet-euc"),
        (("stereo", "data", "--optimizer", "paper"), "--optimizer is of a matcher"),
        (("stereo", "nowhere"), "nowhere can't be read as a folder"),
    ],
)
def test_usage_that_makes_no_sense_is_refused(capsys, tmp_path, arguments, said):
    with pytest.raises(SystemExit) as left:
        main(["train", *arguments, "-o", str(tmp_path)])
    assert left.value.code == 2
    assert said in " ".join(capsys.readouterr().err.split())
