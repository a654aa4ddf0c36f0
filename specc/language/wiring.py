"""Which head each loss looks at, which field of the data it is compared with, and which fields feed the inputs.

Known from the graph and the declared data alone, so that `check` finds a mistake before anything runs. What only the
data can tell (a data set handed in from Python) is checked by the same functions once it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from specc.diagnostics import Note, Sink, Span
from specc.graph import Argument, Graph, KerasCall, Node, Tensor
from specc.language.roles import check_roles, listed
from specc.registry.data.fields import BY_OBJECT, Field
from specc.registry.entry import Choice, nearest
from specc.registry.experiment import Stage
from specc.registry.objectives.losses import loss_params

if TYPE_CHECKING:
    from specc.language.document import Document
    from specc.registry.experiment import Experiment

Scores = Literal["logits", "softmax", "sigmoid"]
Fields = Mapping[str, Field]
SpanOf = Callable[..., Span | None]

# Words that leave it to their input whether values are probabilities.
_TRANSPARENT = frozenset(
    {
        "reshape", "flatten", "permute", "squeeze", "expand_dims", "transpose", "swapaxes", "moveaxis", "flip", "roll", "take", "slice",
        "split", "unstack", "stack", "identity", "dropout", "cast", "stop_gradient", "up_sampling2d",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wired:
    """A loss with what it compares.

    Args:
        head: the model's output.
        target: the batch's field; empty where no data are known yet.
        scores: what the head gives.
        loss: the loss with its arguments.
    """

    head: str
    target: str
    scores: Scores
    loss: Choice

    @property
    def sample_weight(self) -> str | None:
        """The field that says how much each example counts."""
        return loss_params(self.loss).sample_weight


def nowhere(*path: str | int) -> Span | None:
    """The place of a key where there is no text."""
    return None


def wire(
    graph: Graph,
    train: Stage,
    fields: Fields | None,
    *,
    sink: Sink | None = None,
    span_of: SpanOf = nowhere,
    key: tuple[str | int, ...] = ("train",),
) -> tuple[Wired, ...]:
    """Every loss with its head and its target. An objective over the whole model has none; its outputs and targets are checked.

    Args:
        graph: the training graph.
        train: the section `train`, or a stage of it.
        fields: the batch's fields; None where the data are not known yet.
        sink: where errors go; without it they are raised together.
        span_of: finds the place of a key, `span_of("train", "losses", "logits")`.
        key: where the section stands.

    Raises:
        SpecError: where no sink is given.
    """
    found = Sink() if sink is None else sink
    wired = []
    if train.objective is not None and is_whole(train):
        free = None if fields is None else [name for name, field in fields.items() if name not in graph.inputs and not field.is_text]
        check_roles(train.objective, graph.outputs, free, found, span_of, (*key, "objective"))
        losses = {}
    else:
        losses = _losses(graph, train, found, span_of, key)
        if sink is None and train.losses and not losses and not found.failed:
            found.error("E0501", "every head that has a loss is switched off, so nothing is learned", span_of(*key, "losses"))
    for head, (loss, path) in losses.items():
        target = "" if fields is None else _target(graph, head, loss, fields, len(train.losses) < 2, found, span_of, path)
        if target is None:
            continue
        one = Wired(head, target, scores_of(graph.outputs[head]), loss)
        _check_shapes(graph, one, None if fields is None else fields[target], found, span_of, path)
        _check_weights(graph, one, fields, found, span_of, path)
        wired.append(one)
    if sink is None:
        found.raise_errors()
    return tuple(wired)


def is_whole(train: Stage) -> bool:
    """Whether an objective over the whole model was chosen, in place of losses of heads."""
    return train.objective is not None and train.objective.entry.family == "objective" and not train.losses


def _losses(
    graph: Graph, train: Stage, sink: Sink, span_of: SpanOf, key: tuple[str | int, ...]
) -> dict[str, tuple[Choice, tuple[str | int, ...]]]:
    """The loss of each head, with the path of its key."""
    heads = list(graph.outputs)
    if train.objective is not None and train.losses:
        sink.error("E0502", "`train` has both `objective` and `losses`", span_of(*key, "objective"), help="keep one of them")
        return {}
    if train.objective is not None:
        if len(heads) == 1:
            return {heads[0]: (train.objective, (*key, "objective"))}
        name = train.objective.name
        each = ", ".join(f"{head}: {name}" for head in heads)
        message = f"`objective: {name}` is a loss of one head, but the model has {listed(heads)}"
        sink.error("E0502", message, span_of(*key, "objective"), help=f"give each head its loss: `losses: {{{each}}}`")
        return {}
    if not train.losses:
        help = "`objective: softmax_cross_entropy` for classes; `specc list losses` names them all"
        sink.error("E0501", "`train` needs a loss: an `objective`, or `losses` by head", span_of(*key), help=help)
    known: dict[str, tuple[Choice, tuple[str | int, ...]]] = {}
    for head, loss in train.losses.items():
        if head in graph.outputs:
            known[head] = (loss, (*key, "losses", head))
            continue
        if head in graph.switched_off:
            continue
        close = nearest(head, heads)
        help = f"did you mean `{close}`?" if close else f"the heads are {listed(heads)}"
        sink.error("E0501", f"no head is named `{head}`", span_of(*key, "losses", head), help=help)
    return known


def _target(
    graph: Graph, head: str, loss: Choice, fields: Fields, alone: bool, sink: Sink, span_of: SpanOf, path: tuple[str | int, ...]
) -> str | None:
    """The field that a loss is compared with: asked for, named like the head, or the only one that feeds no input."""
    asked, weighing = loss_params(loss).target, loss_params(loss).sample_weight
    if weighing is not None and weighing not in fields:
        _no_field(weighing, fields, sink, span_of(*path, loss.name, "sample_weight") or span_of(*path))
        return None
    free = [name for name, field in fields.items() if name not in graph.inputs and name != weighing and not field.is_text]
    if asked is not None:
        if asked in fields:
            return asked
        _no_field(asked, fields, sink, span_of(*path, loss.name, "target") or span_of(*path))
        return None
    if head in fields and head not in graph.inputs:
        return head
    if len(free) == 1:
        return free[0]
    what = f"fields beside the inputs: {listed(free)}" if free else "no field beside those that feed the inputs"
    message = f"`{loss.name}` of head `{head}` has no target that is named like it, and the data have {what}"
    sink.error("E0503", message, span_of(*path), help=_help_with_target(graph, head, loss, {name: fields[name] for name in free}))
    return None


def _help_with_target(graph: Graph, head: str, loss: Choice, free: Fields) -> str:
    """What to do where a loss has no target: which of the free fields is meant, or what it must be."""
    if not free:
        return "the data need labels"
    output = graph.outputs[head]
    if not isinstance(output, Tensor):
        return f"`{loss.name}` compares one tensor, but head `{head}` is a list of them"
    fitting = [name for name, field in free.items() if _can_be_target(graph, Wired(head, name, "logits", loss), field)]
    of_classes = loss_params(loss).labels is not None  # of what fits, whole numbers are classes, and floats are values
    likely = [name for name in fitting if (free[name].is_integer or free[name].classes is not None) == of_classes] or fitting
    if likely:
        return f"name it: `{{{loss.name}: {{target: {nearest(head, likely) or likely[0]}}}}}`"
    return f"none of them can be its target, which must be {_wanted(output.spec.shape, loss)}"


def _can_be_target(graph: Graph, wired: Wired, field: Field) -> bool:
    """Whether a loss can compare its head with a field: of classes with whole numbers, or a value for each score."""
    output, trial = graph.outputs[wired.head], Sink()
    _check_shapes(graph, wired, field, trial, nowhere, ())
    if trial.failed or not isinstance(output, Tensor) or (field.kind in BY_OBJECT and output.spec.rank == 2):
        return False
    labels = field.is_integer or field.classes is not None or (field.kind == "value" and field.spec.rank == output.spec.rank)
    return loss_params(wired.loss).labels is None or labels


def _no_field(name: str, fields: Fields, sink: Sink, span: Span | None) -> None:
    close = nearest(name, fields)
    help = f"did you mean `{close}`?" if close else None
    sink.error("E0503", f"the data have no field `{name}`; they have {listed(fields)}", span, help=help)


def _check_weights(graph: Graph, wired: Wired, fields: Fields | None, sink: Sink, span_of: SpanOf, path: tuple[str | int, ...]) -> None:
    """Reports weights of classes or of examples that do not fit the head."""
    output, params = graph.outputs[wired.head], loss_params(wired.loss)
    if not isinstance(output, Tensor):
        return
    shape, classes = output.spec.shape, getattr(params, "class_weight", None)
    if classes is not None and shape[-1] is not None and len(classes) != shape[-1]:
        message = f"`class_weight` has {len(classes)} weights, but head `{wired.head}` has {shape[-1]} classes"
        sink.error("E0504", message, span_of(*path, wired.loss.name, "class_weight") or span_of(*path), help="give one for each class")
    name = params.sample_weight
    if name is None or fields is None:
        return
    span = span_of(*path, wired.loss.name, "sample_weight") or span_of(*path)
    given = fields[name].spec.shape
    if len(given) != 1 and not (params.by_position and comparable((*shape[:-1], 1), given, False)):
        message = f"`{name}`, {fields[name].spec}, cannot weigh the losses of head `{wired.head}`, {output.spec}"
        positions = f", or a shape of {_sizes(shape[:-1])}" if params.by_position and len(shape) > 2 else ""
        sink.error("E0504", message, span, help=f"it has one number for each example{positions}")


def scores_of(output: Argument) -> Scores:
    """Whether a head gives logits or probabilities, read from the node that makes it."""
    tensor = output if isinstance(output, Tensor) else output[0]
    while tensor.node is not None:
        activation = _activation(tensor.node)
        if activation is not None:
            return "softmax" if activation == "softmax" else "sigmoid" if activation == "sigmoid" else "logits"
        tensor = next(tensor.node.inputs)
    return "logits"


def _activation(node: Node) -> str | None:
    """The name of the function that a node ends with; None where its input decides."""
    word, call = node.layer.word, node.layer.call
    if word in _TRANSPARENT:
        return None
    if word in ("softmax", "sigmoid"):
        return word
    given = call.kwargs.get("activation", call.args[0] if word == "activation" and call.args else "linear")
    if isinstance(given, KerasCall):  # a function with arguments: a layer of Keras's, or ours that is made with the name
        given = given.args[0] if given.args else given.target.rpartition(".")[2].lower()
    return None if word == "activation" and given == "linear" else str(given)


def _check_shapes(graph: Graph, wired: Wired, field: Field | None, sink: Sink, span_of: SpanOf, path: tuple[str | int, ...]) -> None:
    """Reports a head and a target that cannot be compared."""
    output = graph.outputs[wired.head]
    if not isinstance(output, Tensor):
        sink.error("E0504", f"head `{wired.head}` is a list of tensors; `{wired.loss.name}` compares one", span_of(*path))
        return
    kind, shape, span = loss_params(wired.loss).labels, output.spec.shape, span_of(*path)
    units = shape[-1]
    if kind == "classes" and units == 1 and len(shape) > 1:
        message = f"`{wired.loss.name}` needs a score for each class, but head `{wired.head}` gives one, {output.spec}"
        sink.error("E0504", message, span, help="for two classes and one score use `sigmoid_cross_entropy`")
        return
    if field is None:
        return
    if kind is not None and field.kind == "object" and len(shape) == 2:
        message = f"`{wired.target}` has an entry for each object of an example, but head `{wired.head}` gives one answer, {output.spec}"
        sink.error("E0504", message, span, help="take a field with one label for each example")
        return
    if (
        kind is not None
        and field.classes is not None
        and units is not None
        and not (units == field.classes or (units == 1 and field.classes == 2))
        and not (field.kind == "tokens" and units > field.classes)
    ):
        message = f"`{wired.target}` has {field.classes} classes, but head `{wired.head}` gives {units} scores"
        notes = _places(("the head is at", span_of("heads", wired.head)), ("the labels come from", span_of("data", "train", "source")))
        sink.error("E0504", message, span, help=f"give the head {field.classes} units", notes=notes)
        return
    if not comparable(shape, field.spec.shape, kind is not None):
        message = f"`{wired.loss.name}` cannot compare head `{wired.head}`, {output.spec}, with `{wired.target}`, {field.spec}"
        sink.error("E0504", message, span, help=f"the target must be {_wanted(shape, wired.loss)}")


def _wanted(shape: tuple[int | None, ...], loss: Choice) -> str:
    """The shapes of what a loss compares with scores of a shape."""
    return _sizes(shape) if loss_params(loss).labels is None else f"integers {_sizes(shape[:-1])} or {_sizes(shape)}"


def comparable(scores: tuple[int | None, ...], target: tuple[int | None, ...], classes: bool) -> bool:
    """Whether a target fits a head: the same shape, without a last axis of 1, or for classes without the last axis."""
    if len(scores) == len(target) and all(a is None or b is None or a == b for a, b in zip(scores, target, strict=True)):
        return True
    if not classes and scores[-1:] != (1,):
        return False
    if len(target) == len(scores) and target[-1:] == (1,):
        target = target[:-1]
    return len(target) == len(scores) - 1 and all(a is None or b is None or a == b for a, b in zip(scores, target))


def check_feeding(
    graph: Graph,
    fields: Fields,
    *,
    sink: Sink | None = None,
    span_of: SpanOf = nowhere,
    path: tuple[str | int, ...] = ("data", "train"),
    strict: bool = False,
    own_sizes: Collection[str] = (),
) -> None:
    """Reports inputs of the model that no field feeds, or one of another shape. Raises SpecError where no sink is given.

    Args:
        path: the key of the pipeline, or of a kind of views.
        strict: whether sizes that are not known are reported where the input has one size: once data are open, they differ from
            example to example.
        own_sizes: fields whose sizes surely differ, strict or not.
    """
    found = Sink() if sink is None else sink
    span = span_of(*path, "source") or span_of(*path)
    for name, tensor in graph.inputs.items():
        field = fields.get(name)
        if field is None:
            message = f"no field of the data is named like the input `{name}`; they have {listed(fields)}"
            found.error("E0505", message, span, help="an input takes the field of its own name: rename the input, or the field")
        elif not _fits(tensor.spec.shape[1:], field.spec.shape[1:], strict or name in own_sizes):
            message = f"`{name}` of the data is {field.spec}, but the input takes {tensor.spec}"
            notes = _places(("the input is declared at", span_of("inputs", name)))
            found.error("E0506", message, span, help=_resize(tensor.spec.shape, field.spec.shape), notes=notes)
    if sink is None:
        found.raise_errors()


def _places(*known: tuple[str, Span | None]) -> list[Note]:
    """Notes about places, of those that there are."""
    return [Note(text, span) for text, span in known if span is not None]


def _fits(wanted: tuple[int | None, ...], given: tuple[int | None, ...], strict: bool) -> bool:
    """Whether tensors of one shape can be fed where the other is taken."""
    return len(wanted) == len(given) and all(a is None or a == b or (b is None and not strict) for a, b in zip(wanted, given))


def _resize(wanted: tuple[int | None, ...], given: tuple[int | None, ...]) -> str:
    if len(wanted) == len(given) == 4 and wanted[-1] == given[-1] and None not in wanted[1:3]:
        return f"add `transforms: [{{resize: [{wanted[1]}, {wanted[2]}]}}]`, or change the input"
    return f"change the input to {_sizes(given)}"


def _own_sizes(fields: Fields) -> set[str]:
    """The images that are each of their own size, as a source gives them: their channels are known without reading any, but not their
    height or width. Where nothing is known, a file has images of one size, which only reading it tells."""
    shapes = {name: field.spec.shape for name, field in fields.items() if field.kind == "image"}
    return {name for name, shape in shapes.items() if shape[-1] is not None and None in shape[1:-1]}


def check_wiring(document: Document, graph: Graph, experiment: Experiment, sink: Sink) -> None:
    """Reports what is wrong between network, data and losses, as far as it is known without reading data.

    Args:
        graph: the training graph.
    """

    span_of = document.span_of
    known: dict[str, Fields | None] = {}
    for part in ("train", "validation", "test"):
        pipeline = getattr(experiment.data, part)
        views = None if pipeline is None else pipeline.known_views()
        known[part] = None if views is None else views[0]
        # Inputs that are there only while learning are not fed when the model is measured.
        if views is not None and (part == "train" or not graph.training):
            for number, fields in {str(view): (number, view) for number, view in reversed([*enumerate(views)])}.values():
                path = ("data", part, *(("views", number) if pipeline.views else ()))
                check_feeding(graph, fields, sink=sink, span_of=span_of, path=path, own_sizes=_own_sizes(pipeline.given_fields() or {}))
    fields = known["train"]
    if fields is not None and not all(name in fields for name in graph.inputs):
        fields = None  # Which field is left over for a loss is not known before every input has its own.
    train = experiment.train
    own = [
        number
        for number in range(len(train.stages))
        if any(document.says("train", "stages", number, key) for key in ("objective", "losses"))
    ]
    for number in own:
        wire(graph, train.stages[number], fields, sink=sink, span_of=span_of, key=("train", "stages", number))
    if train.objective is not None or train.losses or len(own) < max(len(train.stages), 1):
        wire(graph, train, fields, sink=sink, span_of=span_of)


def _sizes(shape: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("?" if size is None else str(size) for size in shape) + ("," if len(shape) == 1 else "") + ")"
