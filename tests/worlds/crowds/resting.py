"""How long people stand."""

import numpy as np


def rests(path):
    """How long somebody on a path stands each time, in seconds."""
    still = np.linalg.norm(path.velocities_metres_per_second, axis=1) < 0.01
    edges = np.flatnonzero(np.diff(np.concatenate([[False], still, [False]])))
    return path.interval_seconds * (np.diff(edges)[::2] - 1)
