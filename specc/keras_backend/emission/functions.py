"""Blocks and inlined models as functions, and their calls."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from specc.keras_backend.emission.context import Context, Entry, Scope, Variable, layer_name
from specc.keras_backend.emission.expressions import names_in
from specc.keras_backend.emission.naming import Names
from specc.keras_backend.emission.references import Source, regrouped
from specc.keras_backend.emission.statements import Assign, Function, If, Return
from specc.keras_backend.emission.steps import StepWriter
from specc.keras_backend.emission.values import ITEMS, MISSING, TENSOR, Facet, Local, Made, Path, Remote, Sequence, Value, call, resolve
from specc.language.document import Block, Document, Step
from specc.language.evaluation import has_expression
from specc.language.syntax import MapNode, Node, ScalarNode, plain_value
from specc.language.vocabulary import ParamDeclaration, Word

if TYPE_CHECKING:
    from specc.keras_backend.emission.program import Program


@dataclass(eq=False)
class Written:
    """A function that is, or is being, written. `result` is what its last step gave; None while it is being written."""

    key: Any
    name: str
    document: Document
    inputs: tuple[str, ...]
    params: Mapping[str, ParamDeclaration]
    variables: dict[str, str] = field(default_factory=dict)
    captures: dict[str, str] = field(default_factory=dict)
    result: Value | None = None


@dataclass(frozen=True, eq=False)
class BlockCall:
    """A block's application, remembered for `share`."""

    written: Written
    arguments: list[ast.expr]
    keywords: dict[str, ast.expr]


class Functions:
    """The functions of one round, in the order in which they are defined."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.needs = program.needs
        self.written: dict[Any, Written] = {}
        self.finished: list[Function] = []
        self.calls: dict[Step, BlockCall] = {}

    # Calls

    def call_block(
        self, writer: StepWriter, step: Step, word: Word, context: Context, path: tuple[Any, ...], source: Source | None
    ) -> Value:
        block = context.document.block(word)
        written = self._block(context.document, word, block)
        tensors = self._tensors(written.inputs, context, source)
        arguments = writer.lowering.arguments(word, step, context)
        given = {name: writer.lowering.given(written.key, name, node, where, step) for name, (node, where) in arguments.items()}
        return self._call(writer, step, context, path, written, tensors, given)

    def call_model(self, writer: StepWriter, step: Step, context: Context, path: tuple[Any, ...], source: Source | None) -> Value:
        from specc.language.evaluation import Frame
        from specc.language.models import document_of
        from specc.language.scope import Scope as LanguageScope

        scope = LanguageScope("")
        document = document_of(step, Frame(context.document, scope, scope, None, None), self.program.profile.documents)
        written = self._model(document)
        tensors = self._tensors(written.inputs, context, source)
        params = step.arguments.get("params") if step.arguments is not None else None
        entries = params.entries if isinstance(params, MapNode) else {}
        given = {name: writer.lowering.given(written.key, name, entry.value, context, step) for name, entry in entries.items()}
        return self._call(writer, step, context, path, written, tensors, given)

    def call_again(self, writer: StepWriter, original: Step, step: Step, context: Context, source: Source | None, node: Node) -> Value:
        """A block that was applied before, on other tensors, with the same layers."""
        known = self.needs.ask(("shared", original))
        before = self.calls.get(original)
        if before is None or not known:
            return Local(ast.Name(context.target))
        if any(isinstance(part, ast.Attribute) and part.attr == "shape" for value in before.keywords.values() for part in ast.walk(value)):
            raise writer.translator.refused(f"`{original.name}` is shared, and its arguments depend on its input", node)
        tensors = self._tensors(before.written.inputs, context, source)
        written = call(before.written.name, *tensors, *before.arguments, **before.keywords)
        return self._assigned(writer, step, context, before.written, written)

    def _tensors(self, names: tuple[str, ...], context: Context, source: Source | None) -> list[ast.expr]:
        if source is None:
            assert context.x is not None
            return [context.x.tensor()]
        if isinstance(source, Mapping):
            return [regrouped(source[name]).tensor() for name in names if name in source]
        if isinstance(source, list) and len(source) == len(names) > 1:
            return [each.tensor() for each in source]
        return [regrouped(source).tensor()]

    def _call(
        self, writer: StepWriter, step: Step, context: Context, path: tuple[Any, ...], written: Written, tensors: list[ast.expr],
        given: dict[str, ast.expr],
    ) -> Value:  # fmt: skip
        first = next((name for name, declared in written.params.items() if declared.required), None)
        arguments = [given.pop(first)] if first is not None and set(given) == {first} else []
        keywords = {written.variables[name]: given[name] for name in written.params if name in given}
        for name, variable in written.captures.items():
            if self.needs.known_key(("capture", written.key, name)):
                keywords[variable] = self._captured(context, name)
        if self.needs.known_key(("training", written.key)):
            self.needs.ask(("training", context.function))
            keywords["training"] = ast.Name("training")
        if context.trainable is not None:
            self.needs.ask(("trainable", written.key))
            keywords["trainable"] = context.trainable
        shared = self._table(writer, step, context, written)
        if shared is not None:
            keywords["shared"] = shared
        keywords["name"] = layer_name(path)
        self.calls[step] = BlockCall(written, arguments, keywords)
        return self._assigned(writer, step, context, written, call(written.name, *tensors, *arguments, **keywords))

    def _captured(self, context: Context, name: str) -> ast.expr:
        entry = context.root.find(name)
        assert isinstance(entry, Variable)
        if entry.capture is not None:
            self.needs.ask(("capture", context.function, entry.capture))
        return entry.where

    def _table(self, writer: StepWriter, step: Step, context: Context, written: Written) -> ast.expr | None:
        """The table of layers that a call is given: where its layers are used again, or where those of another call are."""
        again = self.needs.known_key(("shared", step))
        if again or context.shared is not None:
            self.needs.ask(("sharing", written.key))
        if context.shared is not None:
            return context.shared
        if not self.needs.known_key(("sharing", written.key)):
            return None
        self.program.used.add("shared_layers")
        if not again:
            return call("SharedLayers")
        variable = writer.names.fresh(f"{step.name or step.word}_layers")
        writer.assign(variable, call("SharedLayers"))
        return ast.Name(variable)

    def _assigned(self, writer: StepWriter, step: Step, context: Context, written: Written, made: ast.expr) -> Value:
        """The call's results: the last step's, and what is referenced of the others."""
        variables: dict[Facet, str] = {}
        targets = [context.target]
        for path, facet in self.needs.facets(written.key):
            if self.needs.facet_known(step, path, facet):
                wished = "_".join([str(part) for part in path] + ([facet] if facet != TENSOR or not path else []))
                variables[path, facet] = writer.names.fresh(wished, f"{step.name or step.word}_{wished}")
            targets.append(variables.get((path, facet), "_"))
        writer.body.append(Assign(tuple(ast.Name(target) for target in targets), made))

        def access(path: Path, facet: str) -> ast.expr:
            exported = self.needs.facet(written.key, path, facet)
            wanted = self.needs.facet(step, path, facet)
            return ast.Name(variables[path, facet]) if exported and wanted and (path, facet) in variables else MISSING

        return _Called(context.target, written, access, Made(step, lambda: MISSING))

    # Definitions

    def _block(self, document: Document, word: Word, block: Block) -> Written:
        key = ("block", _holder(document, word), word.name)
        if key in self.written:
            return self.written[key]
        inputs = block.inputs or ("input",)
        written = self._begin(key, word.name, document, inputs, block.params)
        names = self._names(written)
        single = "inputs" if self.needs.known_key(("input", key)) else "x"
        arguments = [names.fresh(name) for name in block.inputs] or [names.fresh(single)]
        values: dict[str, Value] = {
            name: Local(ast.Name(argument), self.program.profile.takes_list(block, name)) for name, argument in zip(inputs, arguments)
        }
        alone = values["input"] if block.single_input else None
        scope = Scope(None, {} if block.single_input else dict(values))
        function = self._define(written, names, arguments, scope, described(block.summary, block.reference))
        root = Scope(None, {name: Variable(ast.Name(variable), name) for name, variable in written.captures.items()})
        self._finish(written, function, names, block.steps, scope, root, alone, block)
        return written

    def _model(self, document: Document) -> Written:
        key = ("model", document)
        if key in self.written:
            return self.written[key]
        inputs = tuple(name for name, declared in document.inputs.items() if declared.when is None)
        written = self._begin(key, document.name, document, inputs, document.params)
        names = self._names(written)
        arguments = [names.fresh(name) for name in inputs]
        values: dict[str, Entry] = {name: Local(ast.Name(argument)) for name, argument in zip(inputs, arguments)}
        scope = Scope(None, dict(values))
        function = self._define(written, names, arguments, scope, described(document.summary, document.reference))
        alone = next(iter(values.values())) if len(values) == 1 else None
        assert alone is None or isinstance(alone, Value)
        self._finish(written, function, names, document.steps, scope, scope, alone, None)
        return written

    def _begin(self, key: Any, name: str, document: Document, inputs: tuple[str, ...], params: Mapping[str, ParamDeclaration]) -> Written:
        self.written[key] = Written(key, self.program.function_name(key, name), document, inputs, params)
        return self.written[key]

    def _names(self, written: Written) -> Names:
        others = set(self.program.function_names.values()) - {written.name}
        return Names({*others, *self.program.own_names, "name", "training", "trainable", "shared"})

    def _define(self, written: Written, names: Names, arguments: list[str], scope: Scope, doc: list[str]) -> Function:
        """The function with its signature; defaults that are expressions are computed at its top."""
        document = written.document
        for name in written.params:
            written.variables[name] = names.fresh(name)
            scope.names[name] = Variable(ast.Name(written.variables[name]), param=name)
        signature: list[tuple[str, ast.expr | None]] = [(argument, None) for argument in arguments]
        for name, declared in sorted(written.params.items(), key=lambda item: not item[1].required):
            default = None if declared.required else self.default(written.key, declared)
            signature.append((written.variables[name], default))
        keywords: list[tuple[str, ast.expr | None]] = []
        if written.key[0] == "block":
            for name in document.params:
                if any(name in names_in(iter([node])) for node in document.defaults.values()):
                    written.captures[name] = names.fresh(name, f"model_{name}")
                    if self.needs.known_key(("capture", written.key, name)):
                        keywords.append((written.captures[name], None))
        if self.needs.known_key(("training", written.key)):
            keywords.append(("training", None))
        if self.needs.known_key(("trainable", written.key)):
            keywords.append(("trainable", ast.Constant(True)))
        if self.needs.known_key(("sharing", written.key)):
            keywords.append(("shared", None))
        return Function(written.name, signature, [*keywords, ("name", None)], doc)

    def default(self, function: Any, declared: ParamDeclaration) -> ast.expr:
        node = declared.default
        assert node is not None
        return ast.Constant(None) if self._computed(function, declared) else self.program.literal(declared.name, node)

    def _computed(self, function: Any, declared: ParamDeclaration) -> bool:
        """Whether a default is computed when the function is called: an expression, or an object to be made."""
        node = declared.default
        if node is None or has_expression(node):
            return node is not None
        family = self.needs.choice(function, declared.name)
        return family is not None and plain_value(node) is not None and not self.program.lowering.is_name(family, plain_value(node))

    def computed_defaults(self, writer: StepWriter, params: Mapping[str, ParamDeclaration], context: Context) -> None:
        for name, declared in params.items():
            if self._computed(context.function, declared):
                assert declared.default is not None
                entry = context.scope.find(name)
                assert isinstance(entry, Variable)
                test = ast.Compare(entry.where, [ast.Is()], [ast.Constant(None)])
                value = writer.lowering.default(name, declared.default, context)
                writer.body.append(If(test, [Assign((entry.where,), value)]))

    def _finish(
        self, written: Written, function: Function, names: Names, steps: tuple[Step, ...], scope: Scope, root: Scope, alone: Value | None,
        block: Block | None,
    ) -> None:  # fmt: skip
        writer = StepWriter(self.program, names)
        context = Context(written.key, written.document, root, scope, alone, self.program.target(names), alone, (ast.Name("name"),))
        if self.needs.known_key(("trainable", written.key)):
            context = context.at(trainable=ast.Name("trainable"))
        if self.needs.known_key(("sharing", written.key)):
            context = context.at(shared=ast.Name("shared"))
        self.computed_defaults(writer, written.params, context)
        after = writer.run_all(steps, context)
        inner = {name: value for name, value in scope.names.items() if isinstance(value, Value) and name not in written.inputs}
        for name, node in (block.outputs if block is not None else {}).items():
            anywhere = Step(node.span, "from", "from", node.span, "from", source=node)
            inner[name] = regrouped(writer.references.source(node, after, anywhere))
        assert after.x is not None
        result = Local(after.x.tensor(), after.x.listed, inner, after.x.items() if after.x.listed else None)
        written.result = result
        writer.body.append(Return((result.tensor(), *(self._exported(result, *facet) for facet in self.needs.facets(written.key)))))
        function.body = writer.body
        self.finished.append(function)

    def _exported(self, result: Value, path: Path, facet: str) -> ast.expr:
        found = resolve(result, path)
        return MISSING if found is None else self.program.packing.facet_of(found, path, facet)


class _Called(Value):
    """What a function's call gave."""

    def __init__(self, target: str, written: Written, access: Callable[[Path, str], ast.expr], application: Made) -> None:
        self.target, self.written, self.access, self.application = target, written, access, application
        self.listed = written.result is not None and written.result.listed

    def tensor(self) -> ast.expr:
        return ast.Name(self.target)

    @property
    def made(self) -> Made | None:
        return self.application

    def member(self, part: str) -> Value | None:
        inner = self.written.result.member(part) if self.written.result is not None else None
        return None if inner is None else Remote(self.access, inner, (part,))

    def items(self) -> Sequence | list[Value] | None:
        if not self.listed or self.written.result is None:
            return None
        found = self.written.result.items()
        if isinstance(found, Sequence) and found.element != "tensors":
            return Sequence(lambda: self.access((), ITEMS), found.element, found.template)
        return Sequence(self.tensor, "tensors", Local(MISSING))


def _holder(document: Document, word: Word) -> Any:
    """What a block's function depends on besides the block: a built-in one on the `defaults` of the spec, if anything."""
    if not word.builtin or any(has_expression(node) for node in document.defaults.values()):
        return document
    return json.dumps({name: plain_value(node) for name, node in sorted(document.defaults.items())}, sort_keys=True, default=str)


def described(summary: str, reference: str) -> list[str]:
    parts = [" ".join(part.split()) for part in (summary, reference)]
    line = " ".join(part if part.startswith(("http", "<")) or part.endswith((".", "!", "?")) else f"{part}." for part in parts if part)
    if len(line) <= 86:
        return [line] if line else []
    return [f"{parts[0]}.".replace("..", "."), "", parts[1]] if parts[0] and parts[1] else [parts[0] or parts[1]]


__all__ = ["BlockCall", "Functions", "ScalarNode", "Written"]
