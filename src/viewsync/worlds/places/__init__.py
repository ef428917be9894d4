"""Where it happens: ground, walls, objects and light."""
