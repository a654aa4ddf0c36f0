"""`repeat` as a loop, `each` as a comprehension or a loop over shared layers."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from specc.keras_backend.emission.context import Context, Entry, Variable, layer_name
from specc.keras_backend.emission.expressions import names_in
from specc.keras_backend.emission.references import regrouped
from specc.keras_backend.emission.statements import Assign, Do, For, If, Return, Statement
from specc.keras_backend.emission.steps import StepWriter, moved
from specc.keras_backend.emission.values import TENSOR, Local, Sequence, Value, call
from specc.language.document import Step
from specc.language.expressions import parse
from specc.language.syntax import ListNode, Node, ScalarNode, plain_value

INDICES = ("i", "j", "k", "m", "n")


@dataclass(frozen=True, eq=False)
class Turns:
    """What a loop runs over: a count, values, or results of steps."""

    count: ast.expr | None = None
    values: ast.expr | None = None
    results: Sequence | None = None


def write_repeat(writer: StepWriter, step: Step, context: Context, path: tuple[str | ast.expr, ...]) -> Value:
    turns = _turns(writer, step, context)
    index = writer.names.fresh(*([step.index] if step.index != "i" else INDICES))
    element = writer.names.fresh(step.element, f"{step.element}_item") if step.element else None
    collected = _collection(writer, step, ("items", step))
    target = context.target
    if context.x is not None:
        writer.settle(context.x, target)
        context = context.at(x=moved(context.x, target))
    if collected is not None:
        writer.assign(collected, ast.List([]))
    bound: dict[str, Entry] = {step.index: Variable(ast.Name(index))}
    if step.element and element is not None:
        bound[step.element] = _element(writer, turns, index, element)
    with writer.block() as body:
        value = writer.apply(step, context.at(scope=context.scope.child(bound)), (*path, ast.Name(index)))
        writer.settle(value, target)
        if collected is not None:
            packed = writer.packing.packed(moved(value, target), (step, "*"))
            writer.body.append(Do(call(ast.Attribute(ast.Name(collected), "append"), packed)))
    writer.body.append(_loop(turns, index, element, body))
    for variable in (index, element):
        if variable is not None:
            writer.names.release(variable)

    def items() -> ast.expr:
        asked = writer.needs.ask(("items", step))
        return ast.Name(collected) if asked and collected is not None else ast.Name("_")

    inner = value if not isinstance(value, Local) else Local(ast.Name(target), value.listed, value.inner)
    return _Repeated(inner, target, Sequence(items, (step, "*"), moved(value, target)))


class _Repeated(Value):
    """The last iteration, and all of them."""

    def __init__(self, last: Value, target: str, iterations: Sequence) -> None:
        self.last, self.target, self.iterations = last, target, iterations
        self.listed = last.listed

    def tensor(self) -> ast.expr:
        return ast.Name(self.target)

    def member(self, part: str) -> Value | None:
        return self.last.member(part)

    def items(self) -> Sequence:
        return self.iterations


def _collection(writer: StepWriter, step: Step, key: object) -> str | None:
    if not writer.needs.known_key(key):
        return None
    label = step.name or step.label
    several = f"all_{label}" if label.endswith("s") else f"{label}s"
    if writer.needs.facet_known(step, (), TENSOR):
        return writer.names.fresh(several, f"{label}_items")
    return writer.names.fresh(label, several, f"{label}_items")


def _element(writer: StepWriter, turns: Turns, index: str, element: str) -> Entry:
    if turns.results is not None:
        return writer.packing.unpacked(turns.results, ast.Name(element))
    return Variable(ast.Name(index) if turns.count is not None else ast.Name(element))


def _loop(turns: Turns, index: str, element: str | None, body: list[Statement]) -> For:
    used = _names_read(body)
    if turns.count is not None:
        return For(ast.Name(index if index in used else "_"), call("range", turns.count), body)
    items = turns.values if turns.values is not None else turns.results.where() if turns.results is not None else ast.List([])
    if element is None or element not in used:
        return For(ast.Name(index if index in used else "_"), call("range", call("len", items)), body)
    if index not in used:
        return For(ast.Name(element), items, body)
    return For(ast.Tuple([ast.Name(index), ast.Name(element)]), call("enumerate", items), body)


def _names_read(body: list[Statement]) -> set[str]:
    found: set[str] = set()
    for statement in body:
        match statement:
            case Assign(value=value) | Do(value=value):
                trees = [value]
            case Return(values=values):
                trees = list(values)
            case If(test=test, body=inner):
                trees = [test]
                found |= _names_read(inner)
            case For(items=items, body=inner):
                trees = [items]
                found |= _names_read(inner)
        for tree in trees:
            found |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return found


def _turns(writer: StepWriter, step: Step, context: Context) -> Turns:
    node = step.repeat
    assert node is not None
    if isinstance(node, ListNode):
        if step.element is not None and all(isinstance(plain_value(item), str) for item in node.items) and _names_steps(step):
            return _of_steps(writer, step, context, node)
        return Turns(values=ast.List([writer.translator.value(item, context, step) for item in node.items]))
    assert isinstance(node, ScalarNode)
    if not node.is_expression:
        return Turns(count=ast.Constant(int(node.value)))
    tree = parse(node.value).tree
    found = writer.translator.found(tree, context, step, node)
    if isinstance(found, Value):
        items = found.items()
        if items is None:
            raise writer.translator.refused("a step without items is repeated over", node)
        found = items
    if isinstance(found, Sequence):
        return Turns(results=found)
    if isinstance(found, list):
        return Turns(results=Sequence(lambda: writer.packing.items_expression(found, (step, "of")), (step, "of"), _joined(found)))
    return _of_values(writer, step, context, tree, found, node)


def _of_values(writer: StepWriter, step: Step, context: Context, tree: ast.expr, written: ast.expr, node: Node) -> Turns:
    kinds = {isinstance(value, list) for value in writer.program.profile.values(step, tree)}
    if len(kinds) > 1:
        raise writer.translator.refused("`repeat` is a count here and a list there", node)
    is_list = kinds.pop() if kinds else isinstance(written, ast.List) or _calls(written, "list")
    if is_list:
        # A loop takes a range as it is.
        return Turns(values=written.args[0] if isinstance(written, ast.Call) and _calls(written, "list") else written)
    fraction = writer.translator.may_be_fraction(tree, step, context)
    return Turns(count=call("int", written) if fraction else written)


def _calls(tree: ast.expr, function: str) -> bool:
    return isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == function


def _names_steps(step: Step) -> bool:
    """Whether the variable of a repeat over strings is what `from` or `each` of a step inside names."""

    def inside(steps: tuple[Step, ...]) -> bool:
        for each in steps:
            if step.element in set(names_in(node for node in (each.source, each.each) if node is not None)):
                return True
            if inside(each.body) or any(inside(branch) for branch in each.branches.values()):
                return True
        return False

    return inside((step,))


def _of_steps(writer: StepWriter, step: Step, context: Context, node: ListNode) -> Turns:
    found = []
    for item in node.items:
        assert isinstance(item, ScalarNode)
        one = (
            writer.references.source(item, context, step)
            if not item.is_expression
            else writer.references.of_expression(parse(item.value).tree, context, step, item)
        )
        found.append(regrouped(one))
    return Turns(results=Sequence(lambda: writer.packing.items_expression(found, (step, "of")), (step, "of"), _joined(found)))


class _Any(Value):
    """Stands for any one of several results."""

    def __init__(self, values: list[Value]) -> None:
        self.values, self.listed = values, values[0].listed

    def tensor(self) -> ast.expr:
        return self.values[0].tensor()

    def member(self, part: str) -> Value | None:
        inner = [value.member(part) for value in self.values]
        return _Any([each for each in inner if each is not None]) if all(each is not None for each in inner) else None

    def items(self) -> Sequence | list[Value] | None:
        return None


def _joined(values: list[Value]) -> Value:
    return _Any(values) if values else Local(ast.Name("_"))


# each


def write_each(writer: StepWriter, step: Step, context: Context, path: tuple[str | ast.expr, ...]) -> Value:
    """One step with one set of weights, applied to each of several tensors."""
    assert step.each is not None
    source = writer.references.source(step.each, context, step)
    results = _each_results(source)
    word = context.document.vocabulary.find(step.word) if step.kind == "word" else None
    if word is None or word.entry is None:
        return _each_shared(writer, step, context, path, results)
    lowered = writer.lowering.layer(word, step, context)
    each = ast.Name(writer.names.fresh("each"))
    if lowered.target.is_operation:
        applied: ast.expr = call(writer.lowering.target(lowered.target.target), each, *lowered.args, **lowered.keywords)
    else:
        variable = writer.names.fresh(f"{step.name or step.word}_layer")
        writer.assign(variable, writer.made(lowered, context, path))
        applied = call(ast.Name(variable), each, **lowered.options)
    if writer.program.profile.named_outputs(step):
        applied = ast.Subscript(applied, ast.Constant(0))
    if writer.program.profile.gives_list(step):
        raise writer.translator.refused(f"`each` of `{step.word}`, which gives a list", step.each)
    items = writer.packing.tensors(results)
    writer.assign(context.target, ast.ListComp(applied, [ast.comprehension(each, items, [], 0)]))
    writer.names.release(each.id)
    return Local(ast.Name(context.target), True)


def _each_results(source: object) -> Sequence | list[Value]:
    assert not isinstance(source, dict)
    if isinstance(source, Value):
        return source.items() or [source]
    assert isinstance(source, list)
    return source


def _each_shared(
    writer: StepWriter, step: Step, context: Context, path: tuple[str | ast.expr, ...], results: Sequence | list[Value]
) -> Value:
    """A block, group or model applied to each: layers are made at the first turn and looked up at the others."""
    each = writer.names.fresh("each")
    shared = context.shared
    if shared is None and step.kind != "share":
        shared = ast.Name(writer.names.fresh("shared", f"{step.label}_shared"))
        writer.program.used.add("shared_layers")
        writer.assign(shared.id, call("SharedLayers"))
    collected = _collection(writer, step, ("items", step))
    target = context.target
    inner_target = writer.names.fresh("x", f"{step.label}_output") if target != "x" else writer.names.fresh("y")
    tensors = writer.packing.tensors(results)
    # `x` may be read until the loop is over; a variable of the step's own may not.
    outputs = writer.names.fresh("outputs") if target == "x" else target
    with writer.block() as body:
        inside = context.at(shared=shared, target=inner_target)
        value = writer.apply(step, inside, path, Local(ast.Name(each)))
        tensor = value.tensor()
        writer.body.append(Do(call(ast.Attribute(ast.Name(outputs), "extend" if value.listed else "append"), tensor)))
        if collected is not None:
            writer.body.append(Do(call(ast.Attribute(ast.Name(collected), "append"), writer.packing.packed(value, (step, "*")))))
    if collected is None and len(body) == 2 and isinstance(body[0], Assign) and len(body[0].targets) == 1 and not value.listed:
        writer.assign(target, ast.ListComp(body[0].value, [ast.comprehension(ast.Name(each), tensors, [], 0)]))
    else:
        for variable in (outputs, collected):
            if variable is not None:
                writer.assign(variable, ast.List([]))
        writer.body.append(For(ast.Name(each), tensors, body))
        writer.assign(target, ast.Name(outputs))
    for variable in (each, inner_target, *([outputs] if outputs != target else [])):
        writer.names.release(variable)

    def items() -> ast.expr:
        asked = writer.needs.ask(("items", step))
        return ast.Name(collected) if asked and collected is not None else ast.Name("_")

    return _EachResult(target, Sequence(items, (step, "*"), value))


class _EachResult(Value):
    """The list of what each gave."""

    listed = True

    def __init__(self, target: str, iterations: Sequence) -> None:
        self.target, self.iterations = target, iterations

    def tensor(self) -> ast.expr:
        return ast.Name(self.target)

    def items(self) -> Sequence:
        return self.iterations


__all__ = ["layer_name", "write_each", "write_repeat"]
