"""Cameras and where things appear in their pictures: pure functions, no files."""
