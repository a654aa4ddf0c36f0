"""Ctrl-C: the steps that are being done are finished, then what was learned is kept."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Interrupt:
    """Whether the user asked to stop."""

    asked = False


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Turns the first Ctrl-C into a wish. The second one is Python's own, for who cannot wait."""
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    before = signal.getsignal(signal.SIGINT)

    def ask(*_: object) -> None:
        interrupt.asked = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, ask)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
