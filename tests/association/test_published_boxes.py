"""Sessions from the real sets, where they are."""

from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from viewsync.association.baselines import GroundCost
from viewsync.association.frames import UNKNOWN, leaks, split
from viewsync.association.matching import pairwise_outcomes
from viewsync.association.metrics import measure
from viewsync.association.readers import assigned, cameras_of_wildtrack, read_session

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def shared(session, one, two):
    return sum(
        len((set(frame.views[one].identities) & set(frame.views[two].identities)) - {UNKNOWN}) for frame in session.frames
    )


@pytest.mark.skipif(not (DATA / "mvor").is_dir(), reason="MVOR isn't there")
def test_mvor_as_published():
    session = read_session(DATA / "mvor")
    parts = split(session)
    assert [len(part.frames) for part in parts.values()] == [513, 128, 71]
    assert [sum(len(f.views[c]) for f in parts["test"].frames) for c in range(3)] == [178, 201, 206]
    assert sum(shared(parts["test"], *pair) for pair in combinations(range(3), 2)) == 512
    assert sum(shared(parts["validation"], *pair) for pair in combinations(range(3), 2)) == 612
    trained = read_session(DATA / "mvor", boxes=DATA / "mvor" / "self_mva" / "detections_train.json")
    assert [len(leaks(trained, parts[part])) for part in ("validation", "test")] == [89, 55]


@pytest.mark.skipif(not (DATA / "multiviewx_sample").is_dir(), reason="MultiviewX isn't there")
def test_multiviewx_as_published():
    session = read_session(DATA / "multiviewx_sample")
    assert session.cameras == tuple(f"C{number}" for number in range(1, 7))
    assert Counter(len(view) > 20 for frame in session.frames for view in frame.views) == {True: 60}
    assert session.seconds[-1] == 4.5


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "mvmhat_mot_gt").is_dir(), reason="MvMHAT isn't there")
def test_mvmhat_as_published():
    session = read_session(DATA / "mvmhat_mot_gt" / "15", fps=7.0)
    assert (len(session.frames), session.cameras) == (795, ("1", "2", "3", "4", "5"))
    assert shared(session, 0, 1) == 2562


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "wildtrack").is_dir(), reason="WILDTRACK isn't there")
def test_calibration_tells_who_is_who_in_wildtrack():
    folder = DATA / "wildtrack" / "datasets" / "Wild-Track"
    annotations = read_session(folder)
    assert [len(part.frames) for part in split(annotations).values()] == [288, 72, 40]
    found = read_session(folder, boxes=DATA / "wildtrack" / "detections" / "MVDeTr_test.json")
    detections = assigned(found, annotations)
    assert detections.seconds.tolist() == split(annotations)["test"].seconds.tolist()
    cost = GroundCost(cameras_of_wildtrack(folder))
    for session, least in ((split(annotations)["test"], 0.99), (detections, 0.88)):
        assert measure(pairwise_outcomes(cost, session.frames)).f1 > least
