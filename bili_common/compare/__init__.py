"""Many UIDs: runs that can be interrupted, what they store, and what it means."""
