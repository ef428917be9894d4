import numpy as np
import pytest
import torch

from viewsync.networks.heatmaps import rendered
from viewsync.synnet.clips import ClipPairs, Clips, Sampling, fixed_clips
from viewsync.synnet.pictures import PicturedScene
from viewsync.synnet.streams import CHANNELS, FrameStore, Stream

SIZE = 8


def _scene(seed: int, cameras: int, frames: int) -> PicturedScene:
    rng = np.random.default_rng(seed)
    views = rng.uniform(0, SIZE, (cameras, frames, 17, 3)).astype(np.float32)
    views[rng.uniform(size=views.shape[:3]) < 0.2] = 0
    views[0, 3] = 0
    pictures = rng.integers(0, 256, (cameras, frames, SIZE, SIZE, 3), dtype=np.uint8)
    flow = rng.normal(size=(cameras, frames, SIZE, SIZE, 2)).astype(np.float16)
    return PicturedScene(views, np.ones(frames, np.float32), pictures, flow)


SCENES = [_scene(0, 2, 70), _scene(1, 3, 80)]
SAMPLING = Sampling()


@pytest.fixture(scope="module")
def store() -> FrameStore:
    return FrameStore(iter(SCENES))


@pytest.fixture(scope="module")
def clips(store: FrameStore) -> tuple[Clips, Clips]:
    """The same ones, with places of joints and with numbers of frames."""
    places, numbers = (fixed_clips(scenes, SAMPLING, per_shift=3, seed=5) for scenes in (SCENES, store.scenes))
    assert torch.equal(places.classes, numbers.classes)
    return places, numbers


def test_poses_are_those_of_the_very_same_clips(store: FrameStore, clips: tuple[Clips, Clips]) -> None:
    places, numbers = clips
    for side in ("a", "b"):
        maps = rendered(getattr(places, side), SIZE)
        torch.testing.assert_close(store.inputs(("P",))(getattr(numbers, side)), maps)


def test_pictures_and_flow_are_of_the_frames_of_the_poses(store: FrameStore, clips: tuple[Clips, Clips]) -> None:
    places, numbers = clips
    looked_up = store.inputs(("A", "F"))(numbers.b)
    for clip, found, scene in zip(places.b.numpy(), looked_up.numpy(), places.scenes, strict=True):
        there = SCENES[int(scene)]
        for keypoints, maps in zip(clip, found, strict=True):
            if not keypoints.any():
                continue
            ((camera, frame),) = np.argwhere((there.views == keypoints).all(axis=(2, 3)))
            light, motion = there.pictures[camera, frame], there.flow[camera, frame]
            np.testing.assert_allclose((0.15 * maps[:3] + 0.4).transpose(1, 2, 0), light / 255, atol=1e-6)
            np.testing.assert_allclose((0.003 * SIZE * maps[3:]).transpose(1, 2, 0), motion, atol=1e-6)


@pytest.mark.parametrize("streams", [("P",), ("A",), ("F",), ("P", "F"), ("P", "A", "F")])
def test_channels_lie_one_after_the_other(store: FrameStore, streams: tuple[Stream, ...]) -> None:
    batch = next(iter(ClipPairs(store.scenes, SAMPLING, windows=2, seed=0)))
    maps = store.inputs(streams)(batch.a)
    assert maps.dtype == torch.float32
    assert maps.shape == (2, SAMPLING.window_frames, sum(CHANNELS[stream] for stream in streams), SIZE, SIZE)
    torch.testing.assert_close(maps, torch.cat([store.inputs((stream,))(batch.a) for stream in streams], dim=2))
