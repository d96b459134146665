"""What evergreen's search is worth against other ways to spend the same seconds."""
