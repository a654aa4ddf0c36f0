"""A whole spec as a Python module.

The source is written in rounds. A round writes everything from the document alone; what it finds to be used
(a step's tensor far from where it was made, an inner step of a block, `training` in a block) is provided from the
next round on, by a variable, a return value or an argument. The last round finds nothing new.
"""

from __future__ import annotations

import ast
from typing import Any

from specc.diagnostics import fail
from specc.keras_backend.emission.context import Scope
from specc.keras_backend.emission.expressions import Translator
from specc.keras_backend.emission.functions import Functions
from specc.keras_backend.emission.lowering import OWN_LAYERS, Call, Lowering
from specc.keras_backend.emission.model import MAIN, write_model
from specc.keras_backend.emission.naming import Names
from specc.keras_backend.emission.pasted import module_source
from specc.keras_backend.emission.printer import text
from specc.keras_backend.emission.profile import Profile
from specc.keras_backend.emission.references import References
from specc.keras_backend.emission.statements import Assign, Function, docstring, render
from specc.keras_backend.emission.tidy import tidied
from specc.keras_backend.emission.values import Needs, Packing
from specc.language.document import Step
from specc.language.spec import Spec
from specc.language.syntax import ListNode, MapNode, Node, plain_value

MAX_ROUNDS = 50
OWN_NAMES = frozenset({"SharedLayers", "round_to"})
LONG = 60


class Program:
    """One spec being written."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.own_names = OWN_NAMES
        self.needs = Needs()
        self.profile = Profile(spec)
        self.module_names = Names(OWN_NAMES)
        self.function_names: dict[Any, str] = {MAIN: self.module_names.fresh(spec.name)}
        # The model's own params keep their names: a block of the same name gives way.
        self.module_names.taken |= set(spec.document.params)
        self.constant_names: dict[Node, str] = {}
        self._begin_round()

    def _begin_round(self) -> None:
        self.used: set[str] = set()
        self.constants: list[Assign] = []
        self.layer_variables: dict[Step, str] = {}
        self.lowered: dict[Step, Call] = {}
        self.packing = Packing(self.needs)
        self.translator = Translator(self.needs, self.packing, self.profile, self.used)
        self.references = References(self.translator, self.packing)
        self.lowering = Lowering(self.translator, self.used)
        self.functions = Functions(self)

    def source(self) -> str:
        """The text of the module."""
        for _ in range(MAX_ROUNDS):
            self._begin_round()
            main = write_model(self)
            if not self.needs.next_round():
                return self._module([*self.functions.finished, main])
        raise fail("E0601", f"`{self.spec.name}` cannot be written as Python: what it refers to goes in circles")

    def function_name(self, key: Any, wished: str) -> str:
        """The name of a function, the same in all rounds; other functions' variables keep clear of it."""
        if key not in self.function_names:
            self.function_names[key] = self.module_names.fresh(wished, f"{self.spec.name}_{wished}")
            self.needs.ask(("name", key))
        return self.function_names[key]

    def target(self, names: Names) -> str:
        """The variable of the current tensor."""
        names.taken.add("x")
        return "x"

    def literal(self, name: str, node: Node) -> ast.expr:
        """A default: as it is, or a constant of the module where it is long."""
        written = self.translator.value(node, _nowhere(self))
        if not isinstance(node, (ListNode, MapNode)) or (len(text(written)) <= LONG and not _holds_mapping(node)):
            return written
        if node not in self.constant_names:
            self.constant_names[node] = self._constant_name(name)
        self.constants.append(Assign((ast.Name(self.constant_names[node]),), written))
        return ast.Name(self.constant_names[node])

    def _constant_name(self, name: str) -> str:
        number = 1
        while (found := name.upper() + (f"_{number}" if number > 1 else "")) in self.constant_names.values():
            number += 1
        return found

    # The module

    def _module(self, functions: list[Function]) -> str:
        imports, definitions = self._imported()
        sections = ["\n".join(docstring(self._head(), 0)), imports]
        if self.constants:
            sections.append("\n".join(line for constant in self.constants for line in render([constant], 0)))
        sections[0] = f"{sections[0]}\n\n{sections.pop(1)}"
        for function in functions:
            function.body = tidied(function.body)
            definitions.append("\n".join(function.lines()))
        call = f"{functions[-1].name}().summary()" if not any(default is None for _, default in functions[-1].arguments) else "pass"
        definitions.append(f'if __name__ == "__main__":\n    {call}')
        head = "\n\n".join(sections)
        return "\n\n\n".join([head, *definitions]) + "\n"

    def _head(self) -> list[str]:
        summary, reference = (" ".join(part.split()) for part in (self.spec.summary, self.spec.reference))
        name = " ".join(self.spec.name.split())
        title = f"{name}: {summary}." if summary and not summary.endswith(".") else f"{name}: {summary}" if summary else f"{name}."
        return [title, "", *([reference] if reference else []), "Generated by specc."]

    def _imported(self) -> tuple[str, list[str]]:
        """The imports, and the definitions that are copied in."""
        standard, keras = set(), {"import keras"}
        if "math" in self.used:
            standard.add("import math")
        if self.packing.namespaces:
            standard.add("from types import SimpleNamespace")
        if "layers" in self.used:
            keras.add("from keras import layers")
        modules = dict.fromkeys(path.rpartition(".")[0] for path in sorted(self.used) if path.startswith(OWN_LAYERS))
        if "shared_layers" in self.used:
            modules["specc.keras_backend.emission.shared_layers"] = None
        if "round_to" in self.used:
            modules["specc.keras_backend.emission.rounding"] = None
        definitions: dict[str, None] = {}
        for module in modules:
            pasted = module_source(module)
            definitions.update(dict.fromkeys(pasted.definitions))
            for line in pasted.imports:
                (keras if "keras" in line else standard).add(line)
        others = {path for path in self.used if path.startswith("import ") and path != "import keras"}
        groups = [sorted(group, key=lambda line: (line.startswith("from"), line)) for group in (standard, keras | others)]
        return "\n\n".join("\n".join(group) for group in groups if group), list(definitions)


def _holds_mapping(node: Node) -> bool:
    value = plain_value(node)
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value))


def _nowhere(program: Program) -> Any:
    from specc.keras_backend.emission.context import Context

    return Context("default", program.spec.document, Scope(), Scope(), None, "x")
