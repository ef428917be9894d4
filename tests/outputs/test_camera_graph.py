import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_timeline import four_cameras, recording, tied_pair, untied_pair

from viewsync.outputs import graph
from viewsync.timeline.clock import ClockMap
from viewsync.types import CameraClock, Timeline, Verdict


def ring(count: int, name: str = "cam{}") -> Timeline:
    """Tied cameras, all pairs of which say exactly what the timeline says."""
    names = [name.format(number) for number in range(count)]
    cameras = tuple(CameraClock(recording(id), Verdict.TIED, (), 0.1 * place, 0.001) for place, id in enumerate(names))
    pairs = tuple(tied_pair(names[i], names[j], 0.1 * (j - i), 0.005) for i, j in combinations(range(count), 2))
    return Timeline(names[0], cameras, pairs, (), (tuple(names),), np.zeros((count, count)))


@given(
    offsets=st.tuples(st.floats(-100, 100), st.floats(-100, 100)),
    rates=st.tuples(st.floats(-1e-3, 1e-3), st.floats(-1e-3, 1e-3)),
    middle=st.floats(-1000, 1000),
    error=st.floats(-0.1, 0.1),
)
def test_a_residual_is_what_was_added_to_the_solved_pair(offsets, rates, middle, error):
    a, b = (
        CameraClock(recording(id), Verdict.TIED, (), offset, 0.01, rate, 1e-6)
        for id, offset, rate in zip("ab", offsets, rates, strict=True)
    )
    true = ClockMap(offsets[1], rates[1]).then(ClockMap(offsets[0], rates[0]).inverse())
    pair = tied_pair(
        "a",
        "b",
        true.offset_seconds + error,
        0.01,
        rate=true.rate,
        rate_std=1e-6,
        offset_rate_covariance=0.0,
        middle_seconds=middle,
    )
    timeline = Timeline("a", (a, b), (pair,), (), (("a", "b"),), np.zeros((2, 2)))
    found = graph.residual(timeline, pair)
    assert found.seconds == pytest.approx(error, abs=1e-9)
    assert found.std_seconds == pytest.approx(math.hypot(0.01, 1e-6 * middle))


def test_a_residual_by_hand():
    # cam3 − cam2 by the solved offsets is −2.5 − 1.2334 = −3.7334 at 12 ppm, measured −3.735 without a rate.
    timeline = four_cameras()
    pair = replace(timeline.pairs[2], middle_seconds=1000.0)
    assert graph.residual(timeline, pair).seconds == pytest.approx(-3.735 + 3.7334 - 0.012)
    assert graph.residual(timeline, pair).sigmas == pytest.approx(0.0136 / 0.014)


def test_what_is_not_tied_has_no_residual():
    timeline = four_cameras()
    assert graph.residual(timeline, timeline.pairs[3]) is None
    assert graph.residual(timeline, tied_pair("cam1", "cam4", 1.0, 0.01)) is None


@pytest.mark.parametrize("count", range(2, 13))
def test_up_to_twelve_cameras_are_legible(count):
    drawn = graph.draw(ring(count))
    labels = [edge for edge in drawn.edges if edge.label is not None]
    assert len(labels) >= 0.9 * len(drawn.edges)
    boxes = [(edge.label_x, edge.label_y, 50, 9) for edge in labels] + [(node.x, node.y, 8, 8) for node in drawn.nodes]
    for one, other in combinations(boxes, 2):
        assert abs(one[0] - other[0]) >= one[2] + other[2] or abs(one[1] - other[1]) >= one[3] + other[3]
    for edge in labels:
        assert drawn.left <= edge.label_x - 50
        assert edge.label_x + 50 <= drawn.left + drawn.width
        # The label stands on its own line.
        one, other = edge.ends
        across = (edge.label_x - one.x) * (other.y - one.y) - (edge.label_y - one.y) * (other.x - one.x)
        assert abs(across) / math.dist((one.x, one.y), (other.x, other.y)) < 0.2
    for node in drawn.nodes:
        assert drawn.top + 10 <= node.name_y <= drawn.top + drawn.height - 10


def test_of_many_cameras_only_the_worst_pairs_are_labelled():
    timeline = ring(16)
    worst = timeline.pairs[37]
    pairs = tuple(replace(pair, offset_seconds=pair.offset_seconds + 0.04 * (pair is worst)) for pair in timeline.pairs)
    drawn = graph.draw(replace(timeline, pairs=pairs))
    labels = [edge for edge in drawn.edges if edge.label is not None]
    assert 1 < len(labels) <= graph.FEW_LABELS
    assert drawn.edges[-1].kind == "off"
    assert drawn.edges[-1].label == "+40.0 ms · 8.0 σ"
    assert [edge.kind for edge in drawn.edges].count("off") == 1


def test_lines_are_coloured_by_verdict():
    timeline = four_cameras()
    pairs = (*timeline.pairs[:3], replace(untied_pair("cam1", "cam4"), verdict=Verdict.AMBIGUOUS), *timeline.pairs[4:])
    drawn = graph.draw(replace(timeline, pairs=pairs))
    kinds = {tuple(node.id for node in edge.ends): edge.kind for edge in drawn.edges}
    assert kinds["cam1", "cam2"] == "fits"
    assert kinds["cam1", "cam4"] == "ambiguous"
    assert kinds["cam2", "cam4"] == "untied"
    assert [node.kind for node in drawn.nodes] == ["reference", "tied", "tied", "untied"]


def test_long_names_are_cut_and_kept_beside():
    drawn = graph.draw(ring(3, "a_very_long_camera_name_{}"))
    assert {node.name for node in drawn.nodes} == {"a_very_long_c…"}
    assert drawn.nodes[2].id == "a_very_long_camera_name_2"
