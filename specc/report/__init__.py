"""What a network costs, from its graph alone: as a table for people, as JSON for tools, one network or two."""

from specc.report.comparison import compared
from specc.report.data import as_json
from specc.report.quantities import brief, count, memory
from specc.report.text import as_text

__all__ = ["as_json", "as_text", "brief", "compared", "count", "memory"]
