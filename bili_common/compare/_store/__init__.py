"""How a store keeps its outcomes: SQLite, its schema, its thread and its lock."""
