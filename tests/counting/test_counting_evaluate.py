"""How far counts are off, which network is nearer, and how well flow is found."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from drawn_scene import HEIGHT, WIDTH, drawn_footage
from test_reader_of_worlds import filming, write_scene

from viewsync.counting.evaluate import Scores, count_errors, counted, mean_density, truths
from viewsync.counting.flows import counted_along_true_flow, flow_score, tracks, true_flow
from viewsync.counting.footage import Sample
from viewsync.counting.readers import read_footage
from viewsync.counting.system import Counter
from viewsync.footage.desynchronizer import Latency, samples
from viewsync.types import InputError
from viewsync.worlds.sightings_file import read_sightings


def density(*counts, side=16):
    """So many people in some corners of the ground."""
    empty = np.zeros((side, side))
    for corner, count in zip(((0, 0), (0, -1), (-1, 0), (-1, -1)), counts, strict=False):
        empty[corner] = count
    return empty


def test_scores_by_hand():
    found, truth = [density(3.0, 1.0), density(2.0), density(0.5)], [density(4.0, 0, 2.0), density(0, 2.0), density()]
    scores = Scores.of(found, truth)
    assert scores.mae == pytest.approx((2 + 0 + 0.5) / 3, abs=1e-4)
    # Nobody is there in the last frame: NAE leaves it out.
    assert scores.nae == pytest.approx((2 / 6 + 0) / 2, abs=1e-4)
    assert (scores.frames, scores.empty) == (3, 1)
    # Right in all, but wrong in places: (1 + 1 + 2) + (2 + 2) + 0.5.
    assert scores.grid_error == pytest.approx(8.5 / 3, abs=1e-4)
    assert Scores.of(found, truth, blocks=1).grid_error == pytest.approx(scores.mae, abs=1e-4)


def test_the_grid_error_sees_only_whole_blocks():
    one, other = np.zeros((17, 10)), np.zeros((17, 10))
    one[0, 0] = other[1, 0] = 1.0
    assert Scores.of([one], [other], blocks=8).grid_error == 0
    assert Scores.of([one], [other], blocks=17).grid_error == 2


def test_where_nobody_ever_is_there_is_no_nae():
    scores = Scores.of([density(1.0)], [density()])
    assert (scores.nae, scores.mae, scores.empty) == (None, 1.0, 1)
    with pytest.raises(InputError, match="there are no frames to count in"):
        Scores.of([], [])


def test_networks_are_asked_sample_by_sample():
    footage = [drawn_footage(seed, people=2, instants=12)[0] for seed in (0, 1)]
    shown = samples(footage, Latency((0.0, 0.0, 0.0), 1.0), 0)
    torch.manual_seed(0)
    counter = Counter("BaseU", 3, (HEIGHT, WIDTH)).eval()
    together = counted(counter, shown)
    assert len(together) == len(shown) == 4
    np.testing.assert_allclose(together[2], counted(counter, shown[2:3])[0], atol=1e-6)
    np.testing.assert_array_equal(truths(shown)[2], shown[2].footage.densities[shown[2].instant])


def test_the_mean_count_is_that_of_the_footage():
    one, other = (drawn_footage(seed, people=people, instants=count)[0] for seed, people, count in ((0, 2, 12), (1, 6, 4)))
    mean = mean_density([one, other])
    assert mean.sum() == pytest.approx(3, abs=1e-4)
    assert count_errors([mean], [one.densities[0]])[0] == pytest.approx(1, abs=1e-4)


class Seer(Counter):
    """Finds the same flow everywhere."""

    def __init__(self, cells):
        super().__init__("CLS-cat", 3, (HEIGHT, WIDTH))
        self.cells = cells

    def forward(self, pictures, geometry):
        flow = torch.tensor(self.cells)[:, None, None].expand(1, 3, 2, HEIGHT // 4, WIDTH // 4)
        return SimpleNamespace(synchronized=SimpleNamespace(flows_cells=[flow]))


@pytest.mark.parametrize(
    ("cells", "error"), [((-2.0, 1.0), 0.0), ((0.0, 0.0), np.hypot(8, 4)), ((2.0, -1.0), np.hypot(16, 8))]
)
def test_flow_points_to_where_things_come_from(cells, error):
    footage = drawn_footage(0, people=1, instants=8)[0]
    # Whoever is at (40, 30) in frame 0 is 8 pixels further left and 4 lower in frame 1, and so on.
    way = np.array([40.0, 30]) + np.arange(8)[:, None] * (-8, 4)
    joints = tuple(np.tile(way[:, None, None], (1, 2, 1, 1)) for _ in range(3))
    joints[2][:] = np.nan
    joints[1][:, 1] = np.nan
    score = flow_score(Seer(cells), [Sample(footage, 2, np.array([2, 3, 5]))], [joints])
    assert score.joints == 1
    assert score.error_pixels == pytest.approx(error, abs=1e-4)
    assert score.zero_error_pixels == pytest.approx(np.hypot(8, 4))
    assert score.under_zero_percent == pytest.approx(100 * (1 - error / np.hypot(8, 4)), abs=1e-3)


def test_flow_needs_a_network_that_finds_it_and_people():
    footage = drawn_footage(0, people=1, instants=8)[0]
    sample, nowhere = Sample(footage, 2, np.array([2, 3, 5])), tuple(np.full((8, 1, 1, 2), np.nan) for _ in range(3))
    with pytest.raises(InputError, match="BaseU finds no flow"):
        flow_score(Counter("BaseU", 3, (HEIGHT, WIDTH)), [sample], [nowhere])
    with pytest.raises(InputError, match="nobody is seen by a camera at both instants"):
        flow_score(Counter("CLS-cat", 3, (HEIGHT, WIDTH)), [sample], [nowhere])


def test_the_ways_of_people_are_those_of_the_sightings(tmp_path):
    write_scene(tmp_path, filming("cam1", 20.0), filming("cam2", 130.0), truth=("calibration",))
    (footage,) = read_footage(tmp_path, size=(48, 32))
    joints = tracks(tmp_path, footage.place)
    (_, seen), *_ = [one for one in read_sightings(tmp_path / "sightings" / "cam2.npy") if one[0] == 5]
    # Person 2 in the middle of the sixth frame, in pictures of half the size.
    assert joints[1][5, 2, 0] == pytest.approx((seen.joints_pixels[1, 0] + 0.5) / 2 - 0.5)
    assert np.isnan(joints[0][:, 2]).all()  # Who is far out of the picture there.
    (tmp_path / "sightings" / "cam2.npy").unlink()
    with pytest.raises(InputError, match="lacks the sightings of cam2"):
        tracks(tmp_path, footage.place)


def test_ways_are_of_the_footages_instants_whatever_the_clocks_say(tmp_path):
    # The second camera begins two frames later, when the first one shows its third.
    write_scene(tmp_path, filming("cam1", 20.0), filming("cam2", 130.0, offset_seconds=0.4), truth=("calibration",))
    (footage,) = read_footage(tmp_path)
    seen = {view: dict(read_sightings(tmp_path / "sightings" / f"{view}.npy")) for view in footage.place.views}
    first, second = tracks(tmp_path, footage.place)
    assert len(first) == len(second) == len(footage.densities) == 8
    assert first[0, 1] == pytest.approx(seen["cam1"][2].joints_pixels[0])
    assert second[0, 1] == pytest.approx(seen["cam2"][0].joints_pixels[0])


def test_true_flow_leads_to_where_people_are_shown_and_from_where_they_were_to_nothing():
    footage = drawn_footage(0, people=1, instants=8)[0]
    # From (42, 22) to (66, 38) a person; 24 pixels further right three frames later.
    box = np.array([[42.0, 22], [66, 38]])
    joints = tuple((box + np.arange(8)[:, None, None] * (8, 0))[:, None] for _ in range(3))
    flow = true_flow(Sample(footage, 2, np.array([2, 5, 2])), joints, (HEIGHT // 8, WIDTH // 8))
    assert not flow[[0, 2]].any()
    right, down = flow[1]
    # In frame 2 he is from 58 to 82, so in cells 7 to 10; in frame 5 in 10 and more.
    np.testing.assert_array_equal(right[2:5, 7:11], 3.0)
    assert not down[2:5, 7:11].any()
    assert (flow[1][:, 2:5, 11:] > 1000).all()
    assert not flow[1][:, [0, 1, 5, 6, 7]].any()
    assert not flow[1][:, :, :7].any()


def test_where_nobody_moves_true_flow_changes_nothing():
    footage, joints = drawn_footage(0, people=4, instants=8)
    shown, counter = samples([footage], Latency((0.0, 0.0, 0.0), 0.0), 0), Counter("BaseS", 3, (HEIGHT, WIDTH)).eval()
    told = counted_along_true_flow(counter, shown, [joints] * len(shown))
    np.testing.assert_allclose(told, counted(counter, shown), atol=1e-5)
