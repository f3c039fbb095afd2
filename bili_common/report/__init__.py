"""What the report is made of: the facts, the page's template, its style and its script."""
