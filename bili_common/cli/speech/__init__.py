"""What is said beside the data: on standard error, and on pages of help."""
