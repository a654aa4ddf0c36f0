"""What TensorFlow says when a step fails on a batch, in the words of a spec."""

from __future__ import annotations

import re

from specc.diagnostics import Span, SpecError, fail

LABEL = re.compile(r"label value of (-?\d+) which is outside the valid range of \[0, (\d+)\)")
INDEX = re.compile(r"= (-?\d+) is not in \[0, (\d+)\)")
# Lines about where in TensorFlow something happened, not what.
ELSEWHERE = re.compile(
    r"Graph execution error|Detected at node|File \"|\[\[|\(\d+\) |<stack traces|\d+ root error|\d+ (successful|derived)"
)
SHOWN = 300  # characters of what TensorFlow says


def step_failed(error: BaseException, span: Span | None = None) -> SpecError:
    """What a step that failed tells about the data.

    Args:
        error: what TensorFlow raised.
        span: where the spec names the data; None where they were handed in from Python.
    """
    text = str(error)
    if found := LABEL.search(text):
        message = f"a label is {found[1]}, but the head gives scores for {found[2]} classes, 0 to {int(found[2]) - 1}"
        units = int(found[1]) + 1
        help = f"give the head at least {units} units, or count classes from 0" if units > 0 else "classes are counted from 0"
        return fail("E0511", message, span, help=help)
    if found := INDEX.search(text):
        message = f"the data have the number {found[1]}, where a layer has entries for 0 to {int(found[2]) - 1}"
        return fail("E0511", message, span, help="give the `embedding` a larger `input_dim`, or check what numbers the data have")
    said = re.sub(r"^\{\{[^}]*\}\} *", "", _telling_line(text)) or type(error).__name__
    help = "do all examples have the sizes of the first one, and labels that the head knows?"
    return fail("E0511", f"a step failed on the data: {said[:SHOWN]}", span, help=help)


def _telling_line(text: str) -> str:
    """The line of TensorFlow's message that says what is wrong: the last one that does not say where."""
    lines = [line.strip() for line in text.splitlines()]
    return next((line for line in reversed(lines) if line and not ELSEWHERE.match(line)), "")
