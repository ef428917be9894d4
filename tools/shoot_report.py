"""Makes docs/report.png: the upper part of the report on four cameras of a drawn scene, as a browser shows it.

python tools/shoot_report.py
"""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2

import viewsync
from viewsync.media import still
from viewsync.media.pictures import excerpt
from viewsync.outputs.report import write_report
from viewsync.worlds.drawn import Scene, SketchCamera, write_video

ROOT = Path(__file__).parent.parent
SCENE = Scene(seed=11, bodies=2)
STARTS = {"cam1": (20, 0.0), "cam2": (95, 2.4173), "cam3": (230, -1.1302), "cam4": (300, 0.731)}
WIDTH, HEIGHT = 1000, 900
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def main() -> None:
    """Render, synchronize, write the report, open it and take a picture."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit(f"none of {', '.join(BROWSERS)} is on the PATH: install one")
    with TemporaryDirectory() as name:
        folder = Path(name)
        paths = []
        for number, (camera, (azimuth, start)) in enumerate(STARTS.items()):
            paths.append(folder / f"{camera}.mp4")
            seen = SketchCamera(
                seed=number, azimuth_degrees=azimuth, offset_seconds=start, width=640, height=360, duration_seconds=12
            )
            write_video(SCENE, seen, paths[-1])
        write_report(viewsync.sync(paths, reference="cam1"), folder / "report.html", still, excerpt)
        # A browser that runs as root, as in a container, has to do without its sandbox; the page is our own.
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=5000"]
        shot = [
            f"--user-data-dir={folder / 'profile'}",
            f"--window-size={WIDTH},{HEIGHT}",
            f"--screenshot={folder / 'shot.png'}",
        ]
        subprocess.run([browser, *options, *shot, (folder / "report.html").as_uri()], check=True, capture_output=True)
        picture = cv2.imread(str(folder / "shot.png"))
        cv2.imwrite(str(ROOT / "docs" / "report.png"), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
