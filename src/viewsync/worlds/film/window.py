"""Where pictures come about: an OpenGL window that nobody sees, and the meshes in it.

Everything is in camera axes: the eye stays at the origin. Nothing is lit here; colours come ready made.
"""

from contextlib import suppress
from importlib import import_module
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8, UInt16
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkFloatArray, vtkLogger, vtkObject, vtkPoints, vtkUnsignedCharArray
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkImageData, vtkPolyData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkRenderingCore import vtkActor, vtkRenderer, vtkRenderWindow, vtkTexture
from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLPolyDataMapper

from viewsync.types import InputError

NEAREST_METRES, FARTHEST_METRES = 0.05, 1000.0
"""What lies nearer or farther than this isn't drawn."""


class Texture:
    """A picture on a mesh, repeated beyond its edges."""

    def __init__(self, picture: UInt8[np.ndarray, "height width channel"]) -> None:
        """Prepare a texture.

        Args:
            picture: RGB, or gray and how little of what lies behind shines through (0 to 255).
        """
        height, width, channels = picture.shape
        self.clear = channels == 2
        self._pixels = np.zeros((height * width, channels), np.uint8)
        self._values = _shared(self._pixels)
        self._image = vtkImageData()
        self._image.SetDimensions(width, height, 1)
        self._image.GetPointData().SetScalars(self._values)
        self.vtk = vtkTexture()
        self.vtk.SetInputData(self._image)
        self.vtk.RepeatOn()
        self.vtk.InterpolateOn()
        self.vtk.MipmapOn()
        # Four times as slow otherwise, where the processor draws.
        self.vtk.SetMaximumAnisotropicFiltering(1)
        self.paint(picture)

    def paint(self, picture: UInt8[np.ndarray, "height width channel"]) -> None:
        """Replace the picture by another one of its size."""
        self._pixels[:] = (picture if self.clear else picture[..., ::-1]).reshape(self._pixels.shape)
        self._values.Modified()
        self._image.Modified()


class Mesh:
    """A surface whose place and colours may change from picture to picture."""

    def __init__(
        self,
        faces: Int[np.ndarray, "face 3"],
        texture_coordinates: Float[np.ndarray, "vertex 2"],
        texture: Texture | None,
        *,
        solid: bool = True,
        person: int = 0,
    ) -> None:
        """Prepare a mesh; `move` and `paint` it before it is drawn.

        Args:
            faces: Triangles, counter-clockwise seen from outside.
            texture_coordinates: 0 to 1.
            texture: Multiplies the colours.
            solid: False for sky and shadows: they have no depth of their own.
            person: Whose body it is; 0 for things.
        """
        count = len(texture_coordinates)
        self._points = np.zeros((count, 3), np.float32)
        self._colors = np.full((count, 3), 255, np.uint8)
        self._point_values, self._color_values = _shared(self._points), _shared(self._colors)
        self._vtk_points = vtkPoints()
        self._vtk_points.SetData(self._point_values)
        self._cells = vtkCellArray()
        self._cells.SetData(3, _copied(faces.astype(np.int64).ravel()))
        self._data = vtkPolyData()
        self._data.SetPoints(self._vtk_points)
        self._data.SetPolys(self._cells)
        self._data.GetPointData().SetScalars(self._color_values)
        self._data.GetPointData().SetTCoords(_copied(texture_coordinates.astype(np.float32)))
        self.solid = solid
        self.actor = self._actor()
        if texture is not None:
            self.actor.SetTexture(texture.vtk)
            self.actor.SetForceTranslucent(texture.clear)
        self.flat_actor = self._actor()
        self.flat_actor.GetMapper().ScalarVisibilityOff()
        self.flat_actor.GetProperty().SetColor(0.0, (person >> 8) / 255, (person & 255) / 255)

    def _actor(self) -> vtkActor:
        mapper = vtkOpenGLPolyDataMapper()
        mapper.SetInputData(self._data)
        mapper.SetVBOShiftScaleMethod(vtkOpenGLPolyDataMapper.DISABLE_SHIFT_SCALE)
        actor = vtkActor()
        actor.SetMapper(mapper)
        actor.GetProperty().LightingOff()
        return actor

    def move(self, points: Float[np.ndarray, "vertex 3"]) -> None:
        """Put the vertices somewhere else: camera axes, metres."""
        self._points[:] = points
        self._point_values.Modified()
        self._vtk_points.Modified()
        self._data.Modified()

    def paint(self, colors: UInt8[np.ndarray, "vertex 3"]) -> None:
        """Give the vertices other colours (RGB)."""
        self._colors[:] = colors[:, ::-1]
        self._color_values.Modified()
        self._data.Modified()

    def show(self, shown: bool) -> None:
        """Whether it is drawn at all."""
        self.actor.SetVisibility(shown)
        self.flat_actor.SetVisibility(shown)


class Window:
    """Draws meshes as a pinhole camera sees them.

    OpenGL's pictures begin at the bottom and ours at the top, so everything is drawn upside down; and as blue comes
    first in ours, it takes the place of red.
    """

    def __init__(
        self, size: tuple[int, int], matrix: Float[np.ndarray, "3 3"], flat_matrix: Float[np.ndarray, "3 3"]
    ) -> None:
        """Open a window.

        Args:
            size: Width and height in pixels.
            matrix: The intrinsic matrix K of its pictures.
            flat_matrix: The same for `draw_flat`.

        Raises:
            InputError: There is no OpenGL.
        """
        self._width, self._height = size
        self._window = _open(size)
        self._colored, self._flat = _renderer(matrix, size), _renderer(flat_matrix, size)
        self._window.AddRenderer(self._colored)
        self._window.AddRenderer(self._flat)
        self._pixels, self._depths = vtkUnsignedCharArray(), vtkFloatArray()

    def add(self, mesh: Mesh) -> None:
        """Take in a mesh."""
        self._colored.AddActor(mesh.actor)
        if mesh.solid:
            self._flat.AddActor(mesh.flat_actor)

    def remove(self, mesh: Mesh) -> None:
        """Let go of a mesh, and free what it holds on the graphics card."""
        self._colored.RemoveActor(mesh.actor)
        self._flat.RemoveActor(mesh.flat_actor)

    def draw(self) -> UInt8[np.ndarray, "height width 3"]:
        """The picture (BGR), valid until the next one is drawn."""
        self._render(self._colored)
        return self._read_pixels()

    def draw_flat(self) -> UInt16[np.ndarray, "height width"]:
        """Whose body is seen at each pixel: the person's id, or 0."""
        self._render(self._flat)
        pixels = self._read_pixels()
        return np.asarray(pixels[..., 1].astype(np.uint16) << 8 | pixels[..., 2])

    def _render(self, renderer: vtkRenderer) -> None:
        self._colored.SetDraw(renderer is self._colored)
        self._flat.SetDraw(renderer is self._flat)
        self._window.Render()

    def _read_pixels(self) -> UInt8[np.ndarray, "height width 3"]:
        self._window.GetPixelData(0, 0, self._width - 1, self._height - 1, 0, self._pixels, 0)
        return _view(self._pixels).reshape(self._height, self._width, 3)

    def depth(self) -> Float32[np.ndarray, "height width"]:
        """Z-buffer of what was drawn last, to be read with `metres`; valid until it is read anew."""
        self._window.GetZbufferData(0, 0, self._width - 1, self._height - 1, self._depths)
        return _view(self._depths).reshape(self._height, self._width)

    def close(self) -> None:
        """Give everything back to the graphics card."""
        self._window.Finalize()


def metres(depth: Float32[np.ndarray, "*shape"]) -> Float32[np.ndarray, "*shape"]:
    """Distance along the optical axis of values of the z-buffer."""
    # As the sum of two small terms, nothing is lost to rounding.
    return np.asarray(1 / ((1 - depth) / np.float32(NEAREST_METRES) + depth / np.float32(FARTHEST_METRES)))


def _shared(values: np.ndarray) -> Any:
    """VTK's view of an array, which must outlive it; of changes it wants to be told."""
    return numpy_to_vtk(values)  # type: ignore[no-untyped-call]


def _copied(values: np.ndarray) -> Any:
    return numpy_to_vtk(values, deep=True)  # type: ignore[no-untyped-call]


def _view(values: Any) -> np.ndarray:
    return np.asarray(vtk_to_numpy(values))  # type: ignore[no-untyped-call]


def _open(size: tuple[int, int]) -> Any:
    # VTK says in many words what the error below says in one.
    loud, loudness = vtkObject.GetGlobalWarningDisplay(), vtkLogger.GetCurrentVerbosityCutoff()
    vtkObject.SetGlobalWarningDisplay(False)
    vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_OFF)
    # Triton, which comes with PyTorch for graphics cards, and Mesa hold an LLVM each: loaded second, Triton's crashes.
    with suppress(ImportError):
        import_module("triton._C.libtriton")
    try:
        window = _new_window()
        window.SetOffScreenRendering(True)
        window.SetMultiSamples(0)
        window.SetSize(*size)
        window.Initialize()
    finally:
        vtkObject.SetGlobalWarningDisplay(loud)
        vtkLogger.SetStderrVerbosity(loudness)
    if not window.GetInitialized():
        raise InputError(
            "Pictures can't be rendered: this machine has no OpenGL 3.2 that works without a screen. "
            "Install Mesa's EGL (Debian and Ubuntu: apt-get install libegl1 libgl1-mesa-dri)."
        )
    return window


def _new_window() -> Any:
    """One that needs no screen, where the system has such."""
    try:
        from vtkmodules.vtkRenderingOpenGL2 import vtkEGLRenderWindow
    except ImportError:
        return vtkRenderWindow()
    return vtkEGLRenderWindow()


def _renderer(matrix: Float[np.ndarray, "3 3"], size: tuple[int, int]) -> vtkRenderer:
    renderer = vtkRenderer()
    renderer.SetBackground(0, 0, 0)
    renderer.AutomaticLightCreationOff()
    renderer.UseOITOff()
    renderer.GetCullers().RemoveAllItems()
    camera = renderer.GetActiveCamera()
    camera.SetPosition(0, 0, 0)
    camera.SetFocalPoint(0, 0, 1)
    camera.SetViewUp(0, -1, 0)
    camera.SetExplicitProjectionTransformMatrix(_projection(matrix, size))
    camera.UseExplicitProjectionTransformMatrixOn()
    return renderer


def _projection(matrix: Float[np.ndarray, "3 3"], size: tuple[int, int]) -> vtkMatrix4x4:
    """OpenGL's matrix of an intrinsic one; it looks along -z with y up, and turns the picture upside down."""
    (width, height), near, far = size, NEAREST_METRES, FARTHEST_METRES
    projection = np.zeros((4, 4))
    projection[0, 0], projection[0, 2] = 2 * matrix[0, 0] / width, 1 - (2 * matrix[0, 2] + 1) / width
    projection[1, 1], projection[1, 2] = -2 * matrix[1, 1] / height, 1 - (2 * matrix[1, 2] + 1) / height
    projection[2, 2:] = -(far + near) / (far - near), -2 * far * near / (far - near)
    projection[3, 2] = -1
    result = vtkMatrix4x4()
    result.DeepCopy(projection.ravel().tolist())
    return result
