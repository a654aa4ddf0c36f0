"""What the loop asks of an objective."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from specc.keras_backend.network import Network

Batch = Mapping[str, Any]


@dataclass(frozen=True)
class Length:
    """How long a stage of training is: steps of an epoch, and epochs."""

    steps: int
    epochs: int

    @property
    def total(self) -> int:
        return self.steps * self.epochs


@dataclass(frozen=True)
class Terms:
    """What a batch costs.

    Args:
        loss: the value to make small, for each example of the batch, shape (batch,).
        reported: further values for each example, by name; their means are shown.
    """

    loss: Any
    reported: Mapping[str, Any] = field(default_factory=dict)


class Objective(ABC):
    """A value to make small, over the whole network. The loop stays the same for all of them.

    The word's arguments are those of `__init__`; `outputs` and `targets` among them tell the head and the field that plays
    each role.

    State is what `setup` gives: a mapping, a list or a dataclass of `keras.Variable`s, models and networks. It is saved
    with the run. In a step each replica sees its own part of the batch, so a variable's new value has to be computed from
    all parts, as `all_reduce` and `all_gather` of the replica context do, to be the same everywhere.
    """

    def setup(self, network: Network, length: Length) -> Any:
        """State beside the weights: queues, centres, `network.twin()`. Called once, under the strategy's scope.

        Args:
            length: how long training is, for what changes until its end.
        """
        return None

    def names(self, network: Network, *, training: bool) -> tuple[str, ...]:
        """Names of what `losses`, or `measure`, reports beside the loss."""
        return ()

    def before_epoch(self, network: Network, state: Any, epoch: int, batches: Callable[[], Iterable[Batch]]) -> None:  # noqa: B027
        """Called before each epoch, outside of any replica: for what is found by looking at all examples.

        Args:
            epoch: its number, from 0.
            batches: gives the batches of the epoch.
        """

    @abstractmethod
    def losses(self, network: Network, batch: Batch, state: Any) -> Terms:
        """Runs `network.training` on a batch."""

    @abstractmethod
    def measure(self, network: Network, batch: Batch) -> Terms:
        """Runs `network.inference` on a batch of held-out data."""

    def learned(self, network: Network, state: Any, gradients: Sequence[Any]) -> Sequence[Any]:
        """The gradients that the optimizer gets: of the network's trainable variables, added up over all replicas."""
        return gradients

    def finding(self, network: Network, means: Mapping[str, float]) -> str | None:
        """What is wrong with an epoch whose means these are, in plain words: it is told and recorded."""
        return None

    def after_update(self, network: Network, state: Any) -> None:  # noqa: B027
        """Called after each update of the weights."""
