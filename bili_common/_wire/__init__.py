"""What goes over the wire: the endpoint, its envelope and its records. No I/O."""
