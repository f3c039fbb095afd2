"""What the commands do: one module for each, or for a few that are alike."""
