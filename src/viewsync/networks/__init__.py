"""Networks as modules, and nothing else: no files, no training, no data."""
