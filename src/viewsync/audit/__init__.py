"""Are recordings that claim to be in sync really so, and for how long?"""
