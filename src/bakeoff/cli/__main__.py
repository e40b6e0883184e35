"""`python -m bakeoff.cli` is `bakeoff`."""

from bakeoff.cli import main

main()
