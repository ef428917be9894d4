"""A belief becomes a measurement: offset, drift, error bar, verdict and reasons."""
