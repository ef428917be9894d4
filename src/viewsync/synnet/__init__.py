"""SynNet: its data, training, measures and pictures."""
