"""Scenes that the project makes itself, with exact truth: drawn ones for tests, rendered ones to learn from."""
