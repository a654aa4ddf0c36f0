"""What objectives over two views of an example have in common: the views are run, their vectors compared."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from specc.keras_backend.network import Network
from specc.objectives.contrastive.similarity import alike
from specc.objectives.contrastive.views import outputs_of_views, views_of
from specc.objectives.objective import Batch, Objective, Terms


class OfTwoViews(Objective):
    """A loss of what a head says of two views. The cosine of the two is reported.

    Args:
        outputs: the head whose vectors are compared, by its role `projection`.
        temperature: what similarities are divided by.
    """

    def __init__(self, outputs: Mapping[str, str], targets: Mapping[str, str], temperature: float) -> None:
        self.head, self.temperature = outputs["projection"], temperature

    @abstractmethod
    def loss(self, first: Any, second: Any) -> Any:
        """What two views cost, shape (batch,), from what the head says of them, (batch, dimensions) each."""

    def names(self, network: Network, *, training: bool) -> tuple[str, ...]:
        return ("similarity",)

    def losses(self, network: Network, batch: Batch, state: Any) -> Terms:
        return self._compared(*outputs_of_views(network, self.head, views_of(batch), training=True))

    def measure(self, network: Network, batch: Batch) -> Terms:
        return self._compared(*outputs_of_views(network, self.head, views_of(batch), training=False))

    def _compared(self, first: Any, second: Any) -> Terms:
        return Terms(self.loss(first, second), {"similarity": alike(first, second)})
