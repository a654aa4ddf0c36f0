"""What is wrong with data, before the pipeline knows where in the spec they are named."""

from __future__ import annotations


class DataError(Exception):
    """Data cannot be read.

    Args:
        message: what is wrong, in one sentence; it names the file and the record.
        help: what to change.
    """

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message, self.help = message, help


def first_line(error: BaseException) -> str:
    """What an error of a library says, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__
