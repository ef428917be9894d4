"""How well flow is found on people whose way is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32
from scipy.ndimage import map_coordinates

from viewsync.counting.footage import Sample
from viewsync.counting.places import Place
from viewsync.counting.samples import batch_of
from viewsync.counting.system import Counter
from viewsync.footage.rendered_scenes import read_scenes
from viewsync.networks.mvms import feature_sizes
from viewsync.networks.view_warp import warp
from viewsync.types import InputError
from viewsync.worlds.people.joints import JOINTS
from viewsync.worlds.sightings_file import read_sightings
from viewsync.worlds.truth.instants import in_frames

_NOWHERE = 1e4
"""In cells: what lies so far off is outside of every picture."""
Tracks = tuple[Float[np.ndarray, "instant person joint 2"], ...]
"""Of each view: where the joints of people are in the network's pictures; nan where they aren't in the picture."""


@dataclass(frozen=True)
class FlowScore:
    """Of a flow's ends on people, against those of no flow at all; in pixels of the network's pictures."""

    error_pixels: float
    """Mean distance from where the joints really come from."""
    zero_error_pixels: float
    """The same of zero flow: how far they went."""
    joints: int

    @property
    def under_zero_percent(self) -> float | None:
        """How much better it is; None where nobody went anywhere."""
        return 100 * (1 - self.error_pixels / self.zero_error_pixels) if self.zero_error_pixels else None


def tracks(folder: Path, place: Place) -> Tracks:
    """Where joints are in the pictures of a rendered scene.

    Args:
        folder: The scene's, with sightings and a calibration.
        place: The scene's.

    Raises:
        InputError: A file is missing.
    """
    (scene,) = read_scenes(folder)
    found = []
    for view, frames in zip(place.views, scene.frames.T, strict=True):
        path, lens = folder / "sightings" / f"{view}.npy", scene.cameras[view].lens
        if not path.is_file():
            raise InputError(f"{folder} lacks the sightings of {view}. Render it anew.")
        size = np.array([place.width / lens.width, place.height / lens.height])
        seen = list(in_frames(frames, read_sightings(path)))
        people = 1 + max((int(one.people.max()) for one in seen if one is not None and len(one)), default=0)
        joints = np.full((len(frames), people, len(JOINTS), 2), np.nan)
        for instant, one in enumerate(seen):
            if one is not None:
                joints[instant, one.people] = (one.joints_pixels + 0.5) * size - 0.5
        outside = ((joints < -0.5) | (joints > np.array([place.width, place.height]) - 0.5)).any(axis=-1)
        joints[outside] = np.nan
        found.append(joints)
    return tuple(found)


@torch.inference_mode()
def flow_score(counter: Counter, samples: Sequence[Sample], ways: Sequence[Tracks]) -> FlowScore:
    """Of all views but the reference, whose flow is none.

    Args:
        counter: That synchronizes in pictures; in evaluation mode.
        samples: What it is shown.
        ways: Of the people in each sample's footage.

    Raises:
        InputError: The network finds no flow in pictures, or nobody is seen twice.
    """
    found, zero = list[np.ndarray](), list[np.ndarray]()
    for sample, joints in zip(samples, ways, strict=True):
        batch, place = batch_of([sample]), sample.footage.place
        synchronized = counter(batch.pictures, batch.geometry).synchronized
        if synchronized is None or counter.network.syncs_scene:
            raise InputError(f"{counter.method} finds no flow in the cameras' pictures. Take one of the CLS methods.")
        stride = place.height / feature_sizes((place.height, place.width))[-1][0]
        for view, flow in enumerate(synchronized.flows_cells[-1][0].double().numpy()[1:], start=1):
            # The flow at a cell points to where what should be seen there is seen in the picture as it was taken.
            here, there = joints[view][sample.instant], joints[view][sample.frames[view]]
            known = np.isfinite(here + there).all(axis=-1)
            apart = (there - here)[known]
            cells = (here[known].T[::-1] + 0.5) / stride - 0.5
            told = np.stack([map_coordinates(part, cells, order=1, mode="nearest") for part in flow], axis=-1) * stride
            found.append(np.linalg.norm(told - apart, axis=-1))
            zero.append(np.linalg.norm(apart, axis=-1))
    ends, starts = np.concatenate(found), np.concatenate(zero)
    if not len(ends):
        raise InputError("nobody is seen by a camera at both instants. Give footage with people before all cameras.")
    return FlowScore(float(ends.mean()), float(starts.mean()), len(ends))


@torch.inference_mode()
def counted_along_true_flow(counter: Counter, samples: Sequence[Sample], ways: Sequence[Tracks]) -> list[np.ndarray]:
    """Densities that a network would find which knew everybody's way: the most that synchronization in pictures can give.

    Args:
        counter: That counts synchronized views; in evaluation mode.
        samples: What it is shown.
        ways: Of the people in each sample's footage.
    """
    found, network = [], counter.network
    for sample, joints in zip(samples, ways, strict=True):
        batch = batch_of([sample])
        moved = [
            warp(maps[0], torch.from_numpy(true_flow(sample, joints, (maps.shape[3], maps.shape[4]))))[None]
            for maps in network.see(batch.pictures)
        ]
        density = network.count(network.on_ground(moved, batch.geometry)) / counter.unit
        found.append(density[0, 0].double().numpy())
    return found


def true_flow(sample: Sample, joints: Tracks, size: tuple[int, int]) -> Float32[np.ndarray, "view 2 {size[0]} {size[1]}"]:
    """In cells: from everybody's box at the reference's instant to where he is shown; zero on what stands still.

    Where somebody is shown who is elsewhere by then, it leads out of the picture, to nothing.

    Args:
        sample: What is shown.
        joints: Of its footage.
        size: Rows and columns of the map.
    """
    flow = np.zeros((len(joints), 2, *size), np.float32)
    stride = sample.footage.place.height / size[0]
    for view, frame in enumerate(sample.frames[1:], start=1):
        here, there = joints[view][sample.instant], joints[view][frame]
        for person in there:
            flow[view][:, _box(person, size, stride)] = _NOWHERE
        # Afterwards, as they are seen for sure.
        for now, then in zip(here, there, strict=True):
            both = np.isfinite(now + then).all(axis=-1)
            way = (then - now)[both].mean(axis=0) / stride if both.any() else np.zeros(2)
            flow[view][:, _box(now, size, stride)] = way[:, None]
    return flow


def _box(
    joints: Float[np.ndarray, "joint 2"], size: tuple[int, int], stride: float
) -> Bool[np.ndarray, "{size[0]} {size[1]}"]:
    """Cells whose middles are at most half a cell from a person's box."""
    inside, seen = np.zeros(size, dtype=bool), joints[np.isfinite(joints).all(axis=-1)]
    if len(seen):
        low, high = (seen.min(axis=0) + 0.5) / stride, (seen.max(axis=0) + 0.5) / stride
        (left, top), (right, bottom) = np.maximum(np.ceil(low - 1), 0).astype(int), np.floor(high).astype(int) + 1
        inside[top:bottom, left:right] = True
    return inside
