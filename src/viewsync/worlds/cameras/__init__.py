"""Who films: lenses, mounts, shutters and sensors."""
