"""Ctrl-C and SIGTERM: the steps that are being done are finished, then what was learned is kept."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """Whether somebody asked to stop, and by which signal."""

    by: int | None = None

    @property
    def asked(self) -> bool:
        return self.by is not None


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Turns the first signal into a wish. The second one does what it always does, for who cannot wait."""
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    before = {each: signal.getsignal(each) for each in SIGNALS}

    def give_back() -> None:
        for each, handler in before.items():
            signal.signal(each, handler)

    def ask(number: int, _: object) -> None:
        interrupt.by = number
        give_back()

    for each in SIGNALS:
        signal.signal(each, ask)
    try:
        yield interrupt
    finally:
        give_back()
