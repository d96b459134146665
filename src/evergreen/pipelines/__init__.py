"""One folder a stage: its wiring, its nodes and its parameters."""
