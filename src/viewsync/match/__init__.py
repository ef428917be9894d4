"""Two signals become a belief over offsets; the beliefs of several cues, and of several pairs, become one."""
