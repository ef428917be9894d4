"""The learned part of the pose cue: embeddings of what bodies do, alike from any side, and how they are trained."""
