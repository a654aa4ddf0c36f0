"""The model's own function: inputs, steps, heads, and the `keras.Model` that they make."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from specc.graph import Graph
from specc.keras_backend.emission.context import Context, Scope, Variable
from specc.keras_backend.emission.expressions import divides, names_in
from specc.keras_backend.emission.naming import Names
from specc.keras_backend.emission.statements import Assign, Function, If, Return
from specc.keras_backend.emission.steps import StepWriter
from specc.keras_backend.emission.values import MISSING, TENSOR, Local, Named, Value, call
from specc.language.document import Document, InputDeclaration, Step
from specc.language.expressions import parse
from specc.language.syntax import ListNode, Node, ScalarNode

if TYPE_CHECKING:
    from specc.keras_backend.emission.program import Program

MAIN = ("main",)


def write_model(program: Program) -> Function:
    """The function that makes the model."""
    document = program.spec.document
    function = Function(program.function_names[MAIN], [], [], _documented(document))
    others = set(program.function_names.values()) - {function.name}
    names = Names({*others, *program.own_names, "training", "x"})
    scope = Scope()
    for name, declared in document.params.items():
        variable = names.fresh(name)
        scope.names[name] = Variable(ast.Name(variable), param=name)
        function.arguments.append((variable, None if declared.required else program.functions.default(MAIN, declared)))
    function.arguments.sort(key=lambda argument: argument[1] is not None)
    if program.needs.known_key(("training", MAIN)):
        function.arguments.append(("training", ast.Constant(False)))
    writer = StepWriter(program, names)
    context = Context(MAIN, document, scope, scope, None, "x")
    program.functions.computed_defaults(writer, document.params, context)
    inputs = _inputs(writer, context)
    alone = _alone(document, inputs)
    after = writer.run_all(document.steps, context.at(x=alone, input=alone))
    _finish(writer, after, inputs)
    function.body = writer.body
    return function


def _documented(document: Document) -> list[str]:
    from specc.keras_backend.emission.functions import described

    doc = described(document.summary, document.reference)
    arguments = [f"    {name}: {' '.join(declared.doc.split())}" for name, declared in document.params.items() if declared.doc]
    if not arguments:
        return doc
    return [*(doc or [document.name]), "", "Args:", *arguments]


def _inputs(writer: StepWriter, context: Context) -> dict[str, ast.expr]:
    """`keras.Input`s, each in a variable of its name."""
    found: dict[str, ast.expr] = {}
    graphs = _graphs(writer)
    for name, declared in context.document.inputs.items():
        owner = ("main input", name)
        used = _depends_on_params(declared) or any(name in graph.inputs for graph in graphs)
        if not used and not writer.needs.facet_known(owner, (), TENSOR):
            # Steps that no output needs may still speak of it; then it is there from the next round on.
            context.scope.names[name] = Named(owner, Local(MISSING), writer.needs, None)
            continue
        variable = writer.names.fresh(name, f"{name}_input")
        keywords: dict[str, ast.expr] = {} if declared.dtype == "float32" else {"dtype": ast.Constant(declared.dtype)}
        shape = _shape(writer, declared, context)
        made = Assign((ast.Name(variable),), call("keras.Input", shape, **keywords, name=ast.Constant(name)))
        if declared.when is None:
            writer.body.append(made)
        else:
            writer.input_tests[name] = writer.translator.value(declared.when, context)
            writer.body.append(If(writer.input_tests[name], [made]))
        found[name] = ast.Name(variable)
        context.scope.names[name] = Local(ast.Name(variable))
    return found


def _graphs(writer: StepWriter) -> list[Graph]:
    spec = writer.program.spec
    return [spec.graph(training=False), spec.graph(training=True)]


def _shape(writer: StepWriter, declared: InputDeclaration, context: Context) -> ast.expr:
    node: Node = declared.shape
    if isinstance(node, ListNode):
        return ast.Tuple([_whole(item, writer.translator.value(item, context)) for item in node.items])
    return writer.translator.value(node, context)


def _whole(node: Node, written: ast.expr) -> ast.expr:
    if isinstance(node, ScalarNode) and node.is_expression and divides(parse(node.value).tree):
        return call("int", written)
    return ast.Constant(int(written.value)) if isinstance(written, ast.Constant) and isinstance(written.value, float) else written


def _alone(document: Document, inputs: dict[str, ast.expr]) -> Value | None:
    """The only input, of which the first steps begin."""
    always = [name for name, declared in document.inputs.items() if declared.when is None and name in inputs]
    if len(document.inputs) == 1 or len(always) == 1:
        name = always[0] if always else next(iter(inputs))
        return Local(inputs[name])
    return None


# Outputs


def _finish(writer: StepWriter, context: Context, inputs: dict[str, ast.expr]) -> None:
    document = context.document
    name = ast.Constant(document.name.replace("/", "-"))
    given = _given_inputs(writer, inputs)
    heads = list(document.heads.values())
    if len(heads) == 1 and heads[0].when is not None and context.x is not None:
        # Where it is not there the output is the last step, as if the head were a step.
        context = writer.run_all(heads, context)
        heads = []
    if heads:
        outputs = _heads(writer, context)
    else:
        assert context.x is not None
        outputs = context.x.tensor()
    writer.body.append(Return((call("keras.Model", given, outputs, name=name),)))


def _given_inputs(writer: StepWriter, inputs: dict[str, ast.expr]) -> ast.expr:
    """The model's inputs: those that its outputs depend on, in each of the two graphs."""
    declared = writer.program.spec.document.inputs
    if any(_depends_on_params(declared[name]) for name in inputs):
        return _collected_inputs(writer, inputs)
    inference, training = ([name for name in inputs if name in graph.inputs] for graph in _graphs(writer))
    written = [_named_tensors({name: inputs[name] for name in names}) for names in (training, inference)]
    if inference == training:
        return written[0]
    writer.needs.ask(("training", MAIN))
    return ast.IfExp(ast.Name("training"), written[0], written[1])


def _depends_on_params(declared: InputDeclaration) -> bool:
    return declared.when is not None and not set(names_in(iter([declared.when]))) <= {"training"}


def _collected_inputs(writer: StepWriter, inputs: dict[str, ast.expr]) -> ast.expr:
    """The model's inputs, where params decide which there are."""
    document = writer.program.spec.document
    graphs = _graphs(writer)
    always = [name for name in inputs if document.inputs[name].when is None and any(name in graph.inputs for graph in graphs)]
    variable = writer.names.fresh("inputs")
    writer.assign(variable, ast.Dict([ast.Constant(name) for name in always], [inputs[name] for name in always]))
    for name, where in inputs.items():
        when = document.inputs[name].when
        if when is not None:
            entry = ast.Subscript(ast.Name(variable), ast.Constant(name))
            writer.body.append(If(writer.input_tests[name], [Assign((entry,), where)]))
    if len(always) > 1:
        return ast.Name(variable)
    return _alone_or_all(variable)


def _alone_or_all(variable: str, *otherwise: ast.expr) -> ast.expr:
    """The only value of a dict, or the whole; `otherwise` stands for one that is empty."""
    several = ast.Compare(call("len", ast.Name(variable)), [ast.Gt()], [ast.Constant(1)])
    values = call(ast.Attribute(ast.Name(variable), "values"))
    return ast.IfExp(several, ast.Name(variable), call("next", call("iter", values), *otherwise))


def _named_tensors(tensors: dict[str, ast.expr]) -> ast.expr:
    """One tensor as itself, several by name."""
    if len(tensors) == 1:
        return next(iter(tensors.values()))
    return ast.Dict([ast.Constant(name) for name in tensors], list(tensors.values()))


def _heads(writer: StepWriter, context: Context) -> ast.expr:
    """Writes the heads; gives the model's outputs."""
    heads = context.document.heads
    if all(head.when is None for head in heads.values()):
        return _named_tensors({name: _head(writer, head, name, context) for name, head in heads.items()})
    always = [name for name, head in heads.items() if head.when is None]
    outputs = writer.names.fresh("outputs")
    begun = False
    first: dict[str, ast.expr] = {}
    for name, head in heads.items():
        if not begun and head.when is None:
            first[name] = _head(writer, head, name, context)
            continue
        if not begun:
            writer.assign(outputs, ast.Dict([ast.Constant(key) for key in first], list(first.values())))
            begun = True
        _head_among(writer, head, name, context, outputs)
    if len(always) > 1:
        return ast.Name(outputs)
    if not always and context.x is not None:
        return _alone_or_all(outputs, context.x.tensor())
    return _one_or_several(context, outputs, first, writer)


def _one_or_several(context: Context, outputs: str, first: dict[str, ast.expr], writer: StepWriter) -> ast.expr:
    tests = [head.when.value for head in context.document.heads.values() if isinstance(head.when, ScalarNode)]
    if len(set(tests)) == 1 and len(first) == 1 and isinstance(parse(str(tests[0])).tree, ast.Name):
        test = writer.translator.data(parse(str(tests[0])).tree, context, None, context.document.root)
        return ast.IfExp(test, ast.Name(outputs), next(iter(first.values())))
    return _alone_or_all(outputs)


def _head(writer: StepWriter, head: Step, name: str, context: Context) -> ast.expr:
    variable = writer.names.fresh(name, f"{name}_output")
    value = writer.result(head, context.at(target=variable))
    context.scope.names[name] = value
    return value.tensor()


def _head_among(writer: StepWriter, head: Step, name: str, context: Context, outputs: str) -> None:
    """A head of which it is not known whether it is there."""
    with writer.block() as body:
        where = _head(writer, head, name, context)
        last = body[-1] if body else None
        entry = ast.Subscript(ast.Name(outputs), ast.Constant(name))
        if isinstance(last, Assign) and len(last.targets) == 1 and ast.dump(last.targets[0]) == ast.dump(where):
            body[-1] = Assign((entry,), last.value)
            context.scope.names[name] = Local(entry)
        else:
            body.append(Assign((entry,), where))
    if head.when is None:
        writer.body += body
    else:
        writer.body.append(If(writer.translator.value(head.when, context, head), body))
