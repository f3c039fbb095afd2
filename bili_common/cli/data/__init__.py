"""What is written: lists and tables, on standard output or into a file."""
