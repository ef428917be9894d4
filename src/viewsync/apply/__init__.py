"""Files that line up, made from recordings and a timeline; the recordings themselves are never written to."""
