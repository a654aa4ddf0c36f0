"""Names of emitted variables and functions: the spec's own, made fit for Python."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

from specc.registry import plugins

# What emitted code calls by these names, so that no variable may hide it.
MODULES = frozenset({"keras", "layers", "math", "SimpleNamespace"})
RESERVED = frozenset(keyword.kwlist) | frozenset(dir(builtins)) | MODULES


def identifier(name: str) -> str:
    """The name as a Python identifier."""
    word = re.sub(r"\W", "_", name.lower(), flags=re.ASCII).strip("_")
    if not word or word[0].isdigit():
        word = f"model_{word}".rstrip("_")
    modules = {target.partition(".")[0] for target in plugins.targets()}  # emitted code calls them by these names
    return f"{word}_" if word in RESERVED or word in modules else word


class Names:
    """The names of one function, or of the module."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)

    def fresh(self, *wished: str) -> str:
        """The first wish that is free, else the first one with a number; taken from now on."""
        candidates = [identifier(wish) for wish in wished]
        found = next((each for each in candidates if each not in self.taken), None)
        number = 2
        while found is None:
            numbered = f"{candidates[0].rstrip('_')}_{number}"
            found = numbered if numbered not in self.taken else None
            number += 1
        self.taken.add(found)
        return found

    def release(self, name: str) -> None:
        """Frees a loop's variable once the loop is over."""
        self.taken.discard(name)
