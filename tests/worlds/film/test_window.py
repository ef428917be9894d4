import os
import subprocess
import sys

import numpy as np
import pytest

from viewsync.worlds.film.window import Mesh, Texture, Window, metres

pytestmark = pytest.mark.opengl

MATRIX = np.array([[120.0, 0, 64.3], [0, 100.0, 30.8], [0, 0, 1]])
SQUARE = np.array([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]])
FACES = np.array([[0, 1, 2], [0, 2, 3]])
CORNERS = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])


@pytest.fixture
def window():
    window = Window((128, 64), MATRIX, MATRIX)
    yield window
    window.close()


def put(window, place, half=1.0, texture=None, **wishes):
    mesh = Mesh(FACES, CORNERS, texture, **wishes)
    mesh.move(SQUARE * half + place)
    window.add(mesh)
    return mesh


def test_a_point_is_drawn_where_the_matrix_puts_it(window):
    put(window, (0.4, -0.15, 4.0), half=0.1)
    bright = window.draw()[..., 0] / 255.0
    row, column = (np.indices(bright.shape) * bright).sum((1, 2)) / bright.sum()
    assert column == pytest.approx(120 * 0.1 + 64.3, abs=0.25)
    assert row == pytest.approx(-100 * 0.0375 + 30.8, abs=0.25)


def test_colours_and_who_is_who(window):
    put(window, (0, 0, 3), texture=Texture(np.full((2, 2, 3), (200, 100, 50), np.uint8)), person=300)
    assert window.draw()[31, 64].tolist() == [50, 100, 200]
    assert window.draw_flat()[31, 64] == 300
    assert window.draw_flat()[0, 0] == 0


def test_paint_multiplies_the_texture(window):
    mesh = put(window, (0, 0, 3), texture=Texture(np.full((2, 2, 3), (200, 100, 50), np.uint8)))
    mesh.paint(np.full((4, 3), (51, 255, 0), np.uint8))
    assert window.draw()[31, 64].tolist() == [0, 100, 40]


@pytest.mark.parametrize("distance", [0.3, 5.0, 60.0])
def test_depth_in_metres(window, distance):
    put(window, (0, 0, distance), half=2 * distance)
    window.draw()
    assert metres(window.depth()) == pytest.approx(np.full((64, 128), distance), rel=1e-4)


def test_a_clear_texture_darkens_what_lies_behind_and_has_no_depth(window):
    put(window, (0, 0, 5), half=10, person=9)
    put(window, (0, 0, 3), half=10, texture=Texture(np.full((2, 2, 2), (0, 102), np.uint8)), solid=False)
    assert window.draw()[31, 64].tolist() == [153] * 3
    assert metres(window.depth())[31, 64] == pytest.approx(5, rel=1e-4)
    assert window.draw_flat()[31, 64] == 9


@pytest.mark.parametrize("put_away", [lambda window, mesh: mesh.show(False), Window.remove], ids=["hidden", "removed"])
def test_what_is_put_away_is_not_drawn(window, put_away):
    mesh = put(window, (0, 0, 3), person=9)
    assert window.draw().max() == 255
    put_away(window, mesh)
    assert window.draw().max() == window.draw_flat().max() == 0


def test_without_opengl_there_is_one_clear_error():
    code = (
        "import numpy as np; from viewsync.types import InputError; from viewsync.worlds.film.window import Window\n"
        "try: Window((64, 32), np.eye(3), np.eye(3))\n"
        "except InputError as error: print(error)"
    )
    blind = os.environ | {"__EGL_VENDOR_LIBRARY_FILENAMES": "/nonexistent"}
    result = subprocess.run([sys.executable, "-c", code], env=blind, capture_output=True, text=True, check=True)
    assert result.stdout.startswith("Pictures can't be rendered: this machine has no OpenGL")
    assert "vtk" not in result.stderr
