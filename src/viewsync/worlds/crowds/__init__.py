"""Where people walk."""
