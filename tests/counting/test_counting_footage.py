"""What footage must be like."""

import numpy as np
import pytest
from layouts import HEIGHT, WIDTH, cameras

from viewsync.counting.footage import Footage
from viewsync.counting.places import place_of
from viewsync.geometry.ground_maps import GroundMap
from viewsync.types import InputError

PLACE = place_of(cameras("a", "b"), GroundMap(-2.0, 1.0, 0.5, 16, 14), WIDTH, HEIGHT, "here")


def footage(counts=(3, 3), densities=(3, 14, 16), size=(HEIGHT, WIDTH), fps=5.0):
    pictures = tuple(np.zeros((count, *size), np.uint8) for count in counts)
    return Footage("clip", "training", PLACE, fps, pictures, np.full(densities, 0.5, np.float32))


def test_counts_are_sums_and_nobody_may_be_there():
    assert footage().counts == pytest.approx([112, 112, 112])
    nobody = Footage("clip", "test", PLACE, 5.0, footage().pictures, np.zeros((3, 14, 16), np.float32))
    assert nobody.counts.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"counts": (3,)}, r"1 views, but its place has 2 \(a, b\)"),
        ({"counts": (3, 4)}, "3 annotated instants .*a 3, b 4"),
        ({"counts": (0, 0), "densities": (0, 14, 16)}, "of 0 annotated instants"),
        ({"size": (WIDTH, HEIGHT)}, "pictures are 64 × 96, but those of here are 96 × 64"),
        ({"densities": (3, 16, 14)}, "densities are 14 × 16"),
        ({"fps": 0.0}, "0.0 instants per second"),
    ],
)
def test_what_does_not_fit_says_so(wrong, words):
    with pytest.raises(InputError, match=words):
        footage(**wrong)
