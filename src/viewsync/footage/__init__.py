"""What is trained and tested on: clips of several cameras, and which of their pictures are shown as if at one instant."""
