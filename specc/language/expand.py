"""A document run to its graph: blocks entered, repeats unrolled, `when` decided, shapes and costs inferred."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from specc.diagnostics import Sink, SpecError
from specc.graph import Argument, Graph, Group, Layer, Node, Tensor
from specc.language import models
from specc.language.block_calls import apply_again, apply_block, block_inputs
from specc.language.document import Block, Document, Step, names_in_scope
from specc.language.documents import declared_inputs, open_document
from specc.language.evaluation import Evaluator, Exhausted, Failed, Frame
from specc.language.expressions import describe
from specc.language.layer_calls import apply_layer
from specc.language.limits import MAX_DEPTH, first_round, surely_too_large
from specc.language.scope import POISON, Result, Scope
from specc.language.spelling import MAX_STEPS
from specc.language.syntax import Node as Written
from specc.language.syntax import ScalarNode
from specc.language.vocabulary import ParamDeclaration
from specc.registry.entry import nearest


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
    """Runs the steps of one graph. Layers, blocks and models are applied by the modules named after them."""

    def __init__(self, training: bool, sink: Sink) -> None:
        self.sink = sink
        self.training = training
        self.evaluator = Evaluator(sink, training)
        self.nodes: list[Node] = []
        self.layers: dict[str, Layer] = {}
        self.groups: dict[str, Group] = {}
        self.applied = 0
        self.made: dict[Node, tuple[Step, Scope]] = {}
        self.documents: dict[Path, Document | SpecError] = {}
        self.met: set[tuple[ParamDeclaration, str]] = set()

    # The whole

    def graph(self, document: Document) -> Graph:
        scope = Scope("")
        frame = open_document(self, document, scope, {})
        inputs = declared_inputs(self, document, frame)
        frame = self._with_inputs(frame, inputs)
        crossing = surely_too_large(document, scope)
        if crossing is not None:
            raise self._exhausted(crossing, frame)
        frame = self.run_all(document.steps, frame)
        outputs = self._heads(document, frame) or {"output": frame.x}
        given = {name: result.value for name, result in outputs.items() if result is not None and result.value is not None}
        if not self.sink.failed:
            self._require_outputs(document, given)
        tensors = {name: result.value for name, result in inputs.items() if isinstance(result.value, Tensor)}
        used, nodes, dropped = _needed(given, self.nodes)
        inputs_used = {name: tensor for name, tensor in tensors.items() if tensor in used or not given}
        switched_off = frozenset(document.heads.keys() - outputs.keys())
        return Graph(document.name, inputs_used, nodes, given, self.training, self.groups, dropped, switched_off)

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

    def announce(self, steps: Iterable[Step], scope: Scope) -> None:
        for step in names_in_scope(steps):
            if step.name is not None:
                scope.later[step.name] = step.name_span or step.span
            else:
                scope.unnamed[step.label] = step.word_span

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
        """The name of a step that is not there stands for the step's input, if it has just one; names inside it for nothing."""
        for inner in names_in_scope(step.body) if not step.opens_scope else ():
            if inner.name is not None:
                frame.scope.off[inner.name] = inner.name_span or inner.span
        if step.name is None:
            return
        frame.scope.off[step.name] = step.name_span or step.span
        stand_in = frame.x if step.source is None else None
        if isinstance(step.source, ScalarNode):
            try:
                found = Evaluator(Sink(), self.training).source(step.source, frame)
                stand_in = found if isinstance(found, Result) else None
            except Failed:
                stand_in = None
        if stand_in is not None:
            frame.scope.steps[step.name] = stand_in

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
        self.groups[path] = Group("repeat", step.word)
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
            passed = frame.x if frame.x is not None else Result(None)
            return POISON if passed.poisoned else Result(passed.value, passed.inner, [], label=path, repeated=True)
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
        self.groups[path] = Group("each", step.word)
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
            raise self._exhausted(step, frame)
        if step.kind == "share":
            return apply_again(self, step, frame, path, given)
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
            return apply_layer(self, step, word, word.entry, frame, path, source)
        return apply_block(self, step, word, frame, path, source)

    def _exhausted(self, step: Step, frame: Frame) -> Exhausted:
        self.evaluator.error(frame, "E0207", f"the network has more than {MAX_STEPS:,} steps", step.word_span)
        return Exhausted()

    def deeper(self, step: Step, frame: Frame) -> int:
        """The depth inside a step."""
        if frame.depth >= MAX_DEPTH:
            message, help, span = f"blocks and groups are nested more than {MAX_DEPTH} deep", None, step.word_span
            chain, inside_itself = first_round(frame.chain)
            if inside_itself is not None:
                what, name = inside_itself[0].split("`")[:2]
                message, span = f"the {what.removeprefix('in ')}`{name}` contains itself, more than {MAX_DEPTH} deep", inside_itself[1]
                help = "it never ends, unless a `when` ends it"
            self.evaluator.error(frame.at(chain=chain), "E0207", message, span, help=help)
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
            self.announce(step.body, scope)
            inside = inside.at(scope=scope)
            self.groups[path] = Group(step.kind, step.word)
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
        self.groups[path] = Group("parallel", step.word)
        for name, steps in step.branches.items():
            scope = frame.scope.child(_join(path, name))
            self.groups[scope.path] = Group("branch", name)
            self.announce(steps, scope)
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
        return apply_layer(self, merging, word, word.entry, frame, path, inputs)

    def block_inputs(self, step: Step, block: Block, frame: Frame, source: Any) -> dict[str, Result]:
        """What a block works on, by the names of its inputs."""
        return block_inputs(self, step, block, frame, source)

    def no_current(self, step: Step, frame: Frame) -> Failed:
        help = "name one of the inputs with `from:`" if len(frame.scope.steps) else "name one with `from:`"
        return self.evaluator.error(frame, "E0306", f"`{step.word}` has no current tensor to work on", step.word_span, help=help)


MERGES = ("add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate", "dot")


def _join(path: str, label: str) -> str:
    return f"{path}/{label}" if path else label


def _needed(outputs: Mapping[str, Argument], nodes: list[Node]) -> tuple[set[Tensor], tuple[Node, ...], tuple[Node, ...]]:
    """The tensors and the nodes that the outputs depend on, and the other nodes, in order."""
    used: set[Tensor] = set()
    for value in outputs.values():
        used.update(value if isinstance(value, tuple) else (value,))
    producers = {tensor.node for tensor in used}
    kept, dropped = [], []
    for node in reversed(nodes):
        if node in producers:
            kept.append(node)
            used.update(node.inputs)
            producers.update(tensor.node for tensor in node.inputs)
        else:
            dropped.append(node)
    return used, tuple(reversed(kept)), tuple(reversed(dropped))
