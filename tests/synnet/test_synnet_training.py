import csv
import json
from functools import partial
from itertools import islice

import numpy as np
import pytest
import torch

from viewsync.cli import main
from viewsync.networks.checkpoints import load_network
from viewsync.networks.offset_baselines import Wieschollek
from viewsync.networks.synnet import SynNet
from viewsync.synnet.clips import ClipPairs, Sampling
from viewsync.synnet.evaluate import rendered_for
from viewsync.synnet.losses import shift_loss
from viewsync.synnet.scenes import Scene
from viewsync.synnet.training import Schedule, logits_of, trained
from viewsync.types import InputError

TINY = partial(SynNet, map_pixels=16, width=4, features=8, hidden=16)


def scenes(count=2, seed=0):
    """Joints that wander about, seen alike from all sides."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        places = 500 + 60 * rng.standard_normal((1, 17, 2)) + 12 * rng.standard_normal((120, 17, 2)).cumsum(0)
        view = np.concatenate([places, np.ones((120, 17, 1))], axis=2).astype(np.float32)
        made.append(Scene(np.stack([view, view]), np.ones(120, np.float32)))
    return made


def weights(network):
    return torch.cat([one.flatten().double() for one in network.state_dict().values()])


@torch.inference_mode()
@pytest.mark.parametrize("kind", [TINY, partial(Wieschollek, map_pixels=16, width=4, features=8)], ids=["SynNet", "other"])
def test_pairs_of_windows_are_judged_as_the_clips_in_them(kind):
    network = kind().eval()
    (batch,) = islice(ClipPairs(scenes(), Sampling(), 3, 0, pairs_per_shift=2), 1)
    # Framed by themselves, clips have a scale of their own: here, what is rendered is the window.
    inputs = rendered_for(network)
    logits, classes = logits_of(network, batch, inputs)
    assert logits.shape == (3 * 16, 8)
    a, b = inputs(batch.a), inputs(batch.b)
    for pair in (0, 7, 20, 47):
        window, (first, second) = pair // 16, (starts[pair // 16, pair % 16] for starts in (batch.starts_a, batch.starts_b))
        assert classes[pair] == second - first + 4
        alone = network(a[[window], first : first + 8], b[[window], second : second + 8])
        torch.testing.assert_close(logits[[pair]], alone, atol=1e-5, rtol=1e-5)


def test_training_that_goes_on_ends_where_it_would_have(tmp_path):
    schedule = Schedule(steps=6, windows=2)
    straight = trained(TINY, scenes(), schedule, seed=0)
    steps = []

    class Interrupted(Exception):
        """After some steps."""

    def interrupt(task, done, whole):
        steps.append((task, done, whole))
        if done == 4:
            raise Interrupted

    import viewsync.training_loop as module

    before, module._CHECKPOINT_STEPS = module._CHECKPOINT_STEPS, 3
    try:
        with pytest.raises(Interrupted):
            trained(TINY, scenes(), schedule, seed=0, folder=tmp_path, progress=interrupt)
        resumed = trained(TINY, scenes(), schedule, seed=0, folder=tmp_path, resume=True)
    finally:
        module._CHECKPOINT_STEPS = before
    assert steps == [("training", done, 6) for done in (1, 2, 3, 4)]
    assert torch.equal(weights(straight), weights(resumed))
    assert not torch.equal(weights(straight), weights(trained(TINY, scenes(), schedule, seed=1)))


def test_the_log_tells_loss_and_accuracy(tmp_path):
    trained(TINY, scenes(), Schedule(steps=10, windows=1, pairs_per_shift=1), seed=0, folder=tmp_path)
    with (tmp_path / "logs" / "version_0" / "metrics.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert float(row["loss"]) > 0
    assert 0 <= float(row["accuracy"]) <= 1


def test_nothing_to_go_on_with_is_told(tmp_path):
    with pytest.raises(InputError, match="there is no training to go on with"):
        trained(TINY, scenes(), Schedule(2, windows=1), seed=0, folder=tmp_path, resume=True)


def test_clips_of_another_kind_than_the_networks_are_refused():
    with pytest.raises(InputError, match="takes 8 frames and shifts up to 4, but clips have 6 and 4"):
        trained(TINY, scenes(), Schedule(2, windows=1), seed=0, sampling=Sampling(clip_frames=6))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("synnet", "--steps", "10"), "--steps must be 100 or greater, got 10"),
        (("pose", "--resume"), "--resume"),
    ],
)
def test_usage_that_makes_no_sense_is_refused(capsys, tmp_path, arguments, said):
    with pytest.raises(SystemExit) as left:
        main(["train", *arguments, "-o", str(tmp_path)])
    assert left.value.code == 2
    assert said in " ".join(capsys.readouterr().err.split())


@pytest.mark.slow
def test_the_command_line_leaves_weights_a_card_and_logs(monkeypatch, tmp_path, capsys):
    import viewsync.synnet.train as module

    for name, few in (("_PERFORMANCES", 6), ("_HELD_OUT_PERFORMANCES", 6), ("_CAMERAS", 2), ("_TESTS_PER_SHIFT", 2)):
        monkeypatch.setattr(module, name, few)
    with pytest.raises(SystemExit) as left:
        main(["train", "synnet", "--steps", "100", "--optimizer", "paper", "-o", str(tmp_path)])
    assert left.value.code == 0
    assert "world group: accuracy" in capsys.readouterr().out
    card = json.loads((tmp_path / "synnet.json").read_text())
    assert card["command"] == "viewsync train synnet --seed 0 --steps 100 --preset small --optimizer paper"
    assert sum(map(sum, card["metrics"]["world pair"]["confusion"])) == 16
    load_network(tmp_path / "synnet.safetensors", SynNet)
    assert list((tmp_path / "logs").glob("*/metrics.csv"))


@pytest.mark.slow
def test_the_network_of_the_papers_size_learns_a_batch_by_heart():
    torch.manual_seed(0)
    network = SynNet.paper()
    (batch,) = islice(ClipPairs(scenes(1), Sampling(), 1, 0), 1)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    losses = []
    for _ in range(10):
        logits, classes = logits_of(network, batch, rendered_for(network))
        loss = shift_loss(logits, classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert (logits.argmax(1) == classes).all()
    assert losses[-1] < losses[0] / 3
