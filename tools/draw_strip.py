"""Draws docs/strip.jpg: three cameras of a drawn scene at the same file time, and at the same instant as sync found it.

python tools/draw_strip.py
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

import viewsync
from viewsync.media import still
from viewsync.worlds.drawn import Scene, SketchCamera, write_video

ROOT = Path(__file__).parent.parent
SCENE = Scene(seed=11, bodies=2)
STARTS = {"cam1": (20, 0.0), "cam2": (95, 2.4173), "cam3": (230, -1.1302)}


def main() -> None:
    """Render, synchronize, draw."""
    with TemporaryDirectory() as folder:
        paths = []
        for number, (name, (azimuth, start)) in enumerate(STARTS.items()):
            camera = SketchCamera(
                seed=number, azimuth_degrees=azimuth, offset_seconds=start, width=640, height=360, duration_seconds=12
            )
            paths.append(Path(folder) / f"{name}.mp4")
            write_video(SCENE, camera, paths[-1])
        timeline = viewsync.sync(paths, reference="cam1")
        rows = []
        for title, synced in (("the same file time", False), ("the same instant", True)):
            pictures = []
            for camera in timeline.cameras:
                offset = (camera.offset_seconds or 0.0) if synced else 0.0
                picture = still(camera.recording, 6.0 - offset, 400)[:, :, ::-1].copy()
                label = (
                    f"{camera.id}  {title}"
                    if camera.id == "cam1"
                    else f"{camera.id}  {offset:+.3f} s"
                    if synced
                    else camera.id
                )
                cv2.putText(picture, label, (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
                pictures.append(picture)
            rows.append(np.hstack(pictures))
        cv2.imwrite(str(ROOT / "docs" / "strip.jpg"), np.vstack(rows))


if __name__ == "__main__":
    main()
