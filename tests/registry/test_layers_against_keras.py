"""Every declared layer and every example of it, against what Keras really builds.

The reference is Keras: its output shape and dtype on symbolic inputs, its variables, its signatures.
"""

import inspect

import keras
import pytest

from specc.graph import TensorSpec
from specc.keras_backend.build import construct, operate, resolve
from specc.registry.entry import Choice, Entry, bind, entries

# What is only declared as yet has nothing to be compared with; tests/registry/test_pending.py names it.
LAYERS = {name: entry for name, entry in entries("layer").items() if not entry.pending}
CHOICES = [entry for family in ("initializer", "regularizer", "constraint") for entry in entries(family).values()]

# Arguments of Keras that are no words of the language, and why; `word.argument` where that is so of one layer.
LEFT_OUT = {
    "data_format": "specs are channels last",
    "name": "the path is the name",
    "dtype": "the policy of the whole model decides",
    "weights": "given weights are not data of a spec",
    "reverse_dtype": "the policy of the whole model decides",
    "stateful": "needs a batch of fixed size; the training loop carries the state",
    "lora_rank": "fine-tuning is not an argument of a layer",
    "lora_alpha": "fine-tuning is not an argument of a layer",
    "quantization_config": "an object, not data",
    "flash_attention": "the device decides",
    "gptq_unpacked_column_size": "belongs to quantization",
    "sparse": "the tensors of a spec are dense",
    "vocabulary_dtype": "Keras knows one, int64",
    "discretization.num_bins": "boundaries are given, not found in data",
    "discretization.epsilon": "goes with num_bins",
    "integer_lookup.idf_weights": "goes with an output_mode that is refused",
    "integer_lookup.pad_to_max_tokens": "goes with an output_mode that is refused",
    "renorm": "rejected by its own authors' follow-up; adds weights of its own",
    "renorm_clipping": "goes with renorm",
    "renorm_momentum": "goes with renorm",
}

# Arguments of that name that are what the word is about.
WORDS_OF_THEIR_OWN = {"cast": {"dtype"}}


def cases() -> list:
    return [
        pytest.param(entry, example, id=f"{name}-{number}")
        for name, entry in sorted(LAYERS.items())
        for number, example in enumerate(entry.examples)
    ]


def listed(value) -> list:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def map_items(function, value):
    return [function(each) for each in value] if isinstance(value, list) else function(value)


def symbol(spec: TensorSpec):
    return keras.Input(spec.shape[1:], dtype=spec.dtype)


def values(spec: TensorSpec):
    """Ones, two examples of them; every unknown size is 5, which the examples leave room for."""
    return keras.ops.ones((2, *(5 if size is None else size for size in spec.shape[1:])), dtype=spec.dtype)


def inferred(entry: Entry, example):
    """The bound parameters, the inputs by call argument, and the facts of an example."""
    params = bind(entry.params, example.arguments)
    names = entry.call_arguments
    specs = {names[int(key)] if key.isdigit() else key: value for key, value in example.inputs.items()}
    return params, specs, entry.infer(params, **specs)


def called(entry: Entry, params, tensors, **further):
    """The Keras layer, None for a function, and what it makes of the tensors."""
    call = entry.call(params)
    first, *others = tensors.values()
    keywords = {**dict(zip(list(tensors)[1:], others, strict=True)), **entry.options(params), **further}
    if call.is_operation:
        return None, operate(call, first, keywords)
    made = construct(call, name="made")
    return made, made(first, **keywords)


def knows_training(entry: Entry) -> bool:
    target = resolve(entry.target)
    return isinstance(target, type) and "training" in inspect.signature(target.call).parameters


@pytest.mark.parametrize(("entry", "example"), cases())
def test_facts_are_what_keras_builds(entry: Entry, example) -> None:
    params, specs, facts = inferred(entry, example)
    made, result = called(entry, params, {name: map_items(symbol, spec) for name, spec in specs.items()})

    # Keras gives attention scores a symbolic shape of its own (3.15: always as long as the query); the next test computes them.
    expected = listed(facts.output)
    assert [(tensor.shape, tensor.dtype) for tensor in listed(result)[: len(expected)]] == [(spec.shape, spec.dtype) for spec in expected]
    assert len(listed(result)) == len(expected) + len(facts.extras)
    built = [] if made is None else [(w.path.removeprefix("made/"), tuple(w.shape), w.trainable) for w in made.weights]
    assert [(weight.name, weight.shape, weight.trainable) for weight in facts.weights] == built
    sizes = [size for spec in specs.values() for each in listed(spec) for size in each.shape[1:]]
    assert facts.macs is not None or None in sizes


@pytest.mark.parametrize(("entry", "example"), cases())
def test_facts_are_what_keras_computes(entry: Entry, example) -> None:
    params, specs, facts = inferred(entry, example)
    if entry.name == "conv2d_transpose" and params.dilation_rate != 1:
        pytest.skip("TensorFlow dilates transposed convolutions only on a GPU")
    # What acts only while learning acts here.
    learning = {"training": True} if knows_training(entry) else {}
    _, result = called(entry, params, {name: map_items(values, spec) for name, spec in specs.items()}, **learning)
    promised = [*listed(facts.output), *facts.extras.values()]
    for tensor, spec in zip(listed(result), promised, strict=True):
        assert len(tensor.shape) == spec.rank
        assert all(size in (real, None) for real, size in zip(tensor.shape, spec.shape, strict=True)), (tensor.shape, spec)
        assert keras.backend.standardize_dtype(tensor.dtype) == spec.dtype


@pytest.mark.parametrize(("entry", "example"), cases())
def test_a_layer_of_ours_or_of_keras_comes_back_from_its_config(entry: Entry, example) -> None:
    call = entry.call(bind(entry.params, example.arguments))
    if call.is_operation:
        pytest.skip("a function has no configuration")
    made = construct(call, name="made")
    again = type(made).from_config(made.get_config())
    assert again.get_config() == made.get_config()


@pytest.mark.parametrize("entry", [*LAYERS.values(), *entries("cell").values()], ids=lambda entry: entry.name)
def test_arguments_and_defaults_are_those_of_keras(entry: Entry) -> None:
    target = resolve(entry.target)
    if entry.target.startswith("keras.ops."):
        signature = list(inspect.signature(target).parameters.values())
        tensors = entry.call_arguments
        call = [each for each in signature if each.name in tensors] if len(tensors) > 1 else signature[:1]
        # A number can stand for some tensors: then they are both.
        made = [each for each in signature if each not in call or each.name in entry.params.parameters]
    else:
        made = [*inspect.signature(target.__init__).parameters.values()][1:]
        call = [*inspect.signature(target.call).parameters.values()][1:]
    assert_params_match(entry, made)
    declared = {name: parameter for name, parameter in entry.params.parameters.items() if parameter.call}
    offered = {parameter.name: parameter.default for parameter in call}
    assert {name: parameter.default for name, parameter in declared.items()} == {name: offered[name] for name in declared}
    if len(entry.call_arguments) > 1:
        assert list(entry.call_arguments) == [parameter.name for parameter in call if parameter.name in entry.call_arguments]


@pytest.mark.parametrize("entry", CHOICES, ids=lambda entry: entry.name)
def test_initializers_regularizers_and_constraints_are_those_of_keras(entry: Entry) -> None:
    target = resolve(entry.target)
    if target.__init__ is not object.__init__:
        assert_params_match(entry, [*inspect.signature(target.__init__).parameters.values()][1:])
    get = getattr(keras, f"{entry.family}s").get
    if entry.by_name:
        assert type(get(entry.name)) is target
    else:
        with pytest.raises((ValueError, KeyError)):
            get(entry.name)
    for arguments in entry.examples:
        choice = Choice(entry, bind(entry.params, arguments))
        made = construct(choice.call())
        assert type(made) is target
        for name, value in arguments.items():
            # Keras stores strengths in single precision.
            stored = getattr(made, name)
            assert float(stored) == pytest.approx(value, rel=1e-6) if isinstance(value, float) else plain(stored) == plain(value)


def assert_params_match(entry: Entry, signature: list[inspect.Parameter]) -> None:
    """The same names in the same order, with the same defaults, but for what is left out on purpose."""
    positional = [parameter for parameter in signature if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    declared = {name: parameter for name, parameter in entry.params.parameters.items() if not parameter.call}
    left_out = set(LEFT_OUT) - (set(declared) & WORDS_OF_THEIR_OWN.get(entry.name, set()))
    expected = {each.name: each for each in positional if not {each.name, f"{entry.name}.{each.name}"} & left_out}
    assert list(declared) == list(expected)
    for name, parameter in declared.items():
        if entry.infer is not None and name in entry.call_arguments:
            assert parameter.default is None, name  # a number in place of a tensor, which is not there without one
        elif expected[name].default is inspect.Parameter.empty:
            assert parameter.required, name
        else:
            assert not parameter.required, name
            assert plain(parameter.default) == plain(expected[name].default), name


# Keras's second names of one object, in its defaults.
ALIASES = {"uniform": "random_uniform", "Zeros": "zeros"}


def plain(value):
    """A default without what is only a matter of notation: (1, 1) and 1, ((0, 0), (0, 0)) and 0, 2 and 2.0."""
    if isinstance(value, (list, tuple)) and value:
        items = [plain(item) for item in value]
        return items[0] if all(item == items[0] for item in items) else items
    return ALIASES.get(value, value) if isinstance(value, str) else value


def test_left_out_arguments_are_all_real() -> None:
    offered = set()
    for entry in LAYERS.values():
        target = resolve(entry.target)
        names = inspect.signature(getattr(target, "__init__", target)).parameters
        offered |= {*names, *(f"{entry.name}.{name}" for name in names)}
    assert set(LEFT_OUT) <= offered


@pytest.mark.parametrize(
    ("shape", "arguments", "output"),
    [((7, 9), {"strides": 3, "padding": "same"}, (21, 27)), ((7, 9), {"strides": 3}, (21, 27)), ((7, 9), {"strides": 1}, (9, 11))],
)
def test_transposed_convolution_makes_what_it_promises(shape, arguments, output) -> None:
    """Symbolic shapes of Keras are formulas too: here the values are computed."""
    entry = LAYERS["conv2d_transpose"]
    params = bind(entry.params, {"filters": 2, "kernel_size": 3, **arguments})
    facts = entry.infer(params, TensorSpec((None, *shape, 1)))
    assert facts.output.shape == (None, *output, 2)
    assert construct(entry.call(params))(keras.ops.ones((1, *shape, 1))).shape == (1, *output, 2)
