"""Plug-ins: modules of the user's that register words, named on the command line or in Python, never in a spec."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from specc.diagnostics import SpecError, fail
from specc.language.spelling import ChoiceNode
from specc.language.syntax import ListNode, MapNode, Node
from specc.language.vocabulary import forget_block
from specc.registry import plugins
from specc.registry.entry import find, forget, nearest

if TYPE_CHECKING:
    from specc.language.spec import Spec


NAMES = "name a file that ends in `.py`, or a module as `import` does"


def load(names: Iterable[str | Path]) -> None:
    """Imports plug-ins, each once.

    Args:
        names: dotted names of modules, or paths of `.py` files. The folder of a file, and for dotted names the working
            directory, can be imported from, so that a plug-in's Keras classes are found beside it.

    Raises:
        SpecError: there is no such module (E0701), it failed (E0702), or it registers nothing (E0703).
    """
    for name in names:
        _load(str(name))


def _load(name: str) -> None:
    before = set(plugins.HOMES)
    try:
        module = _of_file(Path(name)) if name.endswith(".py") else _of_name(name)
    except BaseException as error:
        for family, word in set(plugins.HOMES) - before:
            _forget(family, word)
        if isinstance(error, plugins.RegistrationError):
            raise fail("E0702", str(error), plugins.place_of(error)) from error
        if isinstance(error, SpecError) or not isinstance(error, (Exception, SystemExit)):
            raise
        raise plugins.failure(error, f"the plug-in {name}", "E0702") from error
    if set(plugins.HOMES) == before and not _registers(module):
        help = "it registers them when it is imported: `@specc.register.layer(...)`, `specc.register.block(...)`"
        raise fail("E0703", f"the plug-in {name} registers no words", help=help)


def _registers(module: ModuleType) -> bool:
    """Whether a module that had been imported before has registered words, itself or by the modules below it."""
    return any(home.module == module.__name__ or home.module.startswith(f"{module.__name__}.") for home in plugins.HOMES.values())


def _forget(family: str, word: str) -> None:
    del plugins.HOMES[family, word]
    if family in ("block", "head"):
        forget_block(word)
    else:
        forget(family, word)


def _of_file(path: Path) -> ModuleType:
    if not path.is_file():
        close = nearest(path.name, [each.name for each in path.parent.glob("*.py")])
        raise fail(
            "E0701",
            f"there is no plug-in {path}",
            help=f"did you mean `{close}`?" if close else NAMES,
        )
    if not path.stem.isidentifier():
        raise fail("E0701", f"the plug-in {path} cannot be imported: `{path.stem}` is no name in Python", help="rename the file")
    file, loaded = path.resolve(), sys.modules.get(path.stem)
    if loaded is not None:
        if Path(getattr(loaded, "__file__", None) or "").resolve() == file:
            return loaded
        raise fail("E0701", f"the plug-in {path} cannot be imported: another module is called `{path.stem}`", help="rename the file")
    _search(file.parent)
    described = importlib.util.spec_from_file_location(path.stem, file)
    assert described is not None
    assert described.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(described)
    try:
        described.loader.exec_module(module)
    except BaseException:
        del sys.modules[path.stem]
        raise
    return module


def _of_name(name: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        raise fail("E0701", f"`{name}` names no module", help=NAMES)
    _search(Path.cwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
            raise
        file = Path(*name.split(".")).with_suffix(".py")
        raise fail("E0701", f"there is no plug-in {name}", help=f"did you mean the file `{file}`?" if file.is_file() else NAMES) from None


def _search(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def used(spec: Spec) -> dict[str, list[str]]:
    """The registered words that a spec uses, by plug-in, as `--plugin` names it."""
    found: set[str] = set()
    waiting: list[Node] = [spec.document.root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ChoiceNode):
            found.add(node.word)
        if isinstance(node, MapNode):
            waiting += [entry.value for entry in node.entries.values()]
        elif isinstance(node, ListNode):
            waiting += node.items
    return plugins.words(found)


def require(needed: Mapping[str, Sequence[str]], what: str) -> None:
    """Raises SpecError where words of plug-ins are needed that are not there.

    Args:
        needed: words by plug-in, as `used` gives them.
        what: what needs them, as the message begins.
    """
    known = {name for _, name in plugins.HOMES}
    missing = {file: words for file, words in needed.items() if not known.issuperset(words)}
    if missing:
        words = ", ".join(f"`{word}`" for names in missing.values() for word in names if word not in known)
        options = " ".join(f"--plugin {plugins.shown(file) if file.endswith('.py') else file}" for file in missing)
        help = f"add `{options}`, or import the module first in Python"
        raise fail("E0705", f"{what} needs {words} of a plug-in", help=help)


def import_layers() -> None:
    """Imports the Keras classes of registered layers, so that Keras finds them by their names in saved models.

    What cannot be imported is left for Keras to miss: the model at hand may not need it.
    """
    for family, name in list(plugins.HOMES):
        entry = find(family, name) if family == "layer" else None
        if entry is not None:
            with suppress(Exception):
                importlib.import_module(entry.target.rpartition(".")[0])
