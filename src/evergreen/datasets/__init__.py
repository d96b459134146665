"""The catalog's own dataset types."""
