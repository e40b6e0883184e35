"""KEEP: the record of a run, and where it lies."""
