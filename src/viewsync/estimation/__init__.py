"""2D poses from video: an estimator, and who is who over time."""
