"""The report's parts, one file each: Material in, a Section out."""
