"""A document run to its graph: blocks entered, repeats unrolled, `when` decided, shapes and costs inferred."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from specc.diagnostics import Note, Sink, Span
from specc.graph import Argument, Graph, Layer, Node, Origin, Tensor, TensorSpec
from specc.language import models
from specc.language.document import Block, Document, Step, names_in_scope
from specc.language.evaluation import Bound, Evaluator, Exhausted, Failed, Frame, own_place, value_origins
from specc.language.expressions import describe
from specc.language.schema import SHAPE, SchemaBuilder
from specc.language.scope import POISON, Result, Scope
from specc.language.syntax import MapNode, ScalarNode
from specc.language.syntax import Node as Written
from specc.language.validation import check_values, validator_of
from specc.language.vocabulary import ParamDeclaration, Word
from specc.registry.entry import Entry, Facts, Mismatch, Params, nearest

MAX_DEPTH = 60
MAX_STEPS = 100_000


def expand(document: Document, training: bool, sink: Sink) -> tuple[Graph, bool]:
    """The graph of a document, and whether anything in it depends on `training`. Errors go to the sink."""
    expander = Expander(training, sink)
    try:
        graph = expander.graph(document)
    except (Exhausted, RecursionError) as error:
        if isinstance(error, RecursionError):
            sink.error("E0207", "the network is nested too deeply", document.root.span.within(0, 1))
        graph = Graph(document.name, {}, (), {}, training)
    return graph, expander.evaluator.reads_training


class Expander:
    def __init__(self, training: bool, sink: Sink) -> None:
        self.sink = sink
        self.training = training
        self.evaluator = Evaluator(sink, training)
        self.nodes: list[Node] = []
        self.layers: dict[str, Layer] = {}
        self.applied = 0
        self.made: dict[Node, tuple[Step, Scope]] = {}
        self.documents: dict[Path, Document] = {}
        self._met: set[tuple[ParamDeclaration, str]] = set()

    # The whole

    def graph(self, document: Document) -> Graph:
        scope = Scope("")
        frame = self.open_document(document, scope, {})
        inputs = self._inputs(document, frame)
        frame = self._with_inputs(frame, inputs)
        frame = self.run_all(document.steps, frame)
        outputs = self._heads(document, frame) if document.heads else {"output": frame.x}
        given = {name: result.value for name, result in outputs.items() if result is not None and result.value is not None}
        if not self.sink.failed:
            self._require_outputs(document, given)
        tensors = {name: result.value for name, result in inputs.items() if isinstance(result.value, Tensor)}
        used, nodes = _needed(given, self.nodes)
        return Graph(
            document.name, {name: tensor for name, tensor in tensors.items() if tensor in used or not given}, nodes, given, self.training
        )

    def _require_outputs(self, document: Document, outputs: Mapping[str, Argument]) -> None:
        place = document.root.entries.get("heads") or document.root.entries.get("layers")
        span = place.key if place is not None else document.root.span.within(0, 1)
        if not document.steps and not document.heads:
            self.sink.error("E0306", "the spec has no steps and no heads, so it has no output", span, help="`layers:` lists the steps")
        elif not outputs:
            what = "graph that is trained" if self.training else "graph that is built"
            self.sink.error("E0306", f"the {what} has no output: every head is switched off", span)
        for name, value in outputs.items():
            if value == ():
                self.sink.error(
                    "E0311", f"the output `{name}` is an empty list", document.heads[name].span if name in document.heads else span
                )

    def open_document(self, document: Document, scope: Scope, given: Mapping[str, Any]) -> Frame:
        """A frame in which the document's params have their values and its names are known."""
        frame = Frame(document, scope, scope, None, None)
        self.assign_params(document.params, given, scope, frame)
        self._announce(document.steps, scope)
        for name, head in document.heads.items():
            scope.later[name] = head.name_span or head.span
        return frame

    def assign_params(
        self,
        declared: Mapping[str, ParamDeclaration],
        given: Mapping[str, Any],
        scope: Scope,
        frame: Frame,
        places: Mapping[str, Span] | None = None,
    ) -> None:
        """Params in order, so that a default can be an expression over earlier ones.

        Args:
            places: where the given values are written.
        """
        for name, declaration in declared.items():
            place = (places or {}).get(name, declaration.default.span if declaration.default is not None else None)
            if place is not None:
                scope.places[name] = place
            if declaration.faulty:
                scope.values[name] = POISON
            elif name in given:
                scope.values[name] = given[name]
            elif declaration.default is None:
                self.sink.error(
                    "E0403",
                    f"the param `{name}` has no value",
                    declaration.span,
                    help=f"give it a `default:`, or a value: `--param {name}=...`",
                )
                scope.values[name] = POISON
            else:
                scope.values[name] = self._default(declaration, frame)

    def _default(self, declaration: ParamDeclaration, frame: Frame) -> Any:
        node = declaration.default
        assert node is not None
        try:
            value = self.evaluator.value(node, frame)
        except Failed:
            return POISON
        return value if self.meets(value, declaration, node) else POISON

    def meets(self, value: Any, declaration: ParamDeclaration, node: Written) -> bool:
        if not declaration.schema or isinstance(value, Result):
            return True
        name, key = declaration.name, (declaration, repr(value))
        if key in self._met:
            return True
        local = Sink()
        validator = validator_of(json.dumps({"properties": {name: declaration.schema}}))
        if check_values(validator, {name: value}, _wrap(name, node), local, "params"):
            self._met.add(key)
            return True
        for found in local:
            declared = Note(f"`{name}` is declared here", declaration.span)
            self.sink.error("E0402", found.message, found.span, help=found.help, notes=[declared])
        return False

    def _inputs(self, document: Document, frame: Frame) -> dict[str, Result]:
        inputs = {}
        for name, declared in document.inputs.items():
            try:
                if declared.when is not None and not self.evaluator.decision(declared.when, frame, "when"):
                    frame.scope.off[name] = declared.span
                    continue
                sizes = self.evaluator.value(declared.shape, frame)
                self._check_sizes(name, sizes, declared.shape)
                shape = (None, *(None if size is None else int(size) for size in sizes))
                inputs[name] = Result(Tensor(TensorSpec(shape, declared.dtype), None, 0, name))
            except Failed:
                inputs[name] = POISON
        return inputs

    def _check_sizes(self, name: str, sizes: Any, node: Written) -> None:
        validator = validator_of(json.dumps({"properties": {name: SHAPE}}))
        if not check_values(validator, {name: sizes}, _wrap(name, node), self.sink, "inputs"):
            raise Failed

    def _with_inputs(self, frame: Frame, inputs: Mapping[str, Result]) -> Frame:
        frame.scope.steps.update(inputs)
        alone = next(iter(inputs.values())) if len(inputs) == 1 else None
        return frame.at(x=alone, input=alone)

    def _heads(self, document: Document, frame: Frame) -> dict[str, Result | None]:
        """The outputs, in order. Every head starts from the last step; later heads see earlier ones."""
        outputs: dict[str, Result | None] = {}
        for name, head in document.heads.items():
            result = self.result(head, frame)
            if result is not None:
                outputs[name] = result
        return outputs

    # Steps

    def _announce(self, steps: Iterable[Step], scope: Scope) -> None:
        for step in names_in_scope(steps):
            if step.name is not None:
                scope.later[step.name] = step.name_span or step.span

    def run_all(self, steps: Iterable[Step], frame: Frame) -> Frame:
        for step in steps:
            frame = self.run(step, frame)
        return frame

    def run(self, step: Step, frame: Frame) -> Frame:
        """Runs one step; in the frame that follows, its result is the current tensor. Switched off, it is not there."""
        result = self.result(step, frame)
        return frame if result is None else frame.at(x=result)

    def result(self, step: Step, frame: Frame) -> Result | None:
        """What a step gives, under its name from now on; None where it is switched off."""
        result = POISON
        if not step.faulty:
            try:
                if step.when is not None and not self.evaluator.decision(step.when, frame, "when"):
                    self._switch_off(step, frame)
                    return None
                result = self._result(step, frame)
            except Failed:
                pass
        if step.name is not None:
            frame.scope.steps[step.name] = result
        return result

    def _switch_off(self, step: Step, frame: Frame) -> None:
        """The name of a step that is not there stands for the step's input, if it has just one."""
        if step.name is None:
            return
        stand_in = frame.x if step.source is None else None
        if isinstance(step.source, ScalarNode):
            try:
                found = Evaluator(Sink(), self.training).source(step.source, frame)
                stand_in = found if isinstance(found, Result) else None
            except Failed:
                stand_in = None
        if stand_in is not None:
            frame.scope.steps[step.name] = stand_in
        else:
            frame.scope.off[step.name] = step.name_span or step.span

    def _result(self, step: Step, frame: Frame) -> Result:
        if step.trainable is not None:
            frame = frame.at(trainable=frame.trainable and self.evaluator.decision(step.trainable, frame, "trainable"))
        path = _join(frame.scope.path, step.label)
        if step.repeat is not None:
            return self._repeat(step, frame, path)
        if step.each is not None:
            return self._each(step, frame, path)
        return self.apply(step, frame, path)

    def _repeat(self, step: Step, frame: Frame, path: str) -> Result:
        assert step.repeat is not None
        items = self._iterations(self.evaluator.value(step.repeat, frame), step.repeat, frame)
        results: list[Result] = []
        current = frame
        for position, item in enumerate(items):
            values = {step.index: position, **({step.element: item} if step.element else {})}
            scope = frame.scope.child(frame.scope.path, **values)
            turn = f"repeat {position + 1} of {len(items)}"
            chain = frame.chain if step.kind == "word" else (*frame.chain, (f"in {turn} of `{step.name or step.word}`", step.word_span))
            result = self.apply(step, current.at(scope=scope, chain=chain, turn=turn), f"{path}/{position}")
            results.append(result)
            current = frame.at(x=result)
        if not results:
            return frame.x if frame.x is not None else Result(None)
        if any(result.poisoned for result in results):
            return POISON
        last = results[-1]
        return Result(last.value, last.inner, results, label=path)

    def _iterations(self, count: Any, written: Written, frame: Frame) -> list[Any]:
        """The elements of a `repeat`: those of a list, or the positions of a count."""
        if isinstance(count, Result):
            return list(count.items)
        if isinstance(count, list):
            items = len(count)
        elif isinstance(count, bool) or not isinstance(count, (int, float)) or not math.isfinite(count) or int(count) != count:
            shown = f": {count}" if isinstance(count, float) else ""
            raise self.evaluator.error(
                frame, "E0103", f"`repeat` takes a count or a list, not {describe(count)}{shown}", written.span, about=written
            )
        else:
            items = int(count)
        if items < 0:
            raise self.evaluator.error(frame, "E0104", f"`repeat` must be at least 0, not {items}", written.span, about=written)
        if items > MAX_STEPS:
            raise self.evaluator.error(frame, "E0206", f"`repeat` is at most {MAX_STEPS:,}, not {items:,}", written.span, about=written)
        return count if isinstance(count, list) else list(range(items))

    def _each(self, step: Step, frame: Frame, path: str) -> Result:
        """One layer, or block, with one set of weights, applied to each of several tensors."""
        assert step.each is not None
        found = self.evaluator.source(step.each, frame)
        inputs = found if isinstance(found, list) else list(found.items) or [found]
        results = []
        for position, item in enumerate(inputs):
            inside = frame.at(shared=(*frame.shared, (f"{path}/{position}", path)))
            results.append(self.apply(step, inside, f"{path}/{position}", item))
        if any(result.poisoned for result in results):
            return POISON
        values = tuple(tensor for result in results for tensor in result.tensors)
        return Result(values, {}, results, label=path)

    def apply(self, step: Step, frame: Frame, path: str, given: Any = None) -> Result:
        """One application of a step: its inputs found, its kind's rule followed."""
        self.applied += 1
        if self.applied > MAX_STEPS:
            self.evaluator.error(frame, "E0207", f"the network has more than {MAX_STEPS:,} steps", step.word_span)
            raise Exhausted
        if step.kind == "share":
            return self._share(step, frame, path, given)
        source = given
        if source is None and step.source is not None:
            source = self.evaluator.source(step.source, frame)
        match step.kind:
            case "from":
                return self.regroup(source)
            case "layers" | "skip":
                return self._group(step, self._entered(step, frame, source), path)
            case "parallel":
                return self._parallel(step, self._entered(step, frame, source), path)
            case "model":
                return models.inline(self, step, frame, path, source)
        word = frame.document.vocabulary.find(step.word)
        if word is None:
            return POISON
        if word.entry is not None:
            return self._layer(step, word, word.entry, frame, path, source)
        return self._block(step, word, frame, path, source)

    def deeper(self, step: Step, frame: Frame) -> int:
        """The depth inside a step."""
        if frame.depth >= MAX_DEPTH:
            help = "a block that contains itself never ends, unless a `when` ends it"
            self.evaluator.error(frame, "E0207", f"blocks and groups are nested more than {MAX_DEPTH} deep", step.word_span, help=help)
            raise Exhausted
        return frame.depth + 1

    def _entered(self, step: Step, frame: Frame, source: Any) -> Frame:
        if source is None:
            return frame
        if isinstance(source, dict):
            assert step.source is not None
            raise self.evaluator.error(frame, "E0311", f"`{step.word}` takes one current tensor, not several by name", step.source.span)
        return frame.at(x=self.regroup(source))

    def regroup(self, source: Any) -> Result:
        if isinstance(source, Result):
            return source
        results = list(source.values()) if isinstance(source, dict) else source
        if any(result.poisoned for result in results):
            return POISON
        return Result(tuple(tensor for result in results for tensor in result.tensors), {}, results)

    def _group(self, step: Step, frame: Frame, path: str) -> Result:
        own = step.opens_scope
        inside = frame.at(depth=self.deeper(step, frame))
        if own:
            scope = frame.scope.child(path)
            self._announce(step.body, scope)
            inside = inside.at(scope=scope)
        after = self.run_all(step.body, inside)
        result = after.x if after.x is not None else POISON
        if step.kind == "skip":
            if frame.x is None:
                raise self.no_current(step, frame)
            result = self._merge(step, "add", None, [frame.x, result], frame, path)
        if result.poisoned:
            return POISON
        if not own:
            return result
        return Result(result.value, inside.scope.steps, result.items if isinstance(result.value, tuple) else None, label=path)

    def _parallel(self, step: Step, frame: Frame, path: str) -> Result:
        if frame.x is None:
            raise self.no_current(step, frame)
        results: dict[str, Result] = {}
        for name, steps in step.branches.items():
            scope = frame.scope.child(_join(path, name))
            self._announce(steps, scope)
            after = self.run_all(steps, frame.at(scope=scope, depth=self.deeper(step, frame)))
            assert after.x is not None
            results[name] = (
                POISON
                if after.x.poisoned
                else Result(after.x.value, scope.steps, after.x.items if isinstance(after.x.value, tuple) else None, label=name)
            )
        if any(result.poisoned for result in results.values()):
            return POISON
        values = list(results.values())
        if step.merge is None:
            return Result(tuple(tensor for result in values for tensor in result.tensors), results, values)
        merged = self._merge(step.merge, step.merge.word, step.merge, values, frame, path)
        return merged if merged.poisoned else Result(merged.value, results, label=path)

    def _merge(self, step: Step, name: str, written: Step | None, inputs: list[Result], frame: Frame, path: str) -> Result:
        word = frame.document.vocabulary.find(name)
        if word is None or word.entry is None or not word.entry.takes_list:
            close = nearest(name, MERGES)
            raise self.evaluator.error(
                frame,
                "E0106",
                f"`{name}` does not merge tensors",
                step.word_span,
                help=f"did you mean `{close}`?" if close else f"one of {', '.join(MERGES)}",
            )
        merging = written if written is not None else Step(step.span, "word", name, step.word_span, step.label)
        return self._layer(merging, word, word.entry, frame, path, inputs)

    def no_current(self, step: Step, frame: Frame) -> Failed:
        help = "name one of the inputs with `from:`" if len(frame.scope.steps) else "name one with `from:`"
        return self.evaluator.error(frame, "E0306", f"`{step.word}` has no current tensor to work on", step.word_span, help=help)

    # Blocks and models

    def _block(self, step: Step, word: Word, frame: Frame, path: str, source: Any, values: dict[str, Any] | None = None) -> Result:
        block = frame.document.block(word)
        given, places = self.evaluator.block_values(word, step, frame) if values is None else (values, {})
        inputs = self._block_inputs(step, block, frame, source)
        if any(isinstance(value, Result) and value.poisoned for value in inputs.values()):
            return POISON
        scope = Scope(path)
        alone = next(iter(inputs.values())) if block.single_input else None
        label = f"in block `{block.name}`" + (f", {frame.turn}" if frame.turn else "")
        chain = (*frame.chain, (label, step.word_span))
        inside = frame.at(scope=scope, x=alone, input=alone, chain=chain, turn="", depth=self.deeper(step, frame))
        if not block.single_input:
            scope.steps.update(inputs)
        self.assign_params(block.params, given, scope, inside, places)
        if any(value is POISON for value in scope.values.values()):
            return POISON
        self._announce(block.steps, scope)
        after = self.run_all(block.steps, inside)
        inner = {name: result for name, result in scope.steps.items() if name not in inputs}
        inner.update({name: self.regroup(self.evaluator.source(node, after)) for name, node in block.outputs.items()})
        result = after.x if after.x is not None else POISON
        if result.poisoned:
            return POISON
        return Result(result.value, inner, result.items if isinstance(result.value, tuple) else None, (step, word, given, path), path)

    def _block_inputs(self, step: Step, block: Block, frame: Frame, source: Any) -> dict[str, Result]:
        names = block.inputs or ("input",)
        span = step.source.span if step.source is not None else step.word_span
        if isinstance(source, dict):
            for name in source:
                if name not in names:
                    close = nearest(name, names)
                    help = f"did you mean `{close}`?" if close else f"its inputs are {', '.join(f'`{each}`' for each in names)}"
                    raise self.evaluator.error(frame, "E0311", f"the block `{block.name}` has no input `{name}`", span, help=help)
            missing = [name for name in names if name not in source]
            if missing:
                raise self.evaluator.error(frame, "E0311", f"the block `{block.name}` needs the input `{missing[0]}`", span)
            return {name: self.regroup(source[name]) for name in names}
        if len(names) == 1:
            if source is None and frame.x is None:
                raise self.no_current(step, frame)
            return {names[0]: self.regroup(source) if source is not None else frame.x}  # type: ignore[dict-item]
        if isinstance(source, list) and len(source) == len(names):
            return dict(zip(names, source, strict=True))
        listed = ", ".join(f"{name}: ..." for name in names)
        raise self.evaluator.error(
            frame, "E0311", f"the block `{block.name}` takes {len(names)} inputs", span, help=f"`from: {{{listed}}}`"
        )

    def _share(self, step: Step, frame: Frame, path: str, given: Any) -> Result:
        """The same step again, on other tensors."""
        assert step.arguments is not None
        target = step.arguments.get("step")
        assert isinstance(target, ScalarNode)
        found = self.evaluator.source(target, frame)
        if isinstance(found, Result) and found.poisoned:
            return POISON
        if not isinstance(found, Result) or found.applied is None:
            help = "name one application: `stage/0`" if isinstance(found, list) or found.items else None
            raise self.evaluator.error(
                frame, "E0310", f"`{target.value}` is not a layer or a block, so it cannot be shared", target.span, help=help
            )
        _, word, bound, origin = found.applied
        source = given
        if source is None and step.source is not None:
            source = self.evaluator.source(step.source, frame)
        inside = frame.at(shared=(*frame.shared, (path, origin)))
        options = self._shared_options(step, word, step.arguments, frame)
        if word.entry is None:
            return self._block(step, word, inside, path, source, bound)
        return self._layer(step, word, word.entry, inside, path, source, bound, options)

    def _shared_options(self, step: Step, word: Word, arguments: MapNode, frame: Frame) -> dict[str, Any]:
        """Call arguments that a further application changes. What makes the layer is fixed."""
        known = {name: parameter for name, parameter in word.parameters.items() if parameter.call and word.entry is not None}
        options = {}
        for key, entry in arguments.entries.items():
            if key == "step":
                continue
            if key not in known:
                owner = f"`{word.name}` has it when it is made; it" if key in word.parameters else f"`{word.name}`"
                listed = f"it takes {', '.join(f'`{name}`' for name in known)}" if known else "write another step for other arguments"
                message = f"{owner} takes no `{key}` when it is applied again"
                raise self.evaluator.error(frame, "E0108", message, entry.key, help=listed)
            value = self.evaluator.value(entry.value, frame)
            schema = SchemaBuilder()
            validator = validator_of(json.dumps({"properties": {key: schema.of(known[key].type)}, "$defs": schema.definitions}))
            local = Sink()
            if not check_values(validator, {key: value}, _wrap(key, entry.value), local, word.name):
                for found in local:
                    self.evaluator.error(frame, found.code, found.message, entry.value.span, help=found.help)
                raise Failed
            options[key] = value
        return options

    # Layers

    def _layer(
        self,
        step: Step,
        word: Word,
        entry: Entry,
        frame: Frame,
        path: str,
        source: Any,
        bound: Bound | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Result:
        params, call, own = bound if bound is not None else self.evaluator.bound(word, entry, step, frame)
        arguments = self._call_arguments(step, entry, frame, source)
        if arguments is None:
            return POISON
        try:
            facts = _infer(entry, params, arguments)
        except Mismatch as mismatch:
            raise self._mismatch(mismatch, step, arguments, frame) from None
        layer = self._layer_at(path, word, call, facts, frame, step)
        outputs = [*(facts.output if isinstance(facts.output, list) else [facts.output]), *facts.extras.values()]
        chosen = {**own, **options} if options else own
        sequence = isinstance(facts.output, list) or bool(facts.extras)
        node = Node(path, layer, arguments, chosen, tuple(outputs), facts.macs, Origin(step.span, frame.chain), sequence)
        self.nodes.append(node)
        self.made[node] = step, frame.scope
        tensors = [Tensor(spec, node, index) for index, spec in enumerate(outputs)]
        extras = {name: Result(tensor) for name, tensor in zip(facts.extras, tensors[len(outputs) - len(facts.extras) :], strict=True)}
        value: Argument = tuple(tensors) if isinstance(facts.output, list) else tensors[0]
        return Result(value, extras, applied=(step, word, Bound(params, call, own), path), label=path)

    def _layer_at(self, path: str, word: Word, call: Any, facts: Facts, frame: Frame, step: Step) -> Layer:
        """The layer of a path; where weights are shared, the one that was made first."""
        own = path
        for prefix, origin in reversed(frame.shared):
            if own == prefix or own.startswith(prefix + "/"):
                own = origin + own[len(prefix) :]
        layer = self.layers.get(own)
        if layer is None:
            layer = self.layers[own] = Layer(own, word.name, call, tuple(facts.weights), frame.trainable)
        elif own == path and self.sink.failed:
            raise Failed  # the name that stands twice was reported
        elif own == path:
            raise self.evaluator.error(frame, "E0212", f"two steps have the path `{path}`", step.word_span, help="name one of them")
        elif layer.weights != tuple(facts.weights):
            there, here = (", ".join(f"{each.name} {each.shape}" for each in weights) for weights in (layer.weights, facts.weights))
            notes = (Note(f"it was made with {there}"), Note(f"here it needs {here}"))
            message = f"`{word.name}` cannot share its weights: they would have other shapes here"
            raise self.evaluator.error(frame, "E0309", message, step.word_span, notes=notes)
        return layer

    def _call_arguments(self, step: Step, entry: Entry, frame: Frame, source: Any) -> dict[str, Argument] | None:
        """The tensors of the call, by argument; None where one of them is known to be wrong already."""
        names = entry.call_arguments
        if source is None:
            if frame.x is None:
                raise self.no_current(step, frame)
            source = frame.x
        given: dict[str, Any]
        if isinstance(source, dict):
            given = source
        elif entry.takes_list or isinstance(source, Result):
            given = {names[0]: source}
        else:
            given = dict(zip(names, source, strict=False))
            if len(source) > len(names):
                raise self._too_many(step, entry, len(source), frame)
        for name in given:
            if name not in names:
                close = nearest(name, names)
                help = f"did you mean `{close}`?" if close else f"it is called with {', '.join(f'`{each}`' for each in names)}"
                raise self.evaluator.error(frame, "E0311", f"`{step.word}` has no call argument `{name}`", _span(step), help=help)
        for name in names[: entry.required_call_arguments]:
            if name not in given:
                help = f"`from: {{{', '.join(f'{each}: ...' for each in names[: entry.required_call_arguments])}}}`"
                raise self.evaluator.error(frame, "E0311", f"`{step.word}` needs the call argument `{name}`", _span(step), help=help)
        results = {name: self.regroup(given[name]) for name in names if name in given}
        if any(result.poisoned for result in results.values()):
            return None
        return {name: self._argument(name, result, step, entry, frame) for name, result in results.items()}

    def _argument(self, name: str, result: Result, step: Step, entry: Entry, frame: Frame) -> Argument:
        wants_list = entry.infer is not None and entry.infer.__annotations__.get(name) == list[TensorSpec]
        value = result.value
        if value is None:
            raise self.no_current(step, frame)
        if wants_list:
            if isinstance(value, Tensor) or not value:
                count = "one" if isinstance(value, Tensor) else "none"
                message = f"`{step.word}` takes a list of tensors, but got {count}"
                raise self.evaluator.error(frame, "E0311", message, _span(step), help="name them: `from: [a, b]`")
            return value
        if isinstance(value, tuple):
            if len(value) == 1:
                return value[0]
            raise self._too_many(step, entry, len(value), frame)
        return value

    def _too_many(self, step: Step, entry: Entry, count: int, frame: Frame) -> Failed:
        names = entry.call_arguments
        takes = "one tensor" if len(names) == 1 else f"at most {len(names)} tensors"
        help = "merge them first, by `add` or `concatenate`; or apply the layer to each with `each:`"
        return self.evaluator.error(frame, "E0311", f"`{step.word}` takes {takes}, but got {count}", _span(step), help=help)

    def _mismatch(self, mismatch: Mismatch, step: Step, arguments: Mapping[str, Argument], frame: Frame) -> Failed:
        span, label = step.word_span, ""
        written = step.arguments.entries if step.arguments is not None else {}
        argument = written.get(mismatch.argument or "")
        if argument is not None:
            span = argument.value.span
        tensors = [tensor for value in arguments.values() for tensor in (value if isinstance(value, tuple) else (value,))]
        if mismatch.code == "E0312":
            label = " and ".join(str(tensor.spec) for tensor in tensors)
        notes = tuple(dict.fromkeys(_origin_note(tensor) for tensor in tensors))
        if mismatch.code == "E0312":
            origins = [note for tensor in tensors for note in self._size_origins(tensor)]
            notes = (*notes, *list(dict.fromkeys(origins))[:4])
        about = argument.value if argument is not None else None
        return self.evaluator.error(frame, mismatch.code, mismatch.message, span, label=label, help=mismatch.help, notes=notes, about=about)

    def _size_origins(self, tensor: Tensor) -> list[Note]:
        """Where the params come from that gave a tensor its shape: those of the last step with expressions, if it is near."""
        node = tensor.node
        for _ in range(6):
            if node is None:
                break
            step, scope = self.made[node]
            notes = value_origins(step.arguments, scope) if step.arguments is not None else []
            if notes or (node.layer.weights[:1] and len(node.layer.weights[0].shape) > 1):
                return notes
            before = next(node.inputs, None)
            node = None if before is None else before.node
        return []


MERGES = ("add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate", "dot")


def _origin_note(tensor: Tensor) -> Note:
    if tensor.node is None:
        return Note(f"{tensor.spec} is the input `{tensor.name}`")
    origin = tensor.node.origin
    return Note(f"{tensor.spec} is the output of `{tensor.node.path}`", own_place(origin.span, origin.chain))


def _infer(entry: Entry, params: Params, arguments: Mapping[str, Argument]) -> Facts:
    assert entry.infer is not None
    specs = {name: [tensor.spec for tensor in value] if isinstance(value, tuple) else value.spec for name, value in arguments.items()}
    return entry.infer(params, **specs)


def _span(step: Step) -> Span:
    return step.source.span if step.source is not None else step.word_span


def _join(path: str, label: str) -> str:
    return f"{path}/{label}" if path else label


def _wrap(name: str, node: Written) -> MapNode:
    from specc.language.syntax import Entry as WrittenEntry

    return MapNode({name: WrittenEntry(node.span, node)}, node.span)


def _needed(outputs: Mapping[str, Argument], nodes: list[Node]) -> tuple[set[Tensor], tuple[Node, ...]]:
    """The tensors and the nodes that the outputs depend on, in order."""
    used: set[Tensor] = set()
    for value in outputs.values():
        used.update(value if isinstance(value, tuple) else (value,))
    producers = {tensor.node for tensor in used}
    kept = []
    for node in reversed(nodes):
        if node in producers:
            kept.append(node)
            used.update(node.inputs)
            producers.update(tensor.node for tensor in node.inputs)
    return used, tuple(reversed(kept))
