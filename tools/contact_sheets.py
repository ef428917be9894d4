"""Renders a short scene of every preset and lays frames of it out in docs/worlds/sheets: one row per camera.

python tools/contact_sheets.py
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import cv2
import numpy as np

from viewsync.worlds.order import Order
from viewsync.worlds.presets import PRESETS, preset_named
from viewsync.worlds.presets.preset import Preset
from viewsync.worlds.presets.wishes import Wishes
from viewsync.worlds.render import render

HERE = Path(__file__).parent
COLUMNS, SHEET_WIDTH, GAP = 4, 960, 3


def main() -> int:
    """Render the presets asked for, one after another."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("presets", nargs="*", default=list(PRESETS))
    parser.add_argument("--out", type=Path, default=HERE.parent / "docs" / "worlds" / "sheets")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.presets:
        preset = preset_named(name)
        with TemporaryDirectory() as folder:
            order = Order(name, options.seed, max(1, len(preset.sets)), Wishes(seconds=options.seconds), ())
            render(order, preset, Path(folder), 2, lambda task, done, whole: None)
            sheet = sheet_of(preset, order, Path(folder))
        cv2.imwrite(str(options.out / f"{name}.jpg"), sheet, [cv2.IMWRITE_JPEG_QUALITY, 78])
        print(options.out / f"{name}.jpg")
    return 0


def sheet_of(preset: Preset, order: Order, folder: Path) -> np.ndarray:
    """A row per camera; of a preset with several sets, a row per set with its first camera."""
    if preset.sets:
        films = [min((folder / preset.scene_name(number)).glob("*.mp4")) for number in range(order.scenes)]
    else:
        films = sorted((folder / preset.scene_name(0)).glob("*.mp4"))
    rows = [np.hstack([padded(picture) for picture in pictures(film)]) for film in films]
    width = max(row.shape[1] for row in rows)
    return np.vstack([np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0)), constant_values=255) for row in rows])


def pictures(film: Path) -> list[np.ndarray]:
    """Some of a film's frames, evenly over it, small."""
    with av.open(film) as container:
        count = container.streams.video[0].frames
        wanted = set(np.linspace(0, count - 1, COLUMNS).round().astype(int).tolist())
        frames = [frame for number, frame in enumerate(container.decode(video=0)) if number in wanted]
        width = SHEET_WIDTH // COLUMNS - GAP
        size = (width, round(width * frames[0].height / frames[0].width))
        return [cv2.resize(frame.to_ndarray(format="bgr24"), size, interpolation=cv2.INTER_AREA) for frame in frames]


def padded(picture: np.ndarray) -> np.ndarray:
    """With a white gap on the right and below."""
    return np.pad(picture, ((0, GAP), (0, GAP), (0, 0)), constant_values=255)


if __name__ == "__main__":
    sys.exit(main())
