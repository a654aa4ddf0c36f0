"""Words of one's own, declared as the built-in ones are.

    from specc import register
    from specc.register import Facts, Params, TensorSpec, Weight, param

    class Scale(Params):
        \"\"\"Every channel times a learned factor.\"\"\"

        start: float = param("Factor at the start.", default=1.0)

    @register.layer("scale", keras="my_layers.Scale")
    def scale(p: Scale, x: TensorSpec) -> Facts:
        return Facts(TensorSpec(x.shape, x.dtype), [Weight("factor", (x.shape[-1],))])

`specc check --plugin my_words.py my.yaml` then knows `scale`, and so does Python once the module was imported. Checking
a spec imports no TensorFlow, so what imports Keras, here `my_layers`, is a module of its own: it is imported when a
model is built. Examples of a layer, a block and a loss are in `examples/plugin/`.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeVar

from specc.diagnostics import Sink, Source, Span
from specc.graph import KerasCall, TensorSpec, Weight
from specc.language.document import read_document
from specc.language.spelling import Speller
from specc.language.syntax import Entry, MapNode, Node, ScalarNode, parse, read
from specc.language.validation import check_document
from specc.language.vocabulary import RESERVED, Vocabulary, is_builtin
from specc.registry import entry as declarations
from specc.registry.entry import Example, Facts, Mismatch, Params, example, find, param
from specc.registry.layers.checks import known, require_floats, require_min_rank, require_rank
from specc.registry.objectives.base import Objective as ObjectiveParams
from specc.registry.objectives.losses import BinaryLoss, ClassLoss, Loss, ValueLoss
from specc.registry.plugins import BLOCKS, HOMES, Home, RegisteredBlock, RegistrationError, check_facts, shown
from specc.registry.types import Activation, Axis, Constraint, Initializer, Regularizer, Size1D, Size2D, Size3D

__all__ = [
    "Activation", "Axis", "BinaryLoss", "ClassLoss", "Constraint", "Facts", "Initializer", "KerasCall", "Mismatch", "ObjectiveParams",
    "Params",
    "RegistrationError", "Regularizer", "Size1D", "Size2D", "Size3D", "TensorSpec", "ValueLoss", "Weight",
    "block", "example", "head", "known", "layer", "loss", "objective", "param", "require_floats", "require_min_rank", "require_rank",
    "word",
]  # fmt: skip

NAME = re.compile(r"[a-z][a-z0-9_]*")
TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")

# Families whose words are plain choices. What else there is (sources, transforms, schedules) is more than a class and its arguments.
FAMILIES = ("constraint", "initializer", "metric", "optimizer", "regularizer")

Inferring = TypeVar("Inferring", bound=Callable[..., Facts])
Declared = TypeVar("Declared", bound=type[Params])


def layer(
    name: str, *, keras: str, examples: Sequence[Example] = (), lower: Callable[..., KerasCall] | None = None
) -> Callable[[Inferring], Inferring]:
    """Declares a layer by the function that says its output, weights and multiply-adds: `infer(p, x, ...) -> Facts`.

    The annotation of `p` is the class of its arguments, the further parameters are the tensors that it is called with.
    The function raises `Mismatch` for inputs that the layer cannot take.

    Args:
        name: the word, in snake_case.
        keras: the dotted path of the `keras.layers.Layer`, imported when a model is built. Its constructor takes what the
            class of arguments declares, and `name`; `keras.saving.register_keras_serializable()` makes saved models load.
        examples: `example((8, 8, 16), ratio=4)`: input shapes without the batch, and arguments. `specc explain` shows them.
        lower: for a layer whose construction is not simply its arguments: `lower(p) -> KerasCall`.

    Raises:
        RegistrationError: the name is taken or is none, or something is not declared as it should be.
    """
    home = _home()
    _check_word("layer", name)
    _check_target("keras", keras)

    def decorate(infer: Inferring) -> Inferring:
        infer.__annotations__.update(inspect.get_annotations(infer, eval_str=True))
        if not _is_params(infer.__annotations__.get("p")) or len(inspect.signature(infer).parameters) < 2:
            raise RegistrationError(f"the function of layer `{name}` needs parameters `p`, annotated with a class of `Params`, and `x`")
        for use in examples:
            _try_example(infer, use)
        declarations.layer(name, keras=keras, examples=examples, lower=lower)(infer)
        HOMES["layer", name] = home
        return infer

    return decorate


def loss(
    name: str, *, target: str, examples: Sequence[Mapping[str, object]] = ({},), also: Sequence[str] = ()
) -> Callable[[Declared], Declared]:
    """Declares a loss by the class of its arguments, a `ClassLoss`, a `BinaryLoss` or a `ValueLoss`.

    Args:
        name: the word, in snake_case.
        target: the dotted path of `loss(targets, outputs, *, arguments...)`, which gives a value for each example, shape
            (batch,), or for each position. One with an argument `from_logits` is told whether outputs are logits.
        examples: mappings of arguments.
        also: names under which the loss is known elsewhere, for suggestions.

    Raises:
        RegistrationError: as `layer`.
    """
    return _choice("loss", name, Loss, "`ClassLoss`, `BinaryLoss` or `ValueLoss`", target, examples, also, _home())


def objective(
    name: str, *, target: str, examples: Sequence[Mapping[str, object]] = ({},), also: Sequence[str] = ()
) -> Callable[[Declared], Declared]:
    """Declares an objective over the whole model by the class of its arguments, an `ObjectiveParams`.

    Args:
        name: the word, in snake_case.
        target: the dotted path of the `specc.objectives.Objective`. It is made with the arguments, and with `outputs` and
            `targets`, mappings from each role that the class of arguments needs to the head, or the field, that plays it.
        examples: mappings of arguments.
        also: names under which the objective is known elsewhere, for suggestions.

    Raises:
        RegistrationError: as `layer`.
    """
    return _choice("objective", name, ObjectiveParams, "`ObjectiveParams`", target, examples, also, _home())


def _choice(
    family: str,
    name: str,
    base: type[Params],
    bases: str,
    target: str,
    examples: Sequence[Mapping[str, object]],
    also: Sequence[str],
    home: Home,
) -> Callable[[Declared], Declared]:
    """What declares a word of a family whose arguments are a class of `base`, which messages call `bases`."""
    _check_word(family, name)
    _check_target("target", target)

    def decorate(params: Declared) -> Declared:
        if not (isinstance(params, type) and issubclass(params, base)):
            raise RegistrationError(f"the arguments of {family} `{name}` are a class of {bases}")
        declarations.declare(family, name, target=target, examples=examples, also=also)(params)
        HOMES[family, name] = home
        return params

    return decorate


def word(
    family: str, name: str, *, target: str, examples: Sequence[Mapping[str, object]] = ({},), also: Sequence[str] = ()
) -> Callable[[Declared], Declared]:
    """Declares an initializer, regularizer, constraint, optimizer or metric by the class of its arguments.

    Args:
        family: `initializer`, `regularizer`, `constraint`, `optimizer` or `metric`.
        target: the dotted path of the Keras class; for a metric of `metric(targets, scores, *, from_logits, binary, arguments...)`.

    Raises:
        RegistrationError: as `layer`.
    """
    home = _home()
    if family not in FAMILIES:
        raise RegistrationError(
            f"`{family}` is no family of words; there are {', '.join(FAMILIES)}, and `layer`, `block`, `head`, `loss`, `objective`"
        )
    _check_word(family, name)
    _check_target("target", target)

    def decorate(params: Declared) -> Declared:
        if not _is_params(params):
            raise RegistrationError(f"the arguments of {family} `{name}` are a class of `Params`")
        if family == "optimizer" and "learning_rate" not in params.parameters:
            raise RegistrationError(f"the optimizer `{name}` needs an argument `learning_rate`")
        # Keras knows no word of a user by its bare name, so the object is always made.
        declarations.declare(family, name, target=target, examples=examples, by_name=False, also=also)(params)
        HOMES[family, name] = home
        return params

    return decorate


def block(name: str, text: str | Path) -> None:
    """Adds a block, written as under `blocks:` of a spec: `params`, `layers`, perhaps `summary`, `inputs`, `outputs`.

    Args:
        name: the word, in snake_case.
        text: the YAML, or a file's path (a string that ends in `.yaml` is one), relative to the file of the caller.

    Raises:
        SpecError: the block is wrong. The words that it uses have to be registered before it.
        RegistrationError: as `layer`.
    """
    _add_block("block", name, text, _home())


def head(name: str, text: str | Path) -> None:
    """Adds a head, which is a block that makes an output. Arguments and errors are those of `block`."""
    _add_block("head", name, text, _home())


def _add_block(kind: Literal["block", "head"], name: str, text: str | Path, home: Home) -> None:
    _check_word(kind, name)
    if isinstance(text, Path) or text.endswith((".yaml", ".yml")):
        source = read(Path(shown(str(Path(home.file).parent / text))))
    else:
        source = Source(f"{Path(home.file).name}: {kind} {name}", text)
    _check_block(name, source)
    BLOCKS[name] = RegisteredBlock(kind, source)
    HOMES[kind, name] = home


def _check_block(name: str, source: Source) -> None:
    """Holds a block to the rules for a spec's own blocks, in a spec that has nothing else. Raises SpecError."""
    sink = Sink()
    node = parse(source, sink)
    at = Span(source, 1, 1, 1, 1)

    def mapping(**values: Node) -> MapNode:
        return MapNode({key: Entry(at, value) for key, value in values.items()}, at)

    root = mapping(specc=ScalarNode(1, at), inputs=mapping(), blocks=mapping(**{name: node}))
    vocabulary = Vocabulary({name: node} if isinstance(node, MapNode) else {})
    speller = Speller(vocabulary, sink)
    spelled = speller.document(root)
    faults = check_document(spelled, vocabulary, speller.used, sink)
    sink.raise_errors()
    read_document(spelled, source, None, vocabulary, sink, faults.steps, faults.words)
    sink.raise_errors()


def _home() -> Home:
    """The module that called a function of this one."""
    caller = sys._getframe(2).f_globals
    return Home(str(caller.get("__name__", "")), str(caller.get("__file__", "")))


def _check_word(family: str, name: str) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise RegistrationError(f"{name!r} is no word: it needs small letters, digits and underscores, and begins with a letter")
    if (family, name) in HOMES:
        raise RegistrationError(f"the {family} `{name}` is registered already, by {HOMES[family, name].file}")
    is_step = family in ("layer", "block", "head")
    if is_step and (is_builtin(name) or name in RESERVED):
        raise RegistrationError(f"`{name}` is a word of the language already")
    if not is_step and find(family, name) is not None:
        raise RegistrationError(f"the {family} `{name}` is registered already")


def _check_target(argument: str, target: str) -> None:
    if not isinstance(target, str) or not TARGET.fullmatch(target):
        raise RegistrationError(f"`{argument}` is the dotted path of what is made, such as `my_layers.Scale`, not {target!r}")


def _try_example(infer: Callable[..., Facts], use: Example) -> None:
    """Runs a layer's declaration on an example: one that cannot be is told where it stands, not when it is shown."""
    arguments = {name: spec for name, spec in use.inputs.items() if not name.isdigit()}
    positional = [spec for name, spec in use.inputs.items() if name.isdigit()]
    facts = infer(declarations.bind(infer.__annotations__["p"], use.arguments), *positional, **arguments)
    check_facts(facts)


def _is_params(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Params)
