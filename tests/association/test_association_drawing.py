"""Who is who over time, and in pictures."""

import av
import cv2
import numpy as np
import pytest
from made_session import SIZE, nobody, walkers
from scipy.spatial.distance import pdist

from viewsync.association.clip import write_clip
from viewsync.association.drawing import COLOURS, WRONG, colour_of, drawn, palette, shared, wrong
from viewsync.association.following import LONGEST_SECONDS, followed, near
from viewsync.association.frames import UNKNOWN, MultiViewFrame, Picture, Session, View
from viewsync.association.pixels import read_views
from viewsync.worlds.movie import write_movie


def view(*corners, ids=None):
    """People 20 wide and 60 high."""
    boxes = np.array([[x, y, x + 20, y + 60] for x, y in corners], dtype=float).reshape(-1, 4)
    return View(boxes, np.full(len(boxes), UNKNOWN) if ids is None else np.array(ids))


def of_people(session):
    """Clusters as they truly are, in an order that says nothing."""
    return [[view.identities for view in frame.views] for frame in session.frames]


def test_numbers_go_on_with_people_whatever_clusters_are_called():
    session = walkers(instants=20, people=4, spacing_seconds=0.2)
    rng = np.random.default_rng(0)
    names = [rng.permutation(4) for _ in session.frames]
    found = [[of[view.identities] for view in frame.views] for of, frame in zip(names, session.frames, strict=True)]
    numbers = [*followed(session.frames, found)]
    pairs = {
        (person, number)
        for frame, of in zip(session.frames, numbers, strict=True)
        for view, of_view in zip(frame.views, of, strict=True)
        for person, number in zip(view.identities.tolist(), of_view.tolist(), strict=True)
    }
    # Everybody has one number, and nobody has another's.
    assert len(pairs) == 4
    assert {person for person, _ in pairs} == {0, 1, 2, 3}
    assert {number for _, number in pairs} == {1, 2, 3, 4}


def test_who_is_new_or_was_away_too_long_gets_a_new_number():
    here, there = (10, 10), (300, 10)
    frames = [
        MultiViewFrame(0.0, (view(here), nobody())),
        MultiViewFrame(0.1, (view(there, here), nobody())),
        MultiViewFrame(0.1 + LONGEST_SECONDS + 0.1, (view(here), nobody())),
    ]
    none = np.zeros(0, dtype=np.int64)
    found = [[np.array([0]), none], [np.array([0, 1]), none], [np.array([0]), none]]
    assert [numbers[0].tolist() for numbers in followed(frames, found)] == [[1], [2, 1], [3]]


def test_one_view_is_enough_to_go_on():
    frames = [MultiViewFrame(0.0, (view((0, 0)), view((90, 0)))), MultiViewFrame(0.1, (nobody(), view((92, 0))))]
    found = [[np.array([0]), np.array([0])], [np.zeros(0, dtype=np.int64), np.array([5])]]
    assert [*followed(frames, found)][1][1].tolist() == [1]
    assert near(view((0, 0)), view((0, 0), (15, 0), (30, 0))).tolist() == [[1, 0.5, 0]]


def test_colours_can_be_told_apart():
    assert len(palette()) == COLOURS == 25
    lab = cv2.cvtColor(np.array([[*palette(), WRONG]], np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    # About 2 is what can be seen of two colours side by side.
    assert pdist(lab).min() > 25
    assert lab[:, 0].min() > 35
    assert colour_of(1) == colour_of(COLOURS + 1) != colour_of(2)


def test_wrong_are_those_who_are_outnumbered():
    frame = MultiViewFrame(
        0.0, (view((0, 0), (50, 0), ids=[1, 2]), view((0, 0), (50, 0), ids=[1, 3]), view((0, 0), ids=[4]))
    )
    right = [np.array([0, 1]), np.array([0, 2]), np.array([3])]
    assert not np.concatenate(wrong(frame, right)).any()
    assert [one.tolist() for one in shared(right)] == [[True, False], [True, False], [False]]
    minority = [np.array([0, 1]), np.array([0, 2]), np.array([0])]
    assert [one.tolist() for one in wrong(frame, minority)] == [[False, False], [False, False], [True]]
    tie = [np.array([0, 1]), np.array([2, 1]), np.array([3])]
    assert [one.tolist() for one in wrong(frame, tie)] == [[False, True], [False, True], [False]]
    unknown = MultiViewFrame(0.0, (view((0, 0)), view((0, 0), ids=[7]), nobody()))
    assert not np.concatenate(wrong(unknown, [np.array([0]), np.array([0]), np.zeros(0, dtype=np.int64)])).any()


def has(sheet, colour):
    return bool((sheet == np.array(colour)).all(axis=-1).any())


def test_a_picture_shows_people_in_their_colours_and_what_is_wrong():
    session = Session("pair", ("a", "b"), (SIZE, SIZE), ())
    frame = MultiViewFrame(1.5, (view((100, 100), (300, 100), ids=[1, 2]), view((200, 150), ids=[1])))
    right, other = [np.array([1, 2]), np.array([1])], [np.array([2, 1]), np.array([1])]
    pixels = [np.full((48, 64, 3), 200, np.uint8), None]
    sheet = drawn(session, frame, right, pixels, tile_pixels=320)
    assert sheet.shape == (240 + 34, 640, 3)
    assert sheet.shape[0] % 2 == 0
    assert has(sheet, colour_of(1))
    assert not has(sheet, colour_of(2))
    assert not has(sheet, WRONG)
    assert has(drawn(session, frame, other, pixels, tile_pixels=320), WRONG)
    # Half a pixel per pixel of the camera, below the header: the left side of the box at (100, 100).
    assert sheet[34 + 70, 50].tolist() == list(colour_of(1))
    # The left view has a picture, the right one has none.
    assert sheet[34 + 10, 310, 0] > 2 * sheet[34 + 10, 630, 0]


@pytest.mark.parametrize("sizes", [((640, 480),) * 2, ((640, 480), (480, 640)), ((1920, 1080),) * 7, ((30, 2000),) * 3])
def test_boxes_beyond_the_edges_stay_within_their_view(sizes):
    session = Session("odd", tuple("abcdefg"[: len(sizes)]), sizes, ())
    views = tuple(View(np.array([[-500.0, -500, 5000, 5000]]), np.array([1])) for _ in sizes)
    sheet = drawn(session, MultiViewFrame(0.0, views), [np.array([1])] * len(sizes), [None] * len(sizes))
    assert sheet.shape[0] % 2 == sheet.shape[1] % 2 == 0
    assert not has(sheet[:34], colour_of(1))


def test_a_slow_camera_shows_a_frame_twice(tmp_path):
    grays = [20, 120, 220]
    write_movie(
        tmp_path / "a.mp4", ((3000 * n, np.full((32, 32, 3), gray, np.uint8)) for n, gray in enumerate(grays)), (32, 32), 30
    )
    frames = [
        MultiViewFrame(
            float(n), (View(np.zeros((0, 4)), np.zeros(0, np.int64), picture=Picture(tmp_path / "a.mp4", frame)), nobody())
        )
        for n, frame in enumerate([0, 1, 1, 2])
    ]
    seen = [
        first.mean()
        for first, second in read_views(Session("slow", ("a", "b"), ((32, 32),) * 2, tuple(frames)))
        if second is None
    ]
    assert seen == pytest.approx([20, 120, 120, 220], abs=4)


def test_a_clip_has_a_frame_for_each_instant(tmp_path):
    session = walkers(instants=5, people=3, spacing_seconds=0.1)
    write_clip(tmp_path / "clip.mp4", session, of_people(session), ["who"] * 5)
    with av.open(tmp_path / "clip.mp4") as clip:
        times = [float(frame.time) for frame in clip.decode(video=0)]
    assert times == pytest.approx([0, 0.1, 0.2, 0.3, 0.4], abs=1e-3)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
