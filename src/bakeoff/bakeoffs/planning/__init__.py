"""Lengths and values first, then the jobs."""
