"""Two cameras side by side, tied by their pixels: the delay networks' data, training, measures and pictures."""
