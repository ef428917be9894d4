"""Who is there: bodies, clothes, and what each does when."""
