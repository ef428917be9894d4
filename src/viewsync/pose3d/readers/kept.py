"""Cut-out pictures as pose networks read them, made once and kept."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from viewsync.footage.kept_pictures import Shelf
from viewsync.geometry.camera import CalibratedCamera
from viewsync.pose3d.crops import Crop, cropped, crops
from viewsync.progress import Progress

_SHELF = Shelf("pose3d", ("pose3d/readers/*.py", "pose3d/crops.py"))


@dataclass(frozen=True)
class Whole:
    """What there is of one view, before anything is cut out."""

    camera: CalibratedCamera
    key: str
    """All that the pictures depend on."""
    pictures: Iterator[UInt8[np.ndarray, "_ _"] | None]
    """Gray, one for each instant, None where there is none; read only where what is made of them isn't kept yet."""


@dataclass(frozen=True)
class Cutting:
    """What is to be cut out."""

    side_pixels: int
    """Of what is kept."""
    crop: Crop
    progress: Progress
    """Told after each picture."""

    def of(
        self,
        name: str,
        views: Sequence[Whole],
        joints_metres: Float[np.ndarray, "instant joint 3"],
        boxes: Float[np.ndarray, "instant view 4"],
    ) -> tuple[Float[np.ndarray, "instant view 4"], tuple[UInt8[np.ndarray, "_ side side"], ...]]:
        """Boxes and pictures of all views, mapped from disk.

        Args:
            name: Of the clip.
            views: All of them.
            joints_metres: The person's; nan where a joint isn't known.
            boxes: That the data tell; nan where a view doesn't show the person.

        Raises:
            InputError: There are fewer or more pictures, one is of another size, or the cache folder can't be written.
        """
        cut = [crops(self.crop, view.camera, joints_metres, boxes[:, number]) for number, view in enumerate(views)]
        pictures = []
        for view, box in zip(views, cut, strict=True):
            key = f"{view.key} {view.camera.lens} {hashlib.sha256(box.tobytes()).hexdigest()}"
            shown: Iterable[np.ndarray] = cropped(view.camera, box, self.side_pixels, view.pictures)
            size = (self.side_pixels, self.side_pixels)
            task = f"{name}, {view.camera.name}"
            pictures.append(_SHELF.pictures(key, len(box), size, shown, task, self.progress))
        return np.stack(cut, axis=1), tuple(pictures)
