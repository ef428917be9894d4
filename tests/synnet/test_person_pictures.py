from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from viewsync.synnet.pictures import PicturedScene, Shooting, cut_out, film, filmed_pictures
from viewsync.types import InputError
from viewsync.worlds.motions.clip import MotionClip
from viewsync.worlds.motions.library import MotionLibrary

SMALL = Shooting(scenes=1, seed=3, cameras=2, frames=4, size_pixels=32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("filmed")


@pytest.fixture(scope="module")
def scene(folder: Path) -> PicturedScene:
    """Kept in the folder."""
    (filmed,) = filmed_pictures(SMALL, folder)
    return filmed


def _person(middles: np.ndarray, reach: float) -> np.ndarray:
    """Joints that spread over a square."""
    spread = np.random.default_rng(0).uniform(-reach, reach, (17, 2))
    spread[:2] = (-reach, -reach), (reach, reach)
    places = middles[:, None] + spread
    return np.concatenate([places, np.ones((*places.shape[:2], 1))], axis=2).astype(np.float32)


def test_keypoints_lie_on_what_they_lie_on_in_the_film() -> None:
    view = _person(np.linspace((90, 100), (96, 104), 9), 40)
    view[3, 5] = 0
    film = [np.zeros((200, 200, 3), np.uint8) for _ in view]
    for picture, (x, y, _) in zip(film, view[:, 0], strict=True):
        cv2.circle(picture, (round(16 * x), round(16 * y)), 16 * 5, (0, 0, 255), -1, cv2.LINE_AA, shift=4)
    keypoints, pictures, _ = cut_out(view, film, 32)
    assert len(keypoints) == len(pictures) == 8
    for found, picture in zip(keypoints, pictures, strict=True):
        light = picture[..., 0].astype(float)
        rows, columns = np.indices(light.shape)
        middle = (columns * light).sum() / light.sum(), (rows * light).sum() / light.sum()
        np.testing.assert_allclose(found[0, :2], middle, atol=0.1)
        assert picture[..., 1:].max() == 0
    assert not keypoints[3, 5].any()


def test_a_window_leaves_room_on_all_sides() -> None:
    view = _person(np.full((6, 2), 100.0), 40)
    keypoints, _, _ = cut_out(view, [np.zeros((200, 200, 3), np.uint8)] * 6, 32)
    # 80 pixels in a window of 104.
    np.testing.assert_allclose(keypoints[..., :2].min(axis=(0, 1)) + 0.5, 32 * 12 / 104, atol=1e-4)
    np.testing.assert_allclose(keypoints[..., :2].max(axis=(0, 1)) + 0.5, 32 * 92 / 104, atol=1e-4)


def test_flow_is_what_moves_in_the_window() -> None:
    """A person who stands before a camera that stands, with a sleeve that moves."""
    rng = np.random.default_rng(1)
    film = []
    still, sleeve = (cv2.GaussianBlur(rng.uniform(0, 255, (200, 200, 3)), (0, 0), 2) for _ in range(2))
    sleeve = (255 * (sleeve - sleeve.min()) / np.ptp(sleeve)).astype(np.uint8)
    still = (255 * (still - still.min()) / np.ptp(still)).astype(np.uint8)
    for frame in range(4):
        picture = still.copy()
        picture[80:120, 80 + frame : 120 + frame] = sleeve[:40, :40]
        film.append(picture)
    _, _, flow = cut_out(_person(np.full((4, 2), 99.5), 40), film, 52)
    # Two pixels of the film are one of the window.
    np.testing.assert_allclose(np.median(flow[:, 22:30, 24:30], axis=(1, 2)), [[0.5, 0]] * 3, atol=0.05)
    np.testing.assert_allclose(np.median(flow[:, 2:10], axis=(1, 2)), 0, atol=0.02)


@pytest.mark.opengl
def test_a_scene_shows_somebody_in_the_middle(scene: PicturedScene) -> None:
    assert scene.views.shape == (2, 4, 17, 3)
    assert scene.speed.shape == (4,)
    assert scene.pictures.shape == (2, 4, 32, 32, 3)
    assert scene.flow.shape == (2, 4, 32, 32, 2)
    seen = scene.views[scene.views[..., 2] > 0]
    assert len(seen) == 2 * 4 * 17
    assert np.all((seen[:, :2] > 0) & (seen[:, :2] < 31))
    assert np.all(scene.pictures.std(axis=(2, 3)) > 5)
    assert np.isfinite(scene.flow).all()


@pytest.mark.opengl
def test_what_was_filmed_is_not_filmed_again(folder: Path, scene: PicturedScene) -> None:
    (path,) = folder.iterdir()
    written = path.stat().st_mtime_ns
    calls: list[tuple[int, int]] = []
    (again,) = filmed_pictures(SMALL, folder, lambda done, whole: calls.append((done, whole)))
    assert path.stat().st_mtime_ns == written
    assert calls == [(0, 1), (1, 1)]
    _assert_same(again, scene)


@pytest.mark.slow
@pytest.mark.opengl
def test_a_scene_is_the_same_whatever_was_filmed_before(scene: PicturedScene) -> None:
    other = film(SMALL, 1)
    assert not np.array_equal(other.pictures, scene.pictures)
    _assert_same(film(replace(SMALL, scenes=7), 0), scene)


def _assert_same(found: PicturedScene, expected: PicturedScene) -> None:
    for name, values in vars(expected).items():
        np.testing.assert_array_equal(getattr(found, name), values)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"something else"])
def test_a_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / f"{SMALL.fingerprint()}-0000.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"can't read .*{path.name}.*Remove it"):
        next(filmed_pictures(SMALL, tmp_path))


def test_scenes_of_other_shootings_have_other_names() -> None:
    turns = np.tile([0.0, 0.0, 0.0, 1.0], (2, 31, 1))
    motions = MotionLibrary((MotionClip("nod", "nod", 30.0, np.zeros((2, 3)), turns, False),))
    others: dict[str, Any] = {"seed": 4, "held_out": True, "cameras": 3, "frames": 5, "size_pixels": 48, "motions": motions}
    names = {replace(SMALL, **{name: value}).fingerprint() for name, value in others.items()}
    assert len(names | {SMALL.fingerprint()}) == 1 + len(others)
    assert replace(SMALL, scenes=9).fingerprint() == SMALL.fingerprint()


def test_numbers_out_of_range_are_named() -> None:
    with pytest.raises(InputError, match="size_pixels must be from 8 to 96, got 128"):
        replace(SMALL, size_pixels=128)
