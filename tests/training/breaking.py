"""What breaks a run off, for tests of runs that go on."""

from __future__ import annotations

from typing import Any

import keras


class Break(keras.callbacks.Callback):
    """Ends a run from inside after so many steps, as a crash would."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.left -= 1
        if not self.left:
            raise ZeroDivisionError("a crash")
