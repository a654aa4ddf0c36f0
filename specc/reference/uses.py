"""How a layer is used: its call arguments, its outputs, its examples with the shapes that the declaration computes."""

from __future__ import annotations

from specc.reference.notation import shapes, spelled
from specc.registry.entry import Entry, Example, Facts, bind

LEFT_OUT = (
    "Not arguments here: `name` is the step's, channels come last (no `data_format`), `dtype` is `train.precision`, "
    "and a state that outlives its batch (`stateful`) is the training loop's."
)


def call_text(entry: Entry) -> str:
    """How the layer is called, where one tensor is not all."""
    required = entry.required_call_arguments
    called = [name if number < required else f"{name} (optional)" for number, name in enumerate(entry.call_arguments)]
    if entry.takes_list:
        return "Takes a list of tensors: `from: [a, b]`"
    return f"Called with {', '.join(called)}: `from: {{{called[0]}: a, ...}}`" if len(called) > 1 else ""


def outputs_text(entry: Entry) -> str:
    """The outputs that are read by name, as far as the examples show any."""
    named = dict.fromkeys(name for use in entry.examples for name in facts_of(entry, use).extras)
    if not named or entry.family == "cell":
        return ""
    return f"Further outputs: {', '.join(f'`{name}`' for name in named)}, read as `step/{next(iter(named))}`"


def layer_examples(entry: Entry) -> list[str]:
    """The examples as steps, each with the shapes that go in and come out."""
    return [f"- {spelled(entry.name, dict(use.arguments))}    # {_effect(entry, use)}" for use in entry.examples]


def _effect(entry: Entry, use: Example) -> str:
    return f"{', '.join(shapes(value) for value in use.inputs.values())} -> {shapes(facts_of(entry, use).output)}"


def facts_of(entry: Entry, use: Example) -> Facts:
    """The facts of an example, computed by the declaration itself."""
    assert entry.infer is not None
    named = {name: value for name, value in use.inputs.items() if not name.isdigit()}
    positional = [value for name, value in use.inputs.items() if name.isdigit()]
    return entry.infer(bind(entry.params, use.arguments), *positional, **named)
