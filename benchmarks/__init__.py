"""Measurements: each prints ratios against an alternative that runs in the same session."""
