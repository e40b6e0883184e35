"""The audit as a page: what it is asked and answers, and serving it on this machine.

One page, two backends: `bakeoff audit --serve` runs the audit in this Python (`serving`); the
documentation carries the same page with Python for the browser (see tools/audit_page.py), which
imports `answering` and nothing that needs a network.
"""
