"""What TensorFlow says when a step fails on a batch, in the words of a spec."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator

import tensorflow as tf

from specc.data.faults import reason_of
from specc.data.feed import Feed
from specc.diagnostics import Span, fail

LABEL = re.compile(r"label value of (-?\d+) which is outside the valid range of \[0, (\d+)\)")
INDEX = re.compile(r"= (-?\d+) is not in \[0, (\d+)\)")


# What TensorFlow raises where values, files or records are not what they must be; a machine without memory is another matter.
OF_DATA = (tf.errors.InvalidArgumentError, tf.errors.DataLossError, tf.errors.NotFoundError, tf.errors.OutOfRangeError)


@contextlib.contextmanager
def telling(span: Span | None, *feeds: Feed | None) -> Iterator[None]:
    """Tells what data did wrong as a diagnostic: a record that cannot be read by its name, else what the step said.

    Args:
        span: where the spec names the data; None where they were handed in from Python.
        feeds: the data that were used.
    """
    try:
        yield
    except OF_DATA as error:
        raise step_failed(error, span, *(each.fault for each in feeds if each is not None)) from error


def step_failed(error: BaseException, span: Span | None = None, *faults: Callable[[], Exception | None]) -> Exception:
    """What a step that failed tells about the data.

    Args:
        error: what TensorFlow raised.
        span: where the spec names the data; None where they were handed in from Python.
        faults: each looks for records that cannot be read, or whose label no head knows.
    """
    text = str(error)
    if found := LABEL.search(text):
        for look in faults:
            if (fault := look()) is not None:
                return fault
        message = f"a label is {found[1]}, but the head gives scores for {found[2]} classes, 0 to {int(found[2]) - 1}"
        units = int(found[1]) + 1
        help = f"give the head at least {units} units, or count classes from 0" if units > 0 else "classes are counted from 0"
        return fail("E0511", message, span, help=help)
    if found := INDEX.search(text):
        message = f"the data have the number {found[1]}, where a layer has entries for 0 to {int(found[2]) - 1}"
        return fail("E0511", message, span, help="give the `embedding` a larger `input_dim`, or check what numbers the data have")
    for look in faults:
        if (fault := look()) is not None:
            return fault
    help = "do all examples have the sizes of the first one, and labels that the head knows?"
    return fail("E0511", f"a step failed on the data: {reason_of(error)}", span, help=help)
