"""What a command reaches: a server by a client, or a store."""
