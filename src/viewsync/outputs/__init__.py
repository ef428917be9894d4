"""What a timeline is handed out as: `timeline.json`, a table on the terminal, a page to look at."""
