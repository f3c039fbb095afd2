"""Walking a list: where a walk stands, the rules it follows, and the walk itself."""
