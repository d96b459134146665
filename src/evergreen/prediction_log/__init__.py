"""What was answered, and what came of it: every answered request in one log."""
