"""What holds for all tests."""

import os
import subprocess
import sys

import pytest
from hypothesis import settings

# How long an example takes says how busy the machine is.
settings.register_profile("viewsync", deadline=None)
settings.load_profile("viewsync")

# For matrices as small as those of tests, several threads cost many times what they save; and pytest-xdist's processes
# would each start as many. Read where SciPy and torch are loaded, here and in processes that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")

_OPENS_A_WINDOW = "from viewsync.worlds.film.window import _open; _open((8, 8))"


def pytest_collection_modifyitems(items):
    """Rendering needs OpenGL; a machine without it runs all other tests."""
    rendering = [item for item in items if item.get_closest_marker("opengl")]
    if rendering and subprocess.run([sys.executable, "-c", _OPENS_A_WINDOW], capture_output=True, check=False).returncode:
        for item in rendering:
            item.add_marker(pytest.mark.skip(reason="there is no OpenGL that works without a screen"))


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    """Tests neither use what earlier runs kept nor leave anything behind."""
    os.environ["VIEWSYNC_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    del os.environ["VIEWSYNC_CACHE"]
