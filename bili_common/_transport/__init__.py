"""How a request reaches the server and its answer the caller: session, pace, retry."""
