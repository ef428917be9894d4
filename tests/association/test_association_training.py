"""Training on people who walk before made cameras: it learns, and what it writes is what it trained."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from made_session import walkers

from viewsync.association.baselines import PositionCost, RandomCost
from viewsync.association.frames import MultiViewFrame, Session, View, split
from viewsync.association.matching import LIKELY, NetworkCost, calibrate, joint_outcomes, pairwise_outcomes
from viewsync.association.metrics import measure
from viewsync.association.train import train
from viewsync.association.training import Schedule, trained
from viewsync.networks.checkpoints import load_network
from viewsync.networks.self_mva import SelfMVA
from viewsync.types import InputError

QUICK = Schedule(steps=80, width=16, batch=48, learning_rate=1e-2, unsure=0.0)


def mirrored(instants=120, people=3, seed=0):
    """A row of people, whom the second camera sees from behind: what is left of one is right of the other."""
    rng = np.random.default_rng(seed)
    frames = []
    for instant in range(instants):
        left = rng.uniform(0, 600, people)
        views = [
            View(np.stack([x, 0 * x + 200, x + 40, 0 * x + 300], axis=1)[order], order)
            for x, order in ((left, rng.permutation(people)), (600 - left, rng.permutation(people)))
        ]
        frames.append(MultiViewFrame(float(instant), tuple(views)))
    return Session("mirrored", ("front", "back"), ((640, 480),) * 2, tuple(frames))


@pytest.fixture(scope="module")
def parts():
    return split(mirrored())


def test_a_few_seconds_beat_chance_and_position(parts, tmp_path):
    card = train(parts["training"], parts["validation"], parts["test"], tmp_path, QUICK, seed=0, command="test")
    frames = parts["test"].frames
    learned = card.metrics["view by view"]["f1"]
    for baseline in (RandomCost(0), PositionCost(parts["test"].sizes)):
        assert learned > measure(pairwise_outcomes(baseline, frames, 0.0)).f1 + 0.3
    network = load_network(tmp_path / "association.safetensors", SelfMVA)
    assert network.sizes == parts["training"].sizes
    again = measure(pairwise_outcomes(NetworkCost(network, parts["test"]), frames))
    assert again.f1 == pytest.approx(learned)
    assert json.loads((tmp_path / "association.json").read_text())["arguments"]["cameras"] == ["front", "back"]


@pytest.mark.parametrize("loss", ["contrast", "synchronization", "supervised"])
def test_a_seed_is_a_network(parts, loss):
    schedule = replace(QUICK, steps=3, loss=loss, batch=8)
    one, again, other = (trained(parts["training"], None, schedule, seed=seed) for seed in (1, 1, 2))
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(one.parameters(), again.parameters(), strict=True))
    assert not torch.equal(one.tokens, other.tokens)


def test_as_released():
    schedule = Schedule.released(80, 513)
    assert (schedule.steps, schedule.batch, schedule.width, schedule.learning_rate) == (41_040, 1, 256, 1e-4)
    assert schedule.by_index
    assert schedule.self_pairs


def test_the_test_must_not_be_learned_from(parts, tmp_path):
    with pytest.raises(InputError, match="12 of the 12 instants of the test are learned from"):
        train(parts["test"], parts["validation"], parts["test"], tmp_path, QUICK, seed=0, command="test")


def test_other_cameras_are_refused(parts):
    network = SelfMVA(("a", "b", "c"), width=8)
    with pytest.raises(InputError, match="its cameras are front, back, but the network was trained for a, b, c"):
        NetworkCost(network, parts["test"])


def test_guessed_sizes_give_way_to_those_learned_from(parts):
    test = parts["test"]
    network = SelfMVA(test.cameras, sizes=test.sizes, width=8).eval()
    # A stray box makes a guess four times as large.
    stray = replace(test, sizes=((2560, 1920),) * 2)
    right, guessed, told = (
        NetworkCost(network, session)(test.frames[0], 0, 1) for session in (test, replace(stray, sizes_guessed=True), stray)
    )
    np.testing.assert_array_equal(guessed, right)
    assert np.abs(told - right).max() > 0.01
    unknown = NetworkCost(SelfMVA(test.cameras, width=8).eval(), replace(stray, sizes_guessed=True))
    assert unknown.session.sizes == stray.sizes


def test_what_is_too_short_is_named_with_its_part(parts, tmp_path):
    for short, said in ((0, "mirrored, training: two cameras don't"), (1, "mirrored, validation: two cameras don't")):
        sessions = [parts["training"], parts["validation"]]
        sessions[short] = sessions[short].with_frames(sessions[short].frames[:4])
        with pytest.raises(InputError, match=f"{said} see anybody at two instants that are apart by 5 s.*--shares"):
            train(*sessions, parts["test"], tmp_path, QUICK, seed=0, command="test")


class Places(SelfMVA):
    """Whose distances are those of boxes' left edges, in pixels."""

    def embed(self, boxes, sizes, camera):
        return boxes[..., :1]


def standing(seconds, *views):
    boxes = [np.array([[x, 0.0, x + 9, 9.0] for x in lefts]) for lefts in views]
    return MultiViewFrame(seconds, tuple(View(of, np.arange(len(of))) for of in boxes))


def test_halfway_is_where_who_is_near_ends():
    # Two people 100 pixels apart whom both cameras see, at most 9.5 pixels apart, and now and then others each sees alone.
    both = [standing(instant, (0, 100), (0.5 * instant, 100 + 0.5 * instant)) for instant in range(20)]
    alone = [standing(20.0 + instant, (0,), (300, 400)) for instant in range(4)]
    session = Session("made", ("a", "b"), ((640, 480),) * 2, (*both, *alone))
    network = Places(session.cameras, width=8).eval()
    calibrate(network, session)
    assert float(network.halfway) == 9.5
    cost = NetworkCost(network, session)
    likely = cost(standing(0.0, (0, 100), (9, 120)), 0, 1) < LIKELY
    np.testing.assert_array_equal(likely, [[True, False], [False, False]])


def test_joint_matches_are_of_the_truth_where_costs_are():
    session = walkers(instants=5, people=4)

    def truth(frame, a, b):
        return (frame.views[a].identities[:, None] != frame.views[b].identities).astype(float)

    for outcomes in (joint_outcomes, pairwise_outcomes):
        found = measure(outcomes(truth, session.frames))
        assert found.f1 == found.accuracy == 1
