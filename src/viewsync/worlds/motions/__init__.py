"""How people move: real motion capture, and motions of our own."""
