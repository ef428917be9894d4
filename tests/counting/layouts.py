"""One small scene in every layout that is read: three cameras around people who stand here and there."""

import json

import cv2
import h5py
import numpy as np
from scipy.spatial.transform import Rotation

from viewsync.calibration import write_aniposelib
from viewsync.counting.places import POOLED, PUBLISHED
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.ground_maps import depth_map, sampling_map
from viewsync.geometry.lens import Lens

WIDTH, HEIGHT = 96, 64
LENS = Lens(WIDTH, HEIGHT, (60.0, 60.0), (47.5, 31.5))
PETS_LENS = Lens(768, 576, (600.0, 600.0), (383.5, 287.5))
MIDDLE = np.array([2.0, 5.0])
"""Of the ground that all cameras see."""
PEOPLE = MIDDLE + np.array([[0.0, 0.0], [2.0, 1.0], [-1.5, 2.5], [1.0, -2.0]])
HEIGHTS = np.array([1.75, 1.62, 1.9, 1.7])
INSTANTS = 4


def camera(name, degrees, lens=LENS, away=9.0):
    """Looks at the middle of the ground from somewhere around it."""
    turn = np.radians(degrees)
    position = np.array([*(MIDDLE + away * np.array([np.cos(turn), np.sin(turn)])), 6.0])
    forward = np.array([*MIDDLE, 0.0]) - position
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    return CalibratedCamera.at(name, lens, np.stack([right, np.cross(forward, right), forward]), position)


def cameras(*names, lens=LENS):
    return [camera(name, degrees, lens) for name, degrees in zip(names, (20.0, 130.0, 250.0), strict=False)]


def ground_at(instant):
    """Where people are; the last one has left by then, and everybody at the last instant."""
    count = 0 if instant == INSTANTS - 1 else len(PEOPLE) - (instant == 2)
    return (PEOPLE + 0.2 * instant)[:count]


def heads_at(instant):
    ground = ground_at(instant)
    return np.column_stack([ground, HEIGHTS[: len(ground)]])


CITY_SIZE, PETS_SIZE = (169, 95), (96, 72)
"""A quarter of the published pictures' size."""


def picture(view, instant, size=(WIDTH, HEIGHT)):
    """Another gray for each."""
    return np.full(size[::-1], 20 + 40 * view + 10 * instant, np.uint8)


def marked(camera, instants=range(INSTANTS), skip=()):
    """Heads as the VIA annotator tells them; `skip`ped people lie in the upper left corner."""
    frames = {}
    for instant in instants:
        pixels = camera.project(heads_at(instant)) if len(ground_at(instant)) else []
        pixels = [(3.0, 3.0) if person in skip else pixel for person, pixel in enumerate(pixels)]
        regions = {
            str(person): {"shape_attributes": {"name": "point", "cx": float(x), "cy": float(y)}}
            for person, (x, y) in enumerate(pixels)
        }
        frames[f"frame_{instant:04d}.jpg"] = {"filename": f"frame_{instant:04d}.jpg", "regions": regions}
    return frames


def write_pictures(folder, view, name="frame_{:04d}.png", instants=range(INSTANTS), size=(WIDTH, HEIGHT)):
    folder.mkdir(parents=True, exist_ok=True)
    for number, instant in enumerate(instants):
        cv2.imwrite(str(folder / name.format(instant)), picture(view, number, size))


def write_city(folder, first=0, skip=()):
    """CityStreet as pictures; frames count from `first`."""
    views = cameras("camera1", "camera3", "camera4")
    write_aniposelib(views, folder / "calibration.toml")
    (folder / "labels").mkdir(parents=True)
    for number, view in enumerate(views):
        instants = range(first, first + INSTANTS)
        write_pictures(folder / "image_frames" / view.name, number, instants=instants)
        told = {f"frame_{first + at:04d}.jpg": entry for at, entry in enumerate(marked(view, skip=skip).values())}
        (folder / "labels" / f"via_region_data_view{number + 1}.json").write_text(json.dumps(told))


def write_pets(folder, clip="Train/S1L3/14_17", skip=()):
    """PETS2009 as pictures, with Tsai's calibration."""
    views = cameras("View_001", "View_002", "View_003", lens=PETS_LENS)
    write_tsai(folder / "calibration", views)
    (folder / "labels" / clip).mkdir(parents=True)
    for number, view in enumerate(views):
        write_pictures(folder / "image_frames" / clip / view.name, number, size=(96, 72))
        told = marked(view, skip=skip if number else ())
        (folder / "labels" / clip / f"via_region_data_view{number + 1}.json").write_text(json.dumps(told))


def write_tsai(folder, views):
    folder.mkdir(parents=True, exist_ok=True)
    for view in views:
        lens, (rx, ry, rz) = view.lens, Rotation.from_matrix(view.rotation).as_euler("xyz")
        (tx, ty, tz), (cx, cy) = 1000 * view.translation_metres, lens.center_pixels
        (folder / f"{view.name}.xml").write_text(
            f'<Camera name="{view.name}"><Geometry width="{lens.width}" height="{lens.height}" dpx="0.1" dpy="0.1"/>'
            f'<Intrinsic focal="{lens.focal_pixels[0] / 10}" kappa1="0" cx="{cx}" cy="{cy}" sx="1"/>'
            f'<Extrinsic tx="{tx}" ty="{ty}" tz="{tz}" rx="{rx}" ry="{ry}" rz="{rz}"/></Camera>'
        )


def write_hdf5(path, **datasets):
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for name, values in datasets.items():
            file.create_dataset(name, data=values, compression="gzip", compression_opts=1)


def write_published_city(folder, splits=("train", "test")):
    """CityStreet as HDF5, with projection and depth maps of CityStreet's form. A person is one cell of 1."""
    known = PUBLISHED["CityStreet"]
    for split in splits:
        for view in range(3):
            images = np.stack([picture(view, instant, CITY_SIZE) for instant in range(INSTANTS)])[..., None]
            write_hdf5(folder / "dmaps" / split / f"Street_view{view + 1}_dmap_10.h5", images=images)
        maps = np.zeros((INSTANTS, known.cells.rows, known.cells.columns, 1), np.float32)
        for instant in range(INSTANTS):
            for column, row in np.rint(known.cells.cells(ground_at(instant))).astype(int):
                maps[instant, row, column] = 1
        name = f"Street_groundplane_{split}_dmaps_10.h5"
        write_hdf5(folder / "GP_dmaps" / split / name, density_maps=maps)
    write_city_geometry(folder / "coords_correspondence_Street")


def write_city_geometry(folder):
    known = PUBLISHED["CityStreet"]
    folder.mkdir(parents=True, exist_ok=True)
    for number, view in enumerate(cameras("view1", "view2", "view3"), start=1):
        sampling = sampling_map(view, known.cells.pooled(POOLED)) - 1 / np.array(known.calibrated)
        np.savez(folder / known.sampling.format(number), sampling.reshape(-1, 2).T)
        np.savez(folder / known.depths.format(number), 1000 * depth_map(view, 338, 190).astype(float))
