"""What every objective over the whole model declares. A loss of one head is in `losses`."""

from typing import ClassVar

from specc.registry.entry import Choice, param
from specc.registry.shared import OwnFirst


class Objective(OwnFirst):
    """What every objective takes, after its own arguments.

    Each output and target that it needs has a role. It is played by the head, or the field, of the same name, or by the only
    one, or by the one that is named for it here.
    """

    needs_outputs: ClassVar[tuple[str, ...]] = ()
    needs_targets: ClassVar[tuple[str, ...]] = ()

    outputs: dict[str, str] = param("The head that plays a role, where it has another name: `{role: head}`.", default={})
    targets: dict[str, str] = param("The batch's field that plays a role, where it has another name: `{role: field}`.", default={})


def objective_params(choice: Choice) -> Objective:
    """The parameters of an objective that was chosen."""
    assert isinstance(choice.params, Objective)
    return choice.params
