"""The bake-offs' tests use a real bucket."""

from s3_tools import bucket, s3_server

__all__ = ["bucket", "s3_server"]
