"""A document opened: its params have their values, its inputs their shapes, its names are known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from specc.diagnostics import Note, Sink
from specc.graph import Tensor, TensorSpec
from specc.language.document import Document
from specc.language.evaluation import Failed, Frame
from specc.language.schema import DTYPES, SHAPE
from specc.language.scope import POISON, Given, Result, Scope
from specc.language.syntax import Entry, MapNode
from specc.language.syntax import Node as Written
from specc.language.validation import check_values, validator_of
from specc.language.vocabulary import ParamDeclaration

if TYPE_CHECKING:
    from specc.language.expand import Expander


def open_document(
    expander: Expander, document: Document, scope: Scope, given: Mapping[str, Any], origins: Mapping[str, Given] | None = None
) -> Frame:
    """A frame in which the document's params have their values and its names are known."""
    frame = Frame(document, scope, scope, None, None)
    assign_params(expander, document.params, given, scope, frame, origins)
    expander.announce(document.steps, scope)
    for name, head in document.heads.items():
        scope.later[name] = head.name_span or head.span
    return frame


def assign_params(
    expander: Expander,
    declared: Mapping[str, ParamDeclaration],
    given: Mapping[str, Any],
    scope: Scope,
    frame: Frame,
    origins: Mapping[str, Given] | None = None,
) -> None:
    """Params in order, so that a default can be an expression over earlier ones.

    Args:
        origins: where the given values come from.
    """
    for name, declaration in declared.items():
        if origins is not None and name in origins:
            scope.origins[name] = origins[name]
        elif declaration.default is not None:
            scope.origins[name] = Given(declaration.default, scope)
        if declaration.faulty:
            scope.values[name] = POISON
        elif name in given:
            scope.values[name] = given[name]
        elif declaration.default is None:
            expander.sink.error(
                "E0403",
                f"the param `{name}` has no value",
                declaration.span,
                help=f"give it a `default:`, or a value: `--param {name}=...`",
            )
            scope.values[name] = POISON
        else:
            scope.values[name] = _default(expander, declaration, frame)


def _default(expander: Expander, declaration: ParamDeclaration, frame: Frame) -> Any:
    node = declaration.default
    assert node is not None
    try:
        value = expander.evaluator.value(node, frame)
    except Failed:
        return POISON
    return value if meets(expander, value, declaration, node) else POISON


def meets(expander: Expander, value: Any, declaration: ParamDeclaration, node: Written) -> bool:
    """Whether a value is one that the param admits; reports where it is not."""
    if not declaration.schema or isinstance(value, Result):
        return True
    name, key = declaration.name, (declaration, repr(value))
    if key in expander.met:
        return True
    local = Sink()
    validator = validator_of(json.dumps({"properties": {name: declaration.schema}}))
    if check_values(validator, {name: value}, named_node(name, node), local, "params"):
        expander.met.add(key)
        return True
    for found in local:
        declared = Note(f"`{name}` is declared here", declaration.span)
        expander.sink.error("E0402", found.message, found.span, help=found.help, notes=[declared])
    return False


def declared_inputs(expander: Expander, document: Document, frame: Frame) -> dict[str, Result]:
    """The inputs that are there, by name."""
    inputs = {}
    for name, declared in document.inputs.items():
        try:
            if declared.when is not None and not expander.evaluator.decision(declared.when, frame, "when"):
                frame.scope.off[name] = declared.span
                continue
            sizes = expander.evaluator.value(declared.shape, frame)
            if not isinstance(sizes, list) or declared.dtype not in DTYPES:
                raise Failed  # the document's schema told it
            _check_sizes(expander, name, sizes, declared.shape)
            shape = (None, *(None if size is None else int(size) for size in sizes))
            inputs[name] = Result(Tensor(TensorSpec(shape, declared.dtype), None, 0, name))
        except Failed:
            inputs[name] = POISON
    return inputs


def _check_sizes(expander: Expander, name: str, sizes: Any, node: Written) -> None:
    validator = validator_of(json.dumps({"properties": {name: SHAPE}}))
    if not check_values(validator, {name: sizes}, named_node(name, node), expander.sink, "inputs"):
        raise Failed


def named_node(name: str, node: Written) -> MapNode:
    """A mapping of one entry, so that errors about the value name it."""
    return MapNode({name: Entry(node.span, node)}, node.span)
