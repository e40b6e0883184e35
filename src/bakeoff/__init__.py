"""Bakeoff: train the same image classifier by different recipes, and find out which one won."""

__version__ = "0.1.0"
