"""What goes over the wire: requests, the envelope of an answer, the page in it. No I/O."""
