"""
The command line: options and exit codes. Each command imports what it needs when it runs, so that
`--help` answers at once.
"""

from exporter.cli.main import main

__all__ = ["main"]
