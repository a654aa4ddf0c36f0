"""A spec that was read and found right: what the rest of the compiler works on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from specc.graph import Graph
    from specc.registry.experiment import Data, Train


@dataclass(frozen=True, eq=False)
class Experiment:
    """What a spec says about data and training, bound to the classes of `specc.registry.experiment`."""

    data: Data
    train: Train
