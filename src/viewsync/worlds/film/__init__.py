"""From a world to pictures."""
