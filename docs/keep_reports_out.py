"""Keeps the committed reports out of the documentation's search: they would answer every word."""

from __future__ import annotations

from typing import Any


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Called by mkdocs for each page before it is rendered."""
    if page.file.src_uri.startswith("results/") and page.file.src_uri.endswith("/report.md"):
        page.meta.setdefault("search", {})["exclude"] = True
    return markdown
