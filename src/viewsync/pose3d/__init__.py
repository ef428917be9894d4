"""Joints in space from what several cameras saw of them at times that aren't the same."""
