"""The search for good settings inside a budget."""
