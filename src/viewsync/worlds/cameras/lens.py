"""Lenses of the kinds of cameras that people film with.

The figures are those of typical makes: the field of view is the data sheet's, the distortion what calibrations of such
cameras find. Take a preset at the size of your pictures with `Lens.scaled`.
"""

from math import radians, tan

from viewsync.geometry.lens import Lens

__all__ = ["ACTION_CAMERA", "HUMAN36M", "OAK_D", "PHONE", "SURVEILLANCE", "ZED", "Lens", "lens_of"]


def lens_of(
    width: int,
    height: int,
    horizontal_field_of_view_degrees: float,
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0),
) -> Lens:
    """A lens with square pixels and its axis in the middle of the picture.

    Args:
        width: In pixels.
        height: In pixels.
        horizontal_field_of_view_degrees: What the picture shows across its middle row, distortion included; above 0,
            below 170.
        distortion: k1, k2, p1, p2, k3.

    Raises:
        ValueError: The field of view isn't in that range, or the distortion folds before its edge.
    """
    if not 0 < horizontal_field_of_view_degrees < 170:
        raise ValueError(f"a field of view must be above 0 and below 170 degrees, got {horizontal_field_of_view_degrees}")
    edge = tan(radians(horizontal_field_of_view_degrees) / 2)
    k1, k2, _, _, k3 = distortion
    focal = width / 2 / (edge * (1 + k1 * edge**2 + k2 * edge**4 + k3 * edge**6))
    lens = Lens(width, height, (focal, focal), (width / 2 - 0.5, height / 2 - 0.5), distortion)
    if edge >= lens.turning_radius:
        raise ValueError(f"distortion {distortion} can't show {horizontal_field_of_view_degrees} degrees")
    return lens


PHONE = lens_of(1920, 1080, 65.0, (0.04, -0.08, 0.0, 0.0, 0.0))
"""A phone's main camera (26 mm equivalent), cropped for video."""

ACTION_CAMERA = lens_of(1920, 1080, 100.0, (-0.238, 0.0787, 0.0, 0.0, -0.0133))
"""Strong barrel distortion: about the stereographic projection of such lenses up to the corners, at 121° across them."""

ZED = lens_of(1280, 720, 85.0, (-0.17, 0.025, 0.0, 0.0, 0.0))
"""One eye of a ZED stereo camera, as it comes from the sensor. The eyes are 12 cm apart."""

OAK_D = lens_of(1280, 800, 71.9, (-0.05, 0.02, 0.0, 0.0, 0.0))
"""One of the gray eyes of an OAK-D stereo camera. They are 7.5 cm apart."""

SURVEILLANCE = lens_of(1920, 1080, 60.0, (-0.2, 0.06, 0.0, 0.0, 0.0))
"""A fixed camera on a pole or under a ceiling, with a lens of about 4 mm."""

HUMAN36M = Lens(1000, 1000, (1145.0, 1144.0), (512.0, 515.0), (-0.207, 0.248, -0.0014, -0.001, -0.003))
"""The cameras of the Human3.6M laboratory."""
