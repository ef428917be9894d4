"""What holds a camera, and so where it is and looks at any instant."""

from typing import Protocol

import numpy as np
from jaxtyping import Float


class Mount(Protocol):
    """Where a camera is."""

    def view(self, seconds: Float[np.ndarray, " time"]) -> tuple[Float[np.ndarray, "time 3 3"], Float[np.ndarray, "time 3"]]:
        """Rotation from world to camera axes, and the camera's position in the world (metres), at world times."""
        ...
