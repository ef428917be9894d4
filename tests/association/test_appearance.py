"""What people look like: made of pixels, and given."""

import cv2
import numpy as np
import pytest
from made_session import nobody

from viewsync.association.appearance import ColourHistogram, crop, given_looks, with_looks
from viewsync.association.frames import MultiViewFrame, Picture, Session, View
from viewsync.association.pixels import read_pictures
from viewsync.types import InputError
from viewsync.worlds.movie import write_movie

RED, GREEN, BLUE, GRAY = (200, 30, 30), (30, 160, 30), (30, 30, 200), (120, 120, 120)


def figure(above, below, width=40, height=120, light=1.0):
    pixels = np.empty((height, width, 3))
    pixels[: height // 2], pixels[height // 2 :] = above, below
    return (light * pixels).astype(np.uint8)


def test_the_same_clothes_are_more_alike_than_others_in_other_light_and_size():
    first = [figure(RED, BLUE), figure(BLUE, RED), figure(GREEN, GRAY)]
    other = [figure(RED, BLUE, 25, 61, 0.8), figure(BLUE, RED, 60, 200, 0.8), figure(GREEN, GRAY, 33, 90, 0.8)]
    a, b = ColourHistogram()(first), ColourHistogram()(other)
    assert np.linalg.norm(a, axis=1) == pytest.approx(1)
    distances = np.linalg.norm(a[:, None] - b, axis=2)
    assert distances.argmin(axis=1).tolist() == [0, 1, 2]
    assert distances.diagonal().max() < 0.7 * distances[~np.eye(3, dtype=bool)].min()
    assert ColourHistogram()([]).shape == (0, a.shape[1])


def test_crops_hold_at_least_a_pixel():
    picture = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    np.testing.assert_array_equal(crop(picture, np.array([1.2, 0.9, 3.1, 2.0])), picture[0:2, 1:4])
    np.testing.assert_array_equal(crop(picture, np.array([-5.0, -5.0, 0.3, 0.2])), picture[:1, :1])
    np.testing.assert_array_equal(crop(picture, np.array([5.7, 3.5, 90.0, 90.0])), picture[3:, 5:])


def filmed(folder):
    """A camera with pictures, and one with a film, at two instants; the second one shows nobody at first."""
    pixels = np.full((96, 128, 3), 120, dtype=np.uint8)
    pixels[:, 10:50], pixels[:, 70:110] = figure(RED, BLUE, 40, 96), figure(GREEN, GRAY, 40, 96)
    for number in range(2):
        cv2.imwrite(str(folder / f"{number}.png"), pixels[..., ::-1])
    film = folder / "cam2.mp4"
    blank = np.full_like(pixels, 90)
    write_movie(film, ((3000 * i, (pixels if i == 4 else blank)[..., ::-1]) for i in range(6)), (128, 96), 30)
    left, right = [10.0, 0.0, 50.0, 96.0], [70.0, 0.0, 110.0, 96.0]
    frames = (
        MultiViewFrame(0.0, (View(np.array([left, right]), np.array([1, 2]), picture=Picture(folder / "0.png")), nobody())),
        MultiViewFrame(
            1.0,
            (
                View(np.array([left]), np.array([1]), picture=Picture(folder / "1.png")),
                View(np.array([right, left]), np.array([2, 1]), picture=Picture(film, 4)),
            ),
        ),
    )
    return Session("hall", ("cam1", "cam2"), ((128, 96),) * 2, frames)


def test_everybody_gets_an_embedding_of_pictures_and_films(tmp_path):
    told = []
    seen = with_looks(filmed(tmp_path), ColourHistogram(), lambda *what: told.append(what))
    first, second = seen.frames[1].views
    distances = np.linalg.norm(first.embeddings[0] - second.embeddings, axis=1)
    assert distances[1] < 0.5 * distances[0]
    assert [len(frame.views[1].embeddings) for frame in seen.frames] == [0, 2]
    assert told[-1] == ("hall, cam2", 2, 2)


def test_pictures_that_are_not_there_are_named(tmp_path):
    session = filmed(tmp_path)
    with pytest.raises(InputError, match="cam1 sees"):
        with_looks(
            session.with_frames([MultiViewFrame(0.0, (View(np.array([[1.0, 2, 3, 4]]), np.array([1])), nobody()))]),
            ColourHistogram(),
        )
    with pytest.raises(InputError, match=r"none.png can't be read"):
        list(read_pictures([Picture(tmp_path / "none.png")]))
    with pytest.raises(InputError, match="frame 9 can't be decoded"):
        list(read_pictures([Picture(tmp_path / "cam2.mp4", 9)]))


def test_vectors_may_be_given(tmp_path):
    session, path = filmed(tmp_path), tmp_path / "looks.npz"
    vectors = {"cam1": np.array([[3.0, 4], [0, 2], [1, 0]]), "cam2": np.array([[0.0, 1], [1, 0]])}
    np.savez(path, **vectors)
    seen = given_looks(session, path)
    assert seen.frames[0].views[0].embeddings == pytest.approx(np.array([[0.6, 0.8], [0, 1]]))
    assert [len(frame.views[1].embeddings) for frame in seen.frames] == [0, 2]
    np.savez(path, cam1=vectors["cam1"])
    with pytest.raises(InputError, match="'cam2' is missing, but must have 2 rows"):
        given_looks(session, path)
    np.savez(path, cam1=vectors["cam1"], cam2=np.zeros((2, 2)))
    with pytest.raises(InputError, match="is zero or isn't finite"):
        given_looks(session, path)
    np.savez(path, **vectors)
    np.save(tmp_path / "one.npy", vectors["cam1"])
    for content in (b"no", b"", path.read_bytes()[:200], (tmp_path / "one.npy").read_bytes()):
        path.write_bytes(content)
        with pytest.raises(InputError, match="can't be read as NumPy's"):
            given_looks(session, path)
