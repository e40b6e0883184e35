"""The bake-off file: what is asked for."""
