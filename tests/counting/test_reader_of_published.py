"""The HDF5 files of MVMS, of CityStreet's and of PETS2009's form."""

import numpy as np
import pytest
from layouts import (
    CITY_SIZE,
    INSTANTS,
    PETS_LENS,
    PETS_SIZE,
    cameras,
    ground_at,
    picture,
    write_city_geometry,
    write_hdf5,
    write_published_city,
    write_tsai,
)

from viewsync.counting.places import PUBLISHED
from viewsync.counting.readers import read_footage
from viewsync.types import InputError

SIZE = (48, 32)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    folder = tmp_path_factory.mktemp("city")
    write_published_city(folder)
    # Of pictures whose views the authors have shifted: not to be taken for others.
    write_hdf5(
        folder / "unsynced_images_h5" / "timeshift_[0+3-3]s" / "Street_view1_dmap_10.h5", images=np.zeros((1, 1, 1, 1))
    )
    return folder


def test_citystreet(city):
    training, test = sorted(read_footage(city, size=SIZE), key=lambda footage: footage.split, reverse=True)
    assert (training.name, training.split, test.split, test.fps) == ("Street", "training", "test", 1.0)
    assert training.place.views == ("view1", "view2", "view3")
    assert training.place.fundamental is None
    assert training.densities.shape == (INSTANTS, 192, 160)
    assert training.counts.tolist() == [4, 4, 3, 0]
    columns, rows = np.floor((ground_at(0) / 0.07625 + (282.1, 418.1)) / 4).astype(int).T
    assert (training.densities[0, rows, columns] == 1).all()
    assert [pictures[2].mean() for pictures in training.pictures] == [40, 80, 120]


def test_pets_by_its_calibration(tmp_path):
    cells = PUBLISHED["PETS2009"].cells
    for clip, instants in (("S1L3/14_17/PETS_S1L3_1", 2), ("S1L1/13_57/PETS_S1L1_1", 1)):
        where = tmp_path / "dmaps" / clip.rpartition("/")[0]
        name = clip.rpartition("/")[2]
        for view in range(3):
            images = np.stack([picture(view, instant, PETS_SIZE) for instant in range(instants)])[..., None].repeat(
                3, axis=-1
            )
            write_hdf5(where / "train_test" / f"{name}_view{view + 1}_train_test_10.h5", images=images)
        maps = np.zeros((instants, 710, 610, 1), np.float32)
        maps[:, 100, 200] = 3
        maps[:, 709, 609] = 1
        write_hdf5(where / "GP_maps" / f"{name}_groundplane_dmaps_10.h5", density_maps=maps)
    write_tsai(tmp_path / "calibration", cameras("View_001", "View_002", "View_003", lens=PETS_LENS))
    found = {footage.name: footage for footage in read_footage(tmp_path, size=SIZE)}
    assert {name: footage.split for name, footage in found.items()} == {"PETS_S1L3_1": "training", "PETS_S1L1_1": "test"}
    one = found["PETS_S1L3_1"]
    assert (one.fps, one.place.ground) == (7.0, cells.pooled(4))
    # What lies beyond the cells isn't counted.
    assert one.counts.tolist() == [3, 3]
    assert one.densities[0, 25, 50] == 3
    assert one.place.fundamental is not None
    assert [pictures[1].mean() for pictures in one.pictures] == [30, 70, 110]


def test_missing_files_are_named(tmp_path):
    write_published_city(tmp_path, splits=("train", "test"))
    (tmp_path / "dmaps" / "test" / "Street_view2_dmap_10.h5").unlink()
    with pytest.raises(InputError, match="clip Street there is no file of view2"):
        read_footage(tmp_path)
    (tmp_path / "dmaps" / "test" / "Street_view2_dmap_10.h5").write_bytes(b"not HDF5")
    with pytest.raises(InputError, match=r"Street_view2_dmap_10\.h5 can't be read as HDF5 with images"):
        read_footage(tmp_path, size=SIZE)


def test_views_of_different_length_are_refused(tmp_path):
    write_published_city(tmp_path, splits=("train",))
    short = np.stack([picture(1, instant, CITY_SIZE) for instant in range(INSTANTS - 1)])[..., None]
    write_hdf5(tmp_path / "dmaps" / "train" / "Street_view2_dmap_10.h5", images=short)
    with pytest.raises(InputError, match=r"4 annotated instants .*view1 4, view2 3, view3 4"):
        read_footage(tmp_path, size=SIZE)


def test_pictures_of_another_shape_and_maps_that_are_not_numbers_are_refused(tmp_path):
    write_published_city(tmp_path, splits=("train",))
    maps = np.full((INSTANTS, 768, 640, 1), np.nan, np.float32)
    write_hdf5(tmp_path / "GP_dmaps" / "train" / "Street_groundplane_train_dmaps_10.h5", density_maps=maps)
    with pytest.raises(InputError, match="its map 0 isn't finite"):
        read_footage(tmp_path, size=SIZE)
    upright = np.stack([picture(1, instant, CITY_SIZE[::-1]) for instant in range(INSTANTS)])[..., None]
    write_hdf5(tmp_path / "dmaps" / "train" / "Street_view2_dmap_10.h5", images=upright)
    with pytest.raises(
        InputError, match=r"Street_view2.*95 × 169 pixels, but those of CityStreet are shaped like 676 × 380"
    ):
        read_footage(tmp_path, size=SIZE)


def test_unsynchronized_files_alone_are_not_enough(tmp_path):
    write_hdf5(tmp_path / "unsync" / "Street_groundplane_dmaps_10.h5", density_maps=np.zeros((1, 1, 1, 1)))
    with pytest.raises(InputError, match="HDF5 files of unsynchronized pictures only"):
        read_footage(tmp_path)


def test_maps_of_unknown_size_are_refused(tmp_path):
    write_city_geometry(tmp_path)
    for view in (1, 2):
        write_hdf5(tmp_path / f"view{view}_dmap_10.h5", images=np.zeros((1, 8, 8, 1), np.uint8))
    write_hdf5(tmp_path / "groundplane_dmap_10.h5", density_maps=np.zeros((1, 30, 20, 1), np.float32))
    with pytest.raises(InputError, match="maps of 20 × 30 cells"):
        read_footage(tmp_path)
    write_hdf5(tmp_path / "groundplane_dmap_10.h5", density_maps=np.zeros((1, 768, 640), np.float32))
    with pytest.raises(InputError, match=r"density_maps are of shape \(1, 768, 640\)"):
        read_footage(tmp_path)
