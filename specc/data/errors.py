"""What is wrong with data, before the pipeline knows where in the spec they are named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace


class DataError(Exception):
    """Data cannot be read.

    Args:
        message: what is wrong, in one sentence; it names the file and the record.
        help: what to change.
    """

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message, self.help = message, help


@dataclass(frozen=True)
class Faulty:
    """Faults of one kind that a source has found in some of its records, without reading any.

    Such a record keeps its number, so that whatever stands in its place in the table is never an example: the pipeline refuses the
    data, or leaves the record out.

    Args:
        records: numbers of the records that have one, the first to be told first.
        said: what is wrong, by the place among these: a sentence that names the file and the record.
        what: what faults of this kind are called together.
        help: what to change.
        count: how many there are, where several records share one; none: one for each of `records`.
    """

    records: Sequence[int]
    said: Callable[[int], str]
    what: str
    help: str | None = None
    count: int | None = None

    def error(self) -> DataError:
        """What is told of them where there must be none: the first, and how many there are."""
        return DataError(self.said(0) + in_all(len(self.records) if self.count is None else self.count, self.what), self.help)

    def moved(self, records: Mapping[int, Sequence[int]]) -> Faulty:
        """The same faults in other records: by the number of a record those that are made of it, which may be several or none."""
        moved = [(record, place) for place, number in enumerate(self.records) for record in records.get(int(number), ())]
        return replace(
            self, records=[record for record, _ in moved], said=lambda place: self.said(moved[place][1]), count=len(self.records)
        )


def in_all(count: int, what: str) -> str:
    """What is added to a message that names the first of several offenders."""
    return "" if count == 1 else f" ({count:,} {what} in all)"


def first_line(error: BaseException) -> str:
    """What an error of a library says, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__
