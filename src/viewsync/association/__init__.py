"""Who is who across cameras: people's boxes of several views of one instant, matched without calibration or labels."""
