"""What gathering, repairing and splitting cost on each engine, against a hand-written Polars script."""
