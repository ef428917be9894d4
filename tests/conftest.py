"""What holds for all tests."""

import os

import pytest


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    """Tests neither use what earlier runs kept nor leave anything behind."""
    os.environ["VIEWSYNC_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    del os.environ["VIEWSYNC_CACHE"]
