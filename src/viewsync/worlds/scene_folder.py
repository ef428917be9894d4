"""Where a scene's films are, and what their cameras saw of the people."""

from pathlib import Path

from viewsync.worlds.cameras.camera import Camera


def movie_path(camera: Camera, folder: Path) -> Path:
    """The film itself. It comes last, so a camera that has one is done."""
    return folder / f"{camera.name}.mp4"


def sightings_path(camera: Camera, folder: Path) -> Path:
    """What the camera sees of the people (see `sightings_file`)."""
    return folder / "sightings" / f"{camera.name}.npy"


def film_is_done(camera: Camera, folder: Path) -> bool:
    """Whether the camera's film is there, whole."""
    return movie_path(camera, folder).exists()


def remove_unfinished(folder: Path) -> None:
    """Remove the hidden files that a run which was killed while it wrote has left in a scene's folder."""
    for path in folder.rglob(".viewsync-*"):
        path.unlink(missing_ok=True)
