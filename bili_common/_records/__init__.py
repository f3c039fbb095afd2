"""How an attrs class becomes a record of the wire."""
