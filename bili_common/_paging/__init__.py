"""Walking a list: where a walk stands, the planner it follows, and the walk itself."""
