"""What every objective over the whole model declares. A loss of one head is in `losses`."""

from typing import ClassVar

from specc.registry.entry import Choice, param
from specc.registry.shared import OwnFirst


class Objective(OwnFirst):
    """What every objective takes, after its own arguments.

    Each output and target that it needs has a role. It is played by the head, or the field, of the same name, or by the only
    one, or by the one that is named for it here.

    `needs_views` is how many views of an example are compared, at least or exactly; 1 takes examples as they are.
    `across_batch` tells that what an example costs depends on the others of its batch; then epochs have whole batches only.
    """

    needs_outputs: ClassVar[tuple[str, ...]] = ()
    needs_targets: ClassVar[tuple[str, ...]] = ()
    needs_views: ClassVar[int] = 1
    more_views: ClassVar[bool] = False
    across_batch: ClassVar[bool] = False

    outputs: dict[str, str] = param("The head that plays a role, where it has another name: `{role: head}`.", default={})
    targets: dict[str, str] = param("The batch's field that plays a role, where it has another name: `{role: field}`.", default={})

    def mismatch(self, batch_size: int) -> tuple[str, str, str] | None:
        """What does not fit a batch of that size: the argument, the message, which goes on after the word's name, and the help."""
        return None


def objective_params(choice: Choice) -> Objective:
    """The parameters of an objective that was chosen."""
    assert isinstance(choice.params, Objective)
    return choice.params
