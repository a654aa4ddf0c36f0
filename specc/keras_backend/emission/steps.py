"""Steps as statements: each rule of `specc.language.expand`, written down in place of run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from specc.keras_backend.emission.context import Context, Variable, layer_name
from specc.keras_backend.emission.lowering import Call
from specc.keras_backend.emission.naming import Names
from specc.keras_backend.emission.references import Source, regrouped
from specc.keras_backend.emission.statements import Assign, Do, For, If, Statement
from specc.keras_backend.emission.values import MISSING, TENSOR, Local, Made, Named, Sequence, Value, call, starred
from specc.language.document import Step
from specc.language.syntax import MapNode, ScalarNode
from specc.language.vocabulary import Word

if TYPE_CHECKING:
    from specc.keras_backend.emission.program import Program


class StepWriter:
    """Writes the steps of one Python function."""

    def __init__(self, program: Program, names: Names) -> None:
        self.program = program
        self.needs = program.needs
        self.packing = program.packing
        self.translator = program.translator
        self.references = program.references
        self.lowering = program.lowering
        self.names = names
        self.body: list[Statement] = []
        self.input_tests: dict[str, ast.expr] = {}

    # Statements

    @contextmanager
    def block(self) -> Iterator[list[Statement]]:
        """Statements go to the body of an `if` or a loop."""
        outer, self.body = self.body, []
        try:
            yield self.body
        finally:
            self.body = outer

    def assign(self, target: str, value: ast.expr) -> None:
        self.body.append(Assign((ast.Name(target),), value))

    def settle(self, value: Value, target: str) -> None:
        """Sees to it that the tensor is in a variable."""
        where = value.tensor()
        if not (isinstance(where, ast.Name) and where.id == target):
            self.assign(target, where)

    # Steps

    def run_all(self, steps: Iterable[Step], context: Context) -> Context:
        for step in steps:
            context = context.at(x=self.run(step, context))
        return context

    def run(self, step: Step, context: Context) -> Value | None:
        """Writes a step; returns what is the current tensor after it."""
        own = self.own_variable(step)
        if step.when is not None:
            return self._conditional(step, context, own)
        value = self.result(step, context.at(target=own) if own else context)
        return self._name(step, value, own, context)

    def own_variable(self, step: Step) -> str | None:
        if step.name is None or not self.needs.facet_known(step, (), TENSOR):
            return None
        return self.names.fresh(step.name, f"{step.name}_output")

    def _name(self, step: Step, value: Value, own: str | None, context: Context) -> Value:
        if own is not None:
            self.settle(value, own)
        if step.name is None:
            return value
        named = Named(step, value, self.needs, own)
        context.scope.names[step.name] = named
        return named if own is not None else value

    def _conditional(self, step: Step, context: Context, own: str | None) -> Value | None:
        """A step under `when`; switched off, its name stands for its only input."""
        assert step.when is not None
        test = self.translator.value(step.when, context, step)
        if isinstance(test, ast.Constant):
            return self._decided(step, context, own, bool(test.value))
        passes = step.source is None and context.x is not None
        target = own if own is not None and passes else context.target
        if context.x is not None:
            self.settle(context.x, target)
            context = context.at(x=moved(context.x, target))
        if own is not None and not passes:
            self._stand_in(step, context, own)
        with self.block() as body:
            value = self.result(step, context.at(target=own or target))
            if own is not None and not passes:
                self.settle(value, own)
                self.assign(target, ast.Name(own))
            else:
                self.settle(value, target)
        self.body.append(If(test, body))
        after = moved(value, target)
        if step.name is not None:
            context.scope.names[step.name] = Named(step, value, self.needs, own)
        return after

    def _decided(self, step: Step, context: Context, own: str | None, there: bool) -> Value | None:
        """A step whose `when` is written as true or false."""
        if there:
            return self._name(step, self.result(step, context.at(target=own) if own else context), own, context)
        stand_in = context.x if step.source is None else None
        if isinstance(step.source, ScalarNode) and step.name is not None:
            found = self.references.source(step.source, context, step)
            stand_in = found if isinstance(found, Value) else None
        if stand_in is not None:
            self._name(step, stand_in, own, context)
        return context.x

    def _stand_in(self, step: Step, context: Context, own: str) -> None:
        if isinstance(step.source, ScalarNode):
            found = self.references.source(step.source, context, step)
            if isinstance(found, Value):
                self.settle(found, own)

    def result(self, step: Step, context: Context) -> Value:
        if step.trainable is not None:
            context = context.at(trainable=self._trainable(step, context))
        path = (*context.path, step.label)
        if step.repeat is not None:
            from specc.keras_backend.emission.loops import write_repeat

            return write_repeat(self, step, context, path)
        if step.each is not None:
            from specc.keras_backend.emission.loops import write_each

            return write_each(self, step, context, path)
        return self.apply(step, context, path)

    def _trainable(self, step: Step, context: Context) -> ast.expr | None:
        assert step.trainable is not None
        written = self.translator.value(step.trainable, context, step)
        if isinstance(written, ast.Constant) and written.value:
            return context.trainable
        if context.trainable is None or isinstance(written, ast.Constant):
            return written
        return ast.BoolOp(ast.And(), [context.trainable, written])

    def apply(self, step: Step, context: Context, path: tuple[str | ast.expr, ...], given: Value | None = None) -> Value:
        source: Source | None = given
        if given is None and step.source is not None and step.kind != "share":
            source = self.references.source(step.source, context, step)
        match step.kind:
            case "from":
                assert source is not None
                return regrouped(source)
            case "layers" | "skip":
                return self._group(step, self._entered(context, source), path)
            case "parallel":
                return self._parallel(step, self._entered(context, source), path)
            case "model":
                return self.program.functions.call_model(self, step, context, path, source)
            case "share":
                from specc.keras_backend.emission.sharing import write_share

                return write_share(self, step, context, given)
        word = context.document.vocabulary.find(step.word)
        assert word is not None
        if word.entry is not None:
            return self.layer(step, word, context, path, source)
        return self.program.functions.call_block(self, step, word, context, path, source)

    def _entered(self, context: Context, source: Source | None) -> Context:
        return context if source is None else context.at(x=regrouped(source))

    # Structures

    def _group(self, step: Step, context: Context, path: tuple[str | ast.expr, ...]) -> Value:
        inside = context
        if step.opens_scope:
            inside = context.at(scope=context.scope.child(), path=path)
        kept = None
        if step.kind == "skip":
            assert context.x is not None
            if _mentions(context.x.tensor(), context.target):
                kept = self.names.fresh("shortcut")
                self.settle(context.x, kept)
                # Both hold it until the first step inside writes to the current variable.
                context = context.at(x=moved(context.x, kept))
        after = self.run_all(step.body, inside)
        assert after.x is not None
        result = after.x
        if step.kind == "skip":
            assert context.x is not None
            result = self._merge(Step(step.span, "word", "add", step.word_span, step.label), [context.x, result], context, path)
        if kept is not None:
            self.names.release(kept)
        if not step.opens_scope:
            return result
        inner = {key: value for key, value in inside.scope.names.items() if isinstance(value, Value)}
        return Local(result.tensor(), result.listed, inner, result.items() if result.listed else None)

    def _parallel(self, step: Step, context: Context, path: tuple[str | ast.expr, ...]) -> Value:
        results: dict[str, Value] = {}
        variables = []
        for branch, steps in step.branches.items():
            variable = self.names.fresh(branch, f"{branch}_branch")
            variables.append(variable)
            scope = context.scope.child()
            after = self.run_all(steps, context.at(scope=scope, path=(*path, branch), target=variable))
            assert after.x is not None
            if step.name is not None and self.needs.facet_known((step, branch), (), TENSOR):
                self.settle(after.x, variable)
            inner = {key: value for key, value in scope.names.items() if isinstance(value, Value)}
            end = Local(after.x.tensor(), after.x.listed, inner, after.x.items() if after.x.listed else None)
            results[branch] = Named((step, branch), end, self.needs, variable) if step.name is not None else end
        ends = [value.result if isinstance(value, Named) else value for value in results.values()]
        if step.merge is None:
            return Local(ast.List([starred(each) for each in ends]), True, results, list(results.values()))
        merged = self._merge(step.merge, ends, context, path)
        if step.name is None:
            for variable in variables:
                self.names.release(variable)
        return Local(merged.tensor(), merged.listed, results)

    def _merge(self, step: Step, inputs: list[Value], context: Context, path: tuple[str | ast.expr, ...]) -> Value:
        word = context.document.vocabulary.find(step.word)
        assert word is not None
        return self.layer(step, word, context, path, inputs)

    # Layers

    def layer(self, step: Step, word: Word, context: Context, path: tuple[str | ast.expr, ...], source: Source | None) -> Value:
        lowered = self.lowering.layer(word, step, context)
        self.program.lowered[step] = lowered
        if lowered.target.is_operation:
            value = self._called(step, word, context, source, lowered, None)
            return Local(value.tensor(), value.listed, value.inner, value.parts, Made(step, lambda: MISSING))

        def layer() -> ast.expr:
            known = self.needs.ask(("layer", step)) and step in self.program.layer_variables
            return ast.Name(self.program.layer_variables[step]) if known else MISSING

        made = self.made(lowered, context, path)
        if self.needs.known_key(("layer", step)):
            variable = self.names.fresh(f"{step.name or step.word}_layer")
            self.program.layer_variables[step] = variable
            self.assign(variable, made)
            made = ast.Name(variable)
        value = self._called(step, word, context, source, lowered, made)
        return Local(value.tensor(), value.listed, value.inner, value.parts, Made(step, layer))

    def made(self, lowered: Call, context: Context, path: tuple[str | ast.expr, ...]) -> ast.expr:
        """The construction of a layer."""
        keywords = dict(lowered.keywords)
        if context.trainable is not None:
            keywords["trainable"] = context.trainable
        keywords["name"] = layer_name(path)
        target = self.lowering.target(lowered.target.target)
        if context.shared is None:
            return call(target, *lowered.args, **keywords)
        return call(ast.Attribute(context.shared, "layer"), target, *lowered.args, **keywords)

    def _called(self, step: Step, word: Word, context: Context, source: Source | None, lowered: Call, made: ast.expr | None) -> Local:
        first, others = self.call_arguments(word, step, context, source)
        return self.applied(step, context, lowered, made, first, {**others, **lowered.options})

    def applied(
        self, step: Step, context: Context, lowered: Call, made: ast.expr | None, first: ast.expr, options: Mapping[str, ast.expr]
    ) -> Local:
        """Assigns the result of a layer's, or an operation's, call."""
        if made is None:
            operands = [first, *lowered.args]
            if lowered.target.tensors_last:
                operands = [*lowered.args, *(first.elts if isinstance(first, ast.List) else [ast.Starred(first)])]
            written = call(self.lowering.target(lowered.target.target), *operands, **lowered.keywords, **options)
        else:
            written = call(made, first, **options)
        return self.outputs(step, context, written)

    def outputs(self, step: Step, context: Context, written: ast.expr) -> Local:
        named = self.program.profile.named_outputs(step)
        listed = self.program.profile.gives_list(step)
        if not named:
            self.assign(context.target, written)
            return Local(ast.Name(context.target), listed)
        targets: list[ast.expr] = [ast.Starred(ast.Name(context.target)) if listed else ast.Name(context.target)]
        inner = {}
        for output in named:
            variable = self._extra(step, output)
            targets.append(ast.Name(variable or "_"))
            inner[output] = Named((step, output), Local(MISSING), self.needs, variable)
        self.body.append(Assign(tuple(targets), written))
        return Local(ast.Name(context.target), listed, inner)

    def _extra(self, step: Step, output: str) -> str | None:
        if not self.needs.facet_known((step, output), (), TENSOR):
            return None
        return self.names.fresh(output, f"{step.label}_{output}")

    def call_arguments(self, word: Word, step: Step, context: Context, source: Source | None) -> tuple[ast.expr, dict[str, ast.expr]]:
        """The tensors of a layer's call: the first by position, the others by name."""
        entry = word.entry
        assert entry is not None
        names = entry.call_arguments
        if source is None:
            assert context.x is not None
            source = context.x
        if isinstance(source, Mapping):
            given = {name: source[name] for name in names if name in source}
        elif entry.takes_list or isinstance(source, Value):
            given = {names[0]: regrouped(source)}
        else:
            given = dict(zip(names, source))
        written = {name: self._argument(value, name in entry.list_arguments) for name, value in given.items()}
        first = next(iter(written))
        return written.pop(first), written

    def _argument(self, value: Value, wants_list: bool) -> ast.expr:
        where = value.tensor()
        if wants_list:
            return where if value.listed else ast.List([where])
        if value.listed:
            alone = isinstance(where, ast.List) and len(where.elts) == 1 and not isinstance(where.elts[0], ast.Starred)
            return where.elts[0] if alone else ast.Subscript(where, ast.Constant(0))  # type: ignore[attr-defined]
        return where


def moved(value: Value, target: str) -> Value:
    """The same result, its tensor in another variable."""
    if isinstance(value, Local):
        return Local(ast.Name(target), value.listed, value.inner, value.parts, value.application)
    return _Moved(value, target)


class _Moved(Value):
    def __init__(self, value: Value, target: str) -> None:
        self.value, self.target, self.listed = value, target, value.listed

    def tensor(self) -> ast.expr:
        return ast.Name(self.target)

    @property
    def made(self) -> Made | None:
        return self.value.made

    def layer(self) -> ast.expr:
        return self.value.layer()

    def member(self, part: str) -> Value | None:
        return self.value.member(part)

    def items(self) -> Sequence | list[Value] | None:
        return self.value.items()


def _mentions(tree: ast.expr, variable: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == variable for node in ast.walk(tree))


__all__ = ["Do", "For", "MapNode", "StepWriter", "Variable"]
