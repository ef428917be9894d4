"""What is true in a rendered world, in the formats that the field uses."""
