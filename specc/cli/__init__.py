"""The command line: one file a verb, imported when the verb is used."""

from specc.cli.entry import main

__all__ = ["main"]
