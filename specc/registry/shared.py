"""Parameters that all words of a family share."""

import inspect

from specc.registry.entry import Params


class OwnFirst(Params):
    """Base of a family's base class: a word's own parameters come before the shared ones, so that one of them is the first."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        own = {name: cls.parameters[name] for name in inspect.get_annotations(cls) if name in cls.parameters}
        cls.parameters = {p.name: p for p in sorted({**own, **cls.parameters}.values(), key=lambda p: not p.required)}
