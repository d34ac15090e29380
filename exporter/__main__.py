"""`python -m exporter` is the command."""

from exporter.cli import main

main()
