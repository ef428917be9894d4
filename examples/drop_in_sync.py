"""View synchronization dropped into somebody else's network.

`Counter` stands for any network that sees with several cameras and wants pictures of one instant. `SynchronizedCounter` is
the same for cameras that aren't in step: it matches every view with the first along epipolar lines and moves its features
to the first's instant (CLS-epi of Zhang and Chan, 2020). What it takes is between the two marks, and γ · ℓ_s in the loss.

It is trained on dots that walk about before three cameras, the second and third of which are up to 2 s early or late. That
shows how things go together; how much synchronization helps, on pictures of people, docs/counting.md says::

    python examples/drop_in_sync.py
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.epipolar import fundamental_matrices
from viewsync.geometry.ground_maps import GroundMap, sampling_map
from viewsync.geometry.lens import Lens
from viewsync.networks.epipolar_band import sigma_for
from viewsync.networks.synchronized_views import Synchronized, synchronize
from viewsync.networks.view_losses import similarity_loss
from viewsync.networks.view_sync import CameraSync

WIDTH, HEIGHT, CHANNELS = 48, 32, 8
SIZES = (HEIGHT // 4, WIDTH // 4), (HEIGHT // 2, WIDTH // 2)
"""Rows and columns of the features that `Counter.see` makes, coarsest first."""
GROUND = GroundMap(-4.0, -4.0, 0.5, 16, 16)
LATENCY_SECONDS, METRES_PER_SECOND = 2.0, 1.0
GAMMA = 0.01


class Counter(nn.Module):
    """Somebody else's: features of each view at two scales, looked up on the ground, decoded to where people are."""

    sampling: Tensor

    def __init__(self, cameras: list[CalibratedCamera]) -> None:
        super().__init__()
        self.fine = nn.Sequential(nn.Conv2d(1, CHANNELS, 5, stride=2, padding=2), nn.ReLU())
        self.coarse = nn.Sequential(nn.Conv2d(CHANNELS, CHANNELS, 5, stride=2, padding=2), nn.ReLU())
        together = 2 * CHANNELS * len(cameras)
        self.decoder = nn.Sequential(nn.Conv2d(together, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 1, 3, padding=1))
        maps = np.stack([sampling_map(camera, GROUND, height_metres=1.0) for camera in cameras])
        self.register_buffer("sampling", torch.from_numpy(maps))

    def see(self, pictures: Tensor) -> list[Tensor]:
        """Features "batch view channel row column", coarsest first."""
        fine = self.fine(pictures.flatten(0, 1))
        return [maps.reshape(*pictures.shape[:2], *maps.shape[1:]) for maps in (self.coarse(fine), fine)]

    def on_ground(self, scales: list[Tensor]) -> Tensor:
        """What each view shows of the ground, "batch view channel row column"."""
        where = self.sampling.repeat(len(scales[0]), 1, 1, 1)
        found = [functional.grid_sample(maps.flatten(0, 1), where, align_corners=False) for maps in scales]
        return torch.cat(found, dim=1).reshape(*scales[0].shape[:2], -1, GROUND.rows, GROUND.columns)

    def forward(self, pictures: Tensor) -> Tensor:
        """Where people are, "batch 1 row column"."""
        density: Tensor = self.decoder(self.on_ground(self.see(pictures)).flatten(1, 2))
        return density


# ── what synchronization takes: from here … ───────────────────────────────────────────────────────────────────────


class SynchronizedCounter(Counter):
    """The same for cameras that aren't in step."""

    fundamental: Tensor

    def __init__(self, cameras: list[CalibratedCamera]) -> None:
        super().__init__(cameras)
        sigmas = sigma_for(LATENCY_SECONDS, 4.0, strides_pixels=(4, 2), speed_metres_per_second=METRES_PER_SECOND)
        self.sync = CameraSync(
            SIZES, CHANNELS, "epi", centered=True, picture_pixels=(HEIGHT, WIDTH), sigma_cells=sigmas, widths=(16, 16)
        )
        self.register_buffer("fundamental", torch.from_numpy(fundamental_matrices(cameras)).float())

    def in_step(self, pictures: Tensor) -> Synchronized:
        """Features of all views as at the first one's instant."""
        fundamental = self.fundamental.expand(len(pictures), -1, -1, -1, -1)
        return synchronize(self.sync, self.see(pictures), fundamental=fundamental)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Where people are, and ℓ_s: how unlike the views are on the ground."""
        synchronized = self.in_step(pictures)
        ground = self.on_ground(synchronized.maps)
        seen = (self.sampling.abs() <= 1).all(-1).expand(len(pictures), -1, -1, -1)
        return self.decoder(ground.flatten(1, 2)), similarity_loss(ground, synchronized.reference, seen)


# ── … to here ─────────────────────────────────────────────────────────────────────────────────────────────────────


def three_cameras() -> list[CalibratedCamera]:
    """Around the middle of the ground, looking down at it."""
    lens, cameras = Lens(WIDTH, HEIGHT, (36.0, 36.0), (23.5, 15.5)), []
    for number, turn in enumerate(np.radians([20, 130, 250])):
        position = np.array([7 * np.cos(turn), 7 * np.sin(turn), 6.0])
        forward = -position / np.linalg.norm(position)
        right = np.cross(forward, [0, 0, 1]) / np.linalg.norm(np.cross(forward, [0, 0, 1]))
        axes = np.stack([right, np.cross(forward, right), forward])
        cameras.append(CalibratedCamera.at(f"cam{number + 1}", lens, axes, position))
    return cameras


def dots(cameras: list[CalibratedCamera], count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Pictures "batch view 1 height width" of one dot each, taken at different times, and where it is at the first's."""
    start, turn = rng.uniform(-2, 2, (count, 2)), rng.uniform(0, 2 * np.pi, count)
    step = METRES_PER_SECOND * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    latency = rng.uniform(-LATENCY_SECONDS, LATENCY_SECONDS, (len(cameras), count, 1)) * (np.arange(3) > 0)[:, None, None]
    x, y = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    pictures = []
    for camera, late in zip(cameras, latency, strict=True):
        px, py = camera.project(np.column_stack([start + late * step, np.ones(count)])).T[..., None, None]
        pictures.append(np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * 1.5**2)))
    columns, rows = np.meshgrid(np.arange(GROUND.columns), np.arange(GROUND.rows))
    column, row = GROUND.cells(start).T[..., None, None]
    density = np.exp(-((columns - column) ** 2 + (rows - row) ** 2) / 2)
    return torch.from_numpy(np.stack(pictures, axis=1)[:, :, None]).float(), torch.from_numpy(density[:, None]).float()


def train(network: SynchronizedCounter, cameras: list[CalibratedCamera], steps: int, seed: int = 0) -> list[float]:
    """Train a network; the mean squared errors on the way, as shares of that of seeing nothing."""
    optimizer, rng, errors = torch.optim.Adam(network.parameters(), 3e-3), np.random.default_rng(seed), []
    for _ in range(steps):
        pictures, truth = dots(cameras, 4, rng)
        density, apart = network(pictures)
        error = functional.mse_loss(density, truth)
        optimizer.zero_grad()
        (error + GAMMA * apart).backward()
        optimizer.step()
        errors.append(float(error.detach() / truth.square().mean()))
    return errors


def main(steps: int = 100) -> list[float]:
    """Train a network and say how well it does."""
    torch.manual_seed(0)
    cameras = three_cameras()
    errors = train(SynchronizedCounter(cameras), cameras, steps)
    print(f"from {errors[0]:.2f} to {errors[-1]:.2f} of the error of an empty map, in {steps} steps")
    return errors


if __name__ == "__main__":
    main()
