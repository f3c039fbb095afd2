"""How a run works: who is next, who fetches, what counts."""
