"""How many steps run between two looks at the progress."""

from __future__ import annotations

import time

import keras

TARGET = 0.2  # seconds between two looks
MOST = 256
BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")


class Pace:
    """Doubles the steps of an execution until it takes a fraction of a second. Which steps are run does not depend on it.

    Args:
        fixed: the steps of every execution; None adapts them.
    """

    def __init__(self, fixed: int | None = None) -> None:
        self._fixed = fixed
        self._steps = fixed or 1
        self._started = 0.0
        self._warm = False

    def start(self, left: int) -> int:
        """The steps of the next execution, of those that are left."""
        self._started = time.perf_counter()
        return min(self._steps, left)

    def end(self, steps: int) -> None:
        """Called when they are done. The first execution is compiled, and tells nothing."""
        seconds = time.perf_counter() - self._started
        if self._warm and self._fixed is None and steps == self._steps:
            self._steps = min(2 * steps, MOST) if seconds < TARGET / 2 else max(steps // 2, 1) if seconds > 2 * TARGET else steps
        self._warm = True


def pace_of(steps_per_execution: int | None, callbacks: list[keras.callbacks.Callback]) -> Pace:
    """One step at a time where a callback looks at every batch, unless the spec says how many."""
    watched = any(_overrides(callback, name) for callback in callbacks for name in BATCH_HOOKS)
    return Pace(steps_per_execution or (1 if watched else None))


def _overrides(callback: keras.callbacks.Callback, hook: str) -> bool:
    return getattr(getattr(callback, hook), "__func__", None) is not getattr(keras.callbacks.Callback, hook)
