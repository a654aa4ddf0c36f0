"""What the loop asks of an objective."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from specc.keras_backend.network import Network

Batch = Mapping[str, Any]


@dataclass(frozen=True)
class Terms:
    """What a batch costs.

    Args:
        loss: the value to make small, for each example of the batch, shape (batch,).
        reported: further values for each example, by name; their means are shown.
    """

    loss: Any
    reported: Mapping[str, Any] = field(default_factory=dict)


class Objective(Protocol):
    """A value to make small, over the whole network. The loop stays the same for all of them."""

    def setup(self, network: Network) -> Any:
        """State beside the weights: queues, centres, a teacher. Called once, under the strategy's scope."""

    def names(self, network: Network, *, training: bool) -> tuple[str, ...]:
        """Names of what `losses`, or `measure`, reports beside the loss."""

    def losses(self, network: Network, batch: Batch, state: Any) -> Terms:
        """Runs `network.training` on a batch."""

    def measure(self, network: Network, batch: Batch) -> Terms:
        """Runs `network.inference` on a batch of held-out data."""

    def after_update(self, network: Network, state: Any) -> None:
        """Called after each update of the weights."""
