"""The rules of the language, one small spec each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from specc import language
from specc.diagnostics import SpecError
from specc.graph import Graph, Tensor
from specc.language import expand

Expanded = Callable[..., Graph]
Told = Callable[..., list[str]]
Paths = Callable[[Graph], list[str]]
Shape = Callable[..., tuple[int | None, ...]]

TWO = "inputs: {left: [8], right: [8]}\n"


def arguments(graph: Graph, path: str) -> list[str]:
    """Where the tensors of a node come from: paths of nodes, names of inputs."""
    node = next(node for node in graph.nodes if node.path == path)
    return [tensor.name if tensor.node is None else tensor.node.path for tensor in node.inputs]


# Steps and shorthands


@pytest.mark.parametrize(
    "step",
    [
        "dense: 10",
        "dense: {units: 10}",
        "{dense: 10}",
        "dense: {units: 10, activation: null}",
        "dense: =5 * 2",
        "dense: 10.0",
        "dense: {units: 10, kernel_initializer: glorot_uniform}",
        "dense: {units: 10, kernel_initializer: {glorot_uniform: {}}}",
        "dense: {units: 10, kernel_initializer: {glorot_uniform: }}",
    ],
)
def test_shorthands_mean_the_same(graph: Expanded, step: str) -> None:
    call = graph(f"layers:\n  - {step}\n").nodes[0].layer.call
    assert (call.target, call.args) == ("keras.layers.Dense", (10,))


def test_a_value_is_the_first_argument_and_a_list_is_a_value(graph: Expanded, shape: Shape) -> None:
    assert shape(graph("layers: [{reshape: [-1, 6]}]")) == (32, 6)
    assert shape(graph("layers: [flatten, {dense: 3}]")) == (3,)


def test_one_step_stands_for_a_list_and_nothing_for_none(graph: Expanded, paths: Paths) -> None:
    assert paths(graph("layers: flatten")) == ["flatten"]
    assert paths(graph("layers: {dense: 3}")) == ["dense"]
    assert paths(graph("layers: [{layers: }, {skip: {dense: 3}}, {layers: flatten}]")) == ["dense", "skip", "flatten"]


def test_no_arguments_with_modifiers(graph: Expanded) -> None:
    assert arguments(graph("layers:\n  - add:\n    from: [image, image]\n"), "add") == ["image", "image"]


def test_words_are_unknown_until_defined(told: Told) -> None:
    assert told("layers: [unit]") == ["E0106: unknown layer or block `unit`"]
    assert told("blocks: {unit: {layers: flatten}}\nlayers: [unit]") == []


def test_a_block_may_not_take_the_name_of_a_word(told: Told) -> None:
    for word in ("dense", "residual", "parallel", "repeat"):
        assert told(f"blocks: {{{word}: {{layers: flatten}}}}\nlayers: [flatten]") == [f"E0213: `{word}` is a word of the language already"]


# from


def test_from_names_one_or_several(graph: Expanded) -> None:
    built = graph(
        TWO
        + """\
layers:
  - dense: 4
    from: left
    name: a
  - dense: 4
    from: right
    name: b
  - concatenate:
    from: [a, b, x, right]
    name: joined
  - multi_head_attention: {num_heads: 1, key_dim: 2}
    from: {query: s, value: t}
    when: false
  - dense: 2
    from: joined
"""
    )
    assert arguments(built, "joined") == ["a", "b", "b", "right"]
    assert arguments(built, "dense") == ["joined"]


def test_from_names_call_arguments(graph: Expanded, told: Told) -> None:
    text = "inputs: {{text: [5, 4], memory: [5, 4]}}\nlayers:\n  - multi_head_attention: {{num_heads: 2, key_dim: 2}}\n    from: {0}\n"
    node = graph(text.format("{query: text, value: memory}")).nodes[0]
    assert list(node.arguments) == ["query", "value"]
    assert arguments(graph(text.format("[text, memory, text]")), "multi_head_attention") == ["text", "memory", "text"]
    assert told(text.format("text")) == ["E0311: `multi_head_attention` needs the call argument `value`"]
    assert told(text.format("{query: text, valu: memory}")) == ["E0311: `multi_head_attention` has no call argument `valu`"]


def test_from_without_a_word_sets_the_current_tensor(graph: Expanded) -> None:
    built = graph("layers:\n  - dense: 4\n    name: a\n  - flatten\n  - from: a\n  - dense: 5\n    name: b\n")
    assert arguments(built, "b") == ["a"]


def test_from_can_be_computed(graph: Expanded) -> None:
    text = TWO + "params: {side: right, wide: true}\nlayers:\n  - dense: 4\n    from: SOURCE\n"
    for source in ("=side", '="left" if not wide else "right"', "=right", '["=side"]'):
        assert arguments(graph(text.replace("SOURCE", source)), "dense") == ["right"]


def test_a_merge_takes_a_list_and_a_layer_one_tensor(told: Told) -> None:
    assert told("layers: [add]") == ["E0311: `add` takes a list of tensors, but got one"]
    assert told("layers:\n  - add:\n    from: []\n") == ["E0311: `add` takes a list of tensors, but got none"]
    assert told(TWO + "layers:\n  - dense: 3\n    from: [left, right]\n") == ["E0311: `dense` takes one tensor, but got 2"]


# repeat, as, index, each, share


def test_a_count_chains(graph: Expanded, paths: Paths) -> None:
    built = graph("layers:\n  - dense: =i + 1\n    repeat: 3\n    name: stage\n")
    assert paths(built) == ["stage/0", "stage/1", "stage/2"]
    assert [node.layer.call.args for node in built.nodes] == [(1,), (2,), (3,)]
    assert arguments(built, "stage/2") == ["stage/1"]


def test_a_list_gives_elements(graph: Expanded) -> None:
    text = (
        "params: {widths: [{units: 4}, {units: 6}]}\nlayers:\n  - dense: =row.units + n\n    repeat: =widths\n    as: row\n    index: n\n"
    )
    assert [node.layer.call.args for node in graph(text).nodes] == [(4,), (7,)]
    assert [node.layer.call.args for node in graph("layers:\n  - dense: =w\n    repeat: [4, 6]\n    as: w\n").nodes] == [(4,), (6,)]


def test_repeats_nest_and_inner_variables_hide_outer_ones(graph: Expanded, paths: Paths) -> None:
    text = """
    layers:
      - layers:
          - dense: =10 * stage + i + 1
            repeat: =depth
            name: unit
        repeat: [1, 2]
        as: depth
        index: stage
        name: stage
    """
    built = graph(text)
    assert paths(built) == ["stage/0/unit/0", "stage/1/unit/0", "stage/1/unit/1"]
    assert [node.layer.call.args[0] for node in built.nodes] == [1, 11, 12]
    hidden = "layers:\n  - layers:\n      - dense: =i + 1\n        repeat: 2\n    repeat: 2\n"
    assert [node.layer.call.args[0] for node in graph(hidden).nodes] == [1, 2, 1, 2]


@pytest.mark.parametrize("nothing", ["0", "[]", "=1 - 1", "0.0"])
def test_no_iterations_pass_the_input(graph: Expanded, paths: Paths, nothing: str) -> None:
    text = f"layers:\n  - dense: 4\n    name: a\n  - dense: 5\n    repeat: {nothing}\n    name: b\n  - dense: 6\n    from: b\n    name: c\n"
    built = graph(text)
    assert paths(built) == ["a", "c"]
    assert arguments(built, "c") == ["a"]


@pytest.mark.parametrize(
    ("count", "said"),
    [
        ("-1", "E0104: `repeat` must be at least 0, not -1"),
        ("=0 - 1", "E0104: `repeat` must be at least 0, not -1"),
        ("1.5", "E0103: `repeat` must be an integer or a list, not 1.5"),
        ("=3 / 2", "E0103: `repeat` takes a count or a list, not a number: 1.5"),
        ("abc", "E0103: `repeat` must be an integer or a list, not the string `abc`"),
        ("='abc'", "E0103: `repeat` takes a count or a list, not a string"),
        ("true", "E0103: `repeat` must be an integer or a list, not true"),
        ("=true", "E0103: `repeat` takes a count or a list, not a boolean"),
        ("1e9", "E0206: `repeat` is at most 100,000, not 1,000,000,000"),
        ("=1e308 * 10", "E0206: the number is too large"),
    ],
)
def test_what_cannot_be_repeated(told: Told, count: str, said: str) -> None:
    assert told(f"layers:\n  - dense: 4\n    repeat: {count}\n") == [said]


def test_iterations_without_end_are_refused(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expand, "MAX_STEPS", 20_000)
    nested = "layers:\n  - layers:\n      - layers:\n          - layers:\n        repeat: 10000\n    repeat: 10000\n"
    assert told(nested) == ["E0207: the network has more than 20,000 steps"]


def test_each_applies_one_layer_to_several(graph: Expanded) -> None:
    built = graph(TWO + "layers:\n  - dense: 4\n    each: [left, right]\n    name: head\n  - add:\n    from: [head/1, head/0]\n")
    assert [(node.path, node.layer.path) for node in built.nodes] == [("head/0", "head"), ("head/1", "head"), ("add", "add")]
    assert arguments(built, "add") == ["head/1", "head/0"]


def test_each_gives_a_list(graph: Expanded) -> None:
    built = graph(TWO + "layers:\n  - dense: 4\n    each: [left, right]\n  - add:\n")
    assert len(built.nodes) == 3
    assert built.parameters == 8 * 4 + 4
    assert len(arguments(built, "add")) == 2


def test_each_with_a_block(graph: Expanded) -> None:
    text = TWO + "blocks: {unit: {layers: [{dense: 4}, {dense: 2}]}}\nlayers:\n  - unit:\n    each: [left, right]\n  - add:\n"
    assert graph(text).parameters == 8 * 4 + 4 + 4 * 2 + 2


def test_each_with_an_unnamed_group(graph: Expanded) -> None:
    text = TWO + "layers:\n  - layers: [{dense: 4}, {dense: 2}]\n    each: [left, right]\n  - add:\n"
    built = graph(text)
    assert [layer.path for layer in built.layers] == ["layers/dense", "layers/dense_1", "add"]
    assert len(built.nodes) == 5


def test_a_share_of_a_share_is_the_first_step(graph: Expanded) -> None:
    steps = "  - dense: 8\n    name: a\n  - share: a\n    name: b\n  - share: b\n    name: c\n"
    built = graph("inputs: {v: [8]}\nlayers:\n" + steps)
    assert [layer.path for layer in built.layers] == ["a"]
    unit = "blocks: {unit: {layers: [{dense: 8}]}}\n"
    built = graph("inputs: {v: [8]}\n" + unit + "layers:\n" + steps.replace("dense: 8", "unit:"))
    assert [layer.path for layer in built.layers] == ["a/dense"]


def test_each_needs_equal_weights(told: Told) -> None:
    found = told("inputs: {left: [8], right: [9]}\nlayers:\n  - dense: 4\n    each: [left, right]\n  - add:\n")
    assert found == ["E0309: `dense` cannot share its weights: they would have other shapes here"]


def test_weights_of_their_own_by_repeat(graph: Expanded) -> None:
    text = (
        TWO
        + "layers:\n  - dense: 4\n    repeat: [left, right]\n    as: side\n    from: =side\n    name: heads\n  - add:\n    from: heads/*\n"
    )
    built = graph(text)
    assert built.parameters == 2 * 36
    assert arguments(built, "add") == ["heads/0", "heads/1"]


def test_share_applies_a_step_again(graph: Expanded) -> None:
    text = TWO + (
        "layers:\n  - dense: 4\n    from: left\n    name: tower\n  - share: tower\n    from: right\n"
        "    name: again\n  - add:\n    from: [tower, again]\n"
    )
    built = graph(text)
    assert built.parameters == 36
    assert arguments(built, "again") == ["right"]


def test_share_a_block(graph: Expanded) -> None:
    text = TWO + "blocks: {unit: {params: {n: 3}, layers: [{dense: =n}, {dense: 2}]}}\nlayers:\n  - unit: 5\n    from: left\n    name: a\n"
    built = graph(text + "  - share: a\n    from: right\n    name: b\n  - add:\n    from: [a, b]\n")
    assert built.parameters == 8 * 5 + 5 + 5 * 2 + 2


def test_share_with_each(graph: Expanded) -> None:
    text = TWO + "layers:\n  - dense: 4\n    from: left\n    name: tower\n  - share: tower\n    each: [left, right]\n  - add:\n"
    built = graph(text)
    assert built.parameters == 36
    assert [arguments(built, node.path) for node in built.nodes if node.layer.word == "dense"] == [["left"], ["right"]]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("share: image", "E0310: `image` is not a layer or a block, so it cannot be shared"),
        ("share: nobody", "E0210: no step or input is named `nobody` here"),
        ("share: {step: a, units: 3}", "E0108: `units` of `dense` is fixed when the step is made"),
        ("share: {step: a, unit: 3}", "E0108: `dense` takes no `unit` when it is applied again"),
        ("share: {steps: a}", "E0102: `share` needs `step`"),
    ],
)
def test_what_cannot_be_shared(told: Told, step: str, said: str) -> None:
    assert told(f"layers:\n  - dense: 3\n    name: a\n  - {step}\n") == [said]


@pytest.mark.parametrize(
    ("modifiers", "said"),
    [
        ("as: i", "E0111: `as` means nothing without `repeat`"),
        ("index: n", "E0111: `index` means nothing without `repeat`"),
        ("each: [image]\n    from: image", "E0111: `each` and `from` cannot stand together"),
        ("each: [image]\n    repeat: 2", "E0111: `each` and `repeat` cannot stand together"),
        ("repeat: 2\n    as: n\n    index: n", "E0212: the name `n` is taken by `as`"),
        ("repeat: 2\n    as: x", "E0213: the name `x` is reserved: it is the output of the step before"),
        ("repeat: 2\n    index: if", "E0213: the name `if` is reserved: it means something in expressions"),
    ],
)
def test_modifiers_that_mean_nothing(told: Told, modifiers: str, said: str) -> None:
    assert told(f"layers:\n  - dense: 3\n    {modifiers}\n  - flatten\n") == [said]


# when


def test_a_step_that_is_off_is_not_there(graph: Expanded, paths: Paths) -> None:
    text = """
    params: {deep: false}
    layers:
      - dense: 4
        name: a
      - conv2d: {filters: 3, kernel_size: 99}
        from: nobody
        when: =deep
        name: b
      - dense: 5
        from: b
        name: c
      - dense: 6
        when: =not deep
    """
    built = graph(text.replace("from: nobody", ""))
    assert paths(built) == ["a", "c", "dense"]
    assert arguments(built, "c") == ["a"]


def test_references_of_a_step_that_is_off_are_not_looked_up(graph: Expanded, paths: Paths) -> None:
    assert paths(graph("layers:\n  - dense: 4\n    from: nobody\n    when: false\n  - flatten\n")) == ["flatten"]


def test_a_name_that_is_off_stands_for_its_one_input(graph: Expanded, told: Told) -> None:
    text = TWO + "layers:\n  - dense: 4\n    from: right\n    when: false\n    name: a\n  - dense: 5\n    from: a\n"
    assert arguments(graph(text), "dense") == ["right"]
    several = TWO + "layers:\n  - add:\n    from: [left, right]\n    when: false\n    name: a\n  - dense: 5\n    from: a\n"
    assert told(several) == ["E0214: `a` is switched off by its `when` and stands for nothing"]
    in_expression = several.replace("from: a", "from: left").replace("dense: 5", "dense: =a.channels")
    assert told(in_expression) == ["E0214: `a` is switched off by its `when` and stands for nothing"]


def test_what_is_inside_a_step_that_is_off_is_not_there(told: Told) -> None:
    group = "layers:\n  - layers:\n      - dense: 4\n        name: a\n    when: false\n    {0}\n  - flatten:\n    from: {1}\n"
    assert told(group.format("trainable: true", "a")) == ["E0214: `a` is switched off by its `when` and stands for nothing"]
    assert told(group.format("name: g", "g/a")) == ["E0214: `g` is switched off by its `when`, so there is no `g/a`"]
    assert told(group.format("name: g", "g")) == []


def test_labels_are_numbered_before_when(graph: Expanded, paths: Paths) -> None:
    text = "layers:\n  - dense: 3\n    when: {0}\n  - dense: 4\n"
    assert paths(graph(text.format("false"))) == ["dense_1"]
    assert paths(graph(text.format("true"))) == ["dense", "dense_1"]


@pytest.mark.parametrize(
    ("when", "said"), [("maybe", "the string `maybe`"), ("='maybe'", "a string"), ("=x", "a step"), ("=[1]", "a list")]
)
def test_a_switch_is_true_or_false(told: Told, when: str, said: str) -> None:
    assert told(f"layers:\n  - dense: 3\n    when: {when}\n") == [f"E0103: `when` must be true or false, not {said}"]


# Structures


def test_a_group_without_a_name_opens_no_scope(graph: Expanded, paths: Paths) -> None:
    built = graph(
        "layers:\n  - dense: 3\n    from: image\n  - layers:\n      - dense: 4\n        name: a\n"
        "      - dense: 5\n  - dense: 6\n    from: a\n"
    )
    assert paths(built) == ["dense", "a", "dense_2"]


def test_a_named_or_repeated_group_opens_one(graph: Expanded, paths: Paths, told: Told) -> None:
    text = "layers:\n  - layers:\n      - dense: 4\n        name: a\n      - dense: 5\n    name: g\n  - dense: 6\n    from: {0}\n"
    assert paths(graph(text.format("g/a"))) == ["g/a", "dense"]
    assert paths(graph(text.format("g"))) == ["g/a", "g/dense", "dense"]
    assert told(text.format("a")) == ["E0210: no step or input is named `a` here"]
    repeated = graph("layers:\n  - layers:\n      - dense: 4\n    repeat: 2\n")
    assert paths(repeated) == ["layers/0/dense", "layers/1/dense"]


def test_skip_adds_the_input(graph: Expanded, paths: Paths) -> None:
    built = graph("layers:\n  - skip:\n      - dense: 3\n      - activation: relu\n")
    assert paths(built) == ["dense", "activation", "skip"]
    assert arguments(built, "skip") == ["image", "activation"]
    assert built.nodes[-1].layer.call.target == "keras.layers.Add"


def test_parallel_joins_its_branches(graph: Expanded, shape: Shape) -> None:
    text = """
    layers:
      - parallel:
          merge: {0}
          branches:
            identity:
            off:
              - dense: 3
                when: false
            added: {{dense: 3}}
        name: both
    """
    built = graph(text.format("concatenate"))
    assert arguments(built, "both") == ["image", "image", "both/added/dense"]
    assert shape(built) == (8, 8, 9)
    assert shape(graph(text.format("{concatenate: {axis: 1}}"))) == (24, 8, 3)
    assert shape(graph(text.format("{concatenate: 2}"))) == (8, 24, 3)


def test_parallel_without_a_merge_gives_a_list(graph: Expanded) -> None:
    text = (
        "layers:\n  - parallel: {branches: {a: {dense: 3}, b: {dense: 3}}}\n    name: p\n  - add:\n"
        "  - subtract:\n    from: [p/1, p/a]\n    name: s\nheads: {one: {from: add}, two: {from: s}}\n"
    )
    built = graph(text.replace("- add:", "- add:\n    name: total").replace("from: add}", "from: total}"))
    assert arguments(built, "total") == ["p/a/dense", "p/b/dense"]
    assert arguments(built, "s") == ["p/b/dense", "p/a/dense"]


def test_merges_are_checked(told: Told) -> None:
    text = "layers:\n  - parallel:\n      merge: {0}\n      branches: {{a: , b: }}\n"
    assert told(text.format("sum")) == ["E0106: `sum` does not merge tensors"]
    assert told(text.format("dense")) == ["E0106: `dense` does not merge tensors"]
    assert told(text.format("{concatenate: {axes: 1}}")) == ["E0108: `concatenate` has no `axes`"]
    assert told(text.format("{add: , multiply: }")) == ["E0110: `merge` of `parallel` takes exactly one merge, not `add`, `multiply`"]


# Scopes and references


def test_branches_are_reached_through_a_name_only(graph: Expanded, told: Told) -> None:
    text = (
        "layers:\n  - parallel:\n      merge: add\n      branches:\n        a: {{dense: 3}}\n"
        "        b:\n          - dense: 3\n            name: inner\n    {0}\n  - dense: 4\n"
        "    from: {1}\n"
    )
    assert arguments(graph(text.format("name: p", "p/b/inner")), "dense") == ["p/b/inner"]
    assert arguments(graph(text.format("name: p", "p/a")), "dense") == ["p/a/dense"]
    assert told(text.format("trainable: true", "b/inner")) == ["E0210: no step or input is named `b` here"]


def test_branches_see_outer_names_and_not_each_other(told: Told) -> None:
    text = (
        "layers:\n  - dense: 3\n    name: outer\n  - parallel:\n      merge: add\n      branches:\n"
        "        a:\n          - dense: 3\n            name: mine\n        b:\n          - dense: 3\n"
        "            from: {0}\n"
    )
    assert told(text.format("outer")) == []
    assert told(text.format("mine")) == ["E0210: no step or input is named `mine` here"]


def test_structures_do_not_rebind_input(graph: Expanded) -> None:
    text = "layers:\n  - dense: 4\n  - layers:\n      - dense: 3\n        from: input\n        name: inner\n    name: g\n"
    assert arguments(graph(text), "g/inner") == ["image"]


def test_a_block_sees_only_its_own(told: Told, graph: Expanded) -> None:
    text = (
        "params: {{width: 4}}\nblocks:\n  unit:\n    params: {{size: 3}}\n    layers:\n"
        "      - dense: {0}\nlayers:\n  - dense: 5\n    name: outer\n  - unit\n"
    )
    assert told(text.format("=width")) == ["E0202: no param, variable or step is named `width` here"]
    assert told(text.format("=outer.channels")) == ["E0202: no param, variable or step is named `outer` here"]
    assert graph(text.format("=size + input.channels")).outputs["output"].spec.channels == 8


def test_a_block_does_not_see_the_repeat_around_it(told: Told) -> None:
    text = "blocks:\n  unit:\n    layers:\n      - dense: =i + 1\nlayers:\n  - unit:\n    repeat: 2\n"
    assert told(text) == ["E0202: no param, variable or step is named `i` here"]


def test_inputs_of_a_block(graph: Expanded, told: Told) -> None:
    text = TWO + (
        "blocks:\n  unit:\n    inputs: [query, value]\n    layers:\n      - subtract:\n"
        "        from: [query, value]\nlayers:\n  - unit:\n    from: SOURCE\n    name: u\n"
    )
    assert arguments(graph(text.replace("SOURCE", "{query: right, value: left}")), "u/subtract") == ["right", "left"]
    assert arguments(graph(text.replace("SOURCE", "[left, right]")), "u/subtract") == ["left", "right"]
    assert told(text.replace("SOURCE", "left")) == ["E0311: the block `unit` takes 2 inputs"]
    assert told(text.replace("SOURCE", "{query: left}")) == ["E0311: the block `unit` needs the input `value`"]
    assert told(text.replace("SOURCE", "{query: left, values: left}")) == ["E0311: the block `unit` has no input `values`"]
    assert told(text.replace("from: [query, value]", "from: [input, value]").replace("SOURCE", "[left, right]"))[0].startswith(
        "E0306: there is no `input` here"
    )


def test_outputs_of_a_block(graph: Expanded) -> None:
    text = (
        "blocks:\n  unit:\n    layers:\n      - layers:\n          - dense: 3\n            name: deep\n"
        "        name: g\n      - dense: 4\n    outputs: {early: g/deep}\nlayers:\n  - unit:\n"
        "    name: u\n  - dense: 5\n    from: u/early\n"
    )
    assert arguments(graph(text), "dense") == ["u/g/deep"]


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ("stage", "stage/2/last"),
        ("stage/0", "stage/0/last"),
        ("stage/-3", "stage/0/last"),
        ("stage/first", "stage/2/first"),
        ("stage/1/first", "stage/1/first"),
        ("=stage[-1].first", "stage/2/first"),
        ("=stage[0]", "stage/0/last"),
        ("=stage[1:][0]", "stage/1/last"),
        ("x", "stage/2/last"),
        ("input", "image"),
        ("image", "image"),
    ],
)
def test_references_into_a_repeat(graph: Expanded, reference: str, path: str) -> None:
    text = (
        "layers:\n  - layers:\n      - dense: 3\n        name: first\n      - dense: 3\n"
        "        name: last\n    repeat: 3\n    name: stage\n  - dense: 9\n    from: REFERENCE\n"
    ).replace("REFERENCE", reference)
    assert arguments(graph(text), "dense") == [path]


def test_a_star_splices_all(graph: Expanded) -> None:
    text = (
        "layers:\n  - layers:\n      - dense: 3\n        name: first\n    repeat: 2\n    name: stage\n"
        "  - add:\n    from: [image, stage/*/first, stage/*]\n"
    )
    assert arguments(graph(text), "add") == ["image", "stage/0/first", "stage/1/first", "stage/0/first", "stage/1/first"]


def test_a_star_after_no_iterations_stands_for_none(graph: Expanded, told: Told) -> None:
    text = "params: {{n: 0}}\nlayers:\n  - dense: 4\n    repeat: =n\n    name: s\n  - concatenate:\n    from: [image, {0}]\n"
    assert arguments(graph(text.format("s/*")), "concatenate") == ["image"]
    assert arguments(graph(text.format("s/*"), params={"n": 2}), "concatenate") == ["image", "s/0", "s/1"]
    assert arguments(graph(text.format("s")), "concatenate") == ["image", "image"]
    assert told(text.format("s/0")) == ["E0210: `s` is repeated no times, so it has no items"]


def test_a_repeat_over_steps(graph: Expanded) -> None:
    text = (
        "layers:\n  - dense: 3\n    repeat: 3\n    name: down\n  - add:\n    from: [x, =skip_from]\n"
        "    repeat: =down[::-1]\n    as: skip_from\n    name: up\n"
    )
    built = graph(text)
    assert [arguments(built, f"up/{position}")[1] for position in range(3)] == ["down/2", "down/1", "down/0"]


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("nobody", "E0210: no step or input is named `nobody` here"),
        ("dense", "E0210: no step or input is named `dense` here"),
        ("stage/2", "E0210: there is no item 2 of `stage`: it has 2, counted from 0"),
        ("stage/inner", "E0210: `stage` has no step named `inner`"),
        ("stage/0/state_h", "E0210: `stage/0` has no output named `state_h`"),
        ("image/*", "E0210: `image` has no items, so `*` means nothing"),
        ("image/0", "E0210: `image` has no items"),
        ("width", "E0210: `width` is a param or a variable, not a step"),
        ("widths", "E0210: `widths` is a param or a variable, not a step"),
        ("later", "E0211: `later` is used before the step of that name"),
        ("=later", "E0211: `later` is used before the step of that name"),
        ("3", "E0210: a reference names a step, but this is a number"),
        ("=width", "E0210: a reference names a step, but this is a number"),
        ("''", "E0210: no step or input is named `` here"),
        ("²", "E0210: no step or input is named `²` here"),
        ("stage/²", "E0210: `stage` has no step named `²`"),
    ],
)
def test_references_that_lead_nowhere(told: Told, reference: str, said: str) -> None:
    text = (
        "params: {width: 4, widths: [1, 2]}\nlayers:\n  - dense: 3\n    repeat: 2\n    name: stage\n"
        "  - dense: 3\n  - dense: 3\n    from: REFERENCE\n  - dense: 3\n    from: image\n"
        "    name: later\n"
    ).replace("REFERENCE", reference)
    assert told(text) == [said]


def test_a_step_without_a_name_is_found_but_not_referenced() -> None:
    text = "specc: 1\ninputs: {v: [8]}\nlayers:\n  - dense: 3\n  - dense: 3\n  - flatten:\n    from: dense_1\n"
    (found,) = language.check("my.yaml", text=text)
    assert (found.help, str(found.notes[0].span)) == ("only written names can be referenced: give it `name: dense_1`", "my.yaml:5:5")


def test_names_share_a_namespace(told: Told) -> None:
    taken = "E0212: the name `{}` is taken in this scope".format
    assert told("params: {a: 3}\nlayers:\n  - dense: 3\n    name: a\n") == [taken("a")]
    assert told("layers:\n  - dense: 3\n    name: image\n") == [taken("image")]
    assert told("layers:\n  - dense: 3\n    name: a\nheads: {a: flatten}\n") == [taken("a")]
    assert told("layers:\n  - dense: 3\n    name: a\n  - layers:\n      - dense: 3\n        name: a\n") == [taken("a")]
    assert told("blocks: {u: {inputs: [a, a], layers: flatten}}\nlayers: [flatten]\n") == [taken("a")]
    assert told("blocks: {u: {params: {a: 3}, inputs: [a], layers: flatten}}\nlayers: [flatten]\n") == [taken("a")]


def test_only_variables_of_a_repeat_hide(told: Told) -> None:
    hidden = "E0212: the name `{}` is taken in an outer scope".format
    group = "  - layers:\n      - dense: 3\n        name: {}\n    {}\n"
    assert told("layers:\n  - dense: 3\n    name: a\n" + group.format("a", "name: g")) == [hidden("a")]
    assert told("layers:\n" + group.format("a", "name: g") + "  - dense: 3\n    name: a\n") == [hidden("a")]
    assert told("layers:\n" + group.format("g", "name: g")) == [hidden("g")]
    assert told("layers:\n" + group.format("image", "repeat: 2")) == [hidden("image")]
    assert told("layers:\n" + group.format("i", "repeat: 2")) == [hidden("i")]
    assert told("layers:\n" + group.format("n", "repeat: [1]\n    as: n")) == [hidden("n")]
    assert told("layers:\n" + group.format("a", "name: g") + "heads: {a: {dense: 3}}\n") == [hidden("a")]
    assert told("layers: [flatten]\nheads:\n  a:\n    layers:\n      - dense: 3\n        name: a\n") == [hidden("a")]
    assert told("params: {a: 3}\nlayers:\n  - parallel: {merge: add, branches: {b: {dense: =a, name: a}}}\n") == [hidden("a")]
    assert told("blocks: {u: {params: {a: 3}, layers: {layers: {dense: =a, name: a}, name: g}}}\nlayers: [u]\n") == [hidden("a")]
    assert told("layers:\n" + group.format("a", "name: g") + group.format("a", "name: h")) == []
    assert told("params: {i: 3}\nlayers:\n  - dense: =i + 1\n    repeat: 2\n") == []
    assert told("params: {a: 3}\nblocks: {u: {params: {a: 3}, layers: {dense: =a, name: b}}}\nlayers:\n  - u: =a\n    name: b\n") == []


def test_reserved_names(told: Told) -> None:
    for name in ("x", "input", "training"):
        for text in (
            "layers:\n  - dense: 3\n    name: {}\n",
            "layers: [flatten]\nheads: {{{}: flatten}}\n",
            "params: {{{}: 3}}\nlayers: [flatten]\n",
        ):
            assert [message[:5] for message in told(text.format(name))] == ["E0213"], (name, text)


def test_written_names_and_labels_never_meet(graph: Expanded, paths: Paths) -> None:
    built = graph(
        "layers:\n  - dense: 3\n  - dense: 4\n    name: dense\n  - dense: 5\n  - layers:\n"
        "      - dense: 6\n        name: dense_2\n  - dense: 7\n"
    )
    assert len(set(paths(built))) == 5
    assert [node.layer.call.args[0] for node in built.nodes if node.path in ("dense", "dense_2")] == [4, 6]
    headed = graph("layers:\n  - dense: 3\nheads: {dense: {dense: 4}}\n")
    assert paths(headed) == ["dense_1", "dense"]


# Several inputs, heads, outputs


def test_with_several_inputs_there_is_no_current_tensor(told: Told) -> None:
    assert told(TWO + "layers: [flatten]\n") == ["E0306: `flatten` has no current tensor to work on"]
    assert told(TWO + "layers:\n  - dense: 3\n    from: input\n")[0].startswith("E0306: there is no `input` here")
    assert told(TWO + "layers:\n  - dense: 3\n    from: x\n") == ["E0306: there is no current tensor here"]


def test_heads_are_outputs_in_order_and_later_ones_see_earlier_ones(graph: Expanded) -> None:
    built = graph("layers: [flatten]\nheads:\n  b: {dense: 3}\n  a: {activation: softmax, from: b}\n  c: {dense: 2}\n")
    assert list(built.outputs) == ["b", "a", "c"]
    assert (arguments(built, "a"), arguments(built, "c")) == (["b"], ["flatten"])


def test_a_head_cannot_see_a_later_one(told: Told) -> None:
    assert told("layers: [flatten]\nheads:\n  a: {dense: 3, from: b}\n  b: {dense: 3}\n") == [
        "E0211: `b` is used before the step of that name"
    ]


def test_a_head_can_export_a_step(graph: Expanded) -> None:
    built = graph("layers:\n  - dense: 3\n    name: early\n  - dense: 4\nheads: {features: {from: early}, again: {from: image}}\n")
    assert [node.path for node in built.nodes] == ["early"]
    assert built.outputs["again"] is built.inputs["image"]


def test_without_heads_the_last_step_is_the_output(graph: Expanded) -> None:
    built = graph("layers: [flatten]\n")
    assert list(built.outputs) == ["output"]


@pytest.mark.parametrize("text", ["layers: []", "layers:", "summary: nothing else", "layers: []\nheads: {}", "layers:\nheads: null"])
def test_a_spec_needs_an_output(told: Told, text: str) -> None:
    assert told(text) == ["E0306: the spec has no steps and no heads, so it has no output"]


def test_with_every_head_switched_off_the_output_is_the_last_step(graph: Expanded) -> None:
    text = "layers: [flatten]\nheads: {a: {dense: 3, when: =training}}\n"
    assert {name: value.spec.shape for name, value in graph(text).outputs.items()} == {"output": (None, 192)}
    assert {name: value.spec.shape for name, value in graph(text, training=True).outputs.items()} == {"a": (None, 3)}


def test_without_a_last_step_some_head_must_be_there(told: Told) -> None:
    found = told("inputs: {a: [3], b: [3]}\nheads: {sum: {add: , from: [a, b], when: =training}}\n")
    assert found == ["E0306: the graph that is built has no output: every head is switched off"]


def test_what_no_output_needs_is_dropped(graph: Expanded, paths: Paths) -> None:
    built = graph(TWO + "layers:\n  - dense: 3\n    from: left\n  - dense: 4\n    from: left\n")
    assert paths(built) == ["dense_1"]
    assert list(built.inputs) == ["left"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("layers:\n  - dense: 3\n    name: =n\n", "E0103: `name` must be written, not computed"),
        ("layers:\n  - dense: 3\n    repeat: 2\n    as: =n\n", "E0103: `as` must be written, not computed"),
        ("layers:\n  - parallel: =n\n", "E0103: `parallel` must be written, not computed"),
        ("layers:\n  - parallel: {branches: =n}\n", "E0103: `branches` of `parallel` must be written, not computed"),
        ("layers:\n  - model: {spec: mlp_digits, params: =n}\n", "E0103: `params` of `model` must be written, not computed"),
        ("layers: [=n]", "E0107: a step is a word, or a mapping with a word, not an expression"),
        ("inputs: {v: {shape: [3], dtype: =n}}\nlayers: [flatten]", "E0103: `dtype` of `v` must be written, not computed"),
        ("name: =n\nlayers: [flatten]", "E0103: `name` must be written, not computed"),
        ("defaults: {dense: =n}\nlayers: [{dense: 3}]", "E0103: `dense` of `defaults` must be written, not computed"),
        ("defaults: =n\nlayers: [flatten]", "E0103: `defaults` must be written, not computed"),
        ("heads: =n\nlayers: [flatten]", "E0103: `heads` must be written, not computed"),
        ("params: =n\nlayers: [flatten]", "E0103: `params` must be written, not computed"),
        ("params: {=n: 3}\nlayers: [flatten]", "E0109: `=n` is not a name"),
        ("blocks: {u: =n}\nlayers: [flatten]", "E0103: the block `u` must be written, not computed"),
        ("train: =n\nlayers: [flatten]", "E0103: `train` must be written, not computed"),
        ("data: =n\nlayers: [flatten]", "E0103: `data` must be written, not computed"),
    ],
)
def test_what_makes_up_a_document_is_not_computed(told: Told, text: str, said: str) -> None:
    assert told(text) == [said]


# training


TRAINED = """
    inputs:
      image: [8, 8, 3]
      label: {shape: [], dtype: int32, when: =training}
    layers:
      - dense: 4
        from: image
      - dropout: 0.5
        when: =training
      - flatten
    heads:
      logits: {dense: 3}
      auxiliary: {dense: 2, when: =training}
    expect: {parameters: 787, training: {parameters: 1301}}
"""


def test_both_graphs(graph: Expanded, paths: Paths) -> None:
    inference, training = graph(TRAINED), graph(TRAINED, training=True)
    assert paths(inference) == ["dense", "flatten", "logits"]
    assert paths(training) == ["dense", "dropout", "flatten", "logits", "auxiliary"]
    assert [node.layer.weights for node in inference.nodes] == [
        node.layer.weights for node in training.nodes if node.path in paths(inference)
    ]


def test_both_graphs_are_checked(told: Told) -> None:
    assert told(TRAINED.replace("parameters: 1301", "parameters: 1")) == ["E0320: 1 parameters are expected, but the network has 1,301"]
    assert told(TRAINED.replace("dropout: 0.5", "conv2d: {filters: 3, kernel_size: 9}"))[0].startswith("E0302")
    assert len(told(TRAINED.replace("dense: 4", "conv2d: {filters: 3, kernel_size: 9}"))) == 1


# defaults, trainable, sizes


def test_defaults_stand_between_keras_and_the_step(graph: Expanded) -> None:
    text = (
        "params: {act: relu}\ndefaults: {dense: {activation: =act, use_bias: false, units: 7}}\n"
        "layers:\n  - dense\n  - dense: {units: 3, activation: null}\n"
    )
    first, second = (node.layer.call for node in graph(text).nodes)
    assert (first.args, dict(first.kwargs)) == ((7,), {"activation": "relu", "use_bias": False})
    assert (second.args, dict(second.kwargs)) == ((3,), {"use_bias": False})


def test_defaults_reach_blocks_and_merges(graph: Expanded) -> None:
    text = (
        "defaults:\n  batch_normalization: {epsilon: 0.5}\n  conv2d: {use_bias: false}\n"
        "  concatenate: {axis: 1}\nlayers:\n  - residual: {filters: 3}\n"
        "  - parallel: {merge: concatenate, branches: {a: , b: }}\n"
    )
    built = graph(text)
    assert all(node.layer.call.kwargs["epsilon"] == 0.5 for node in built.nodes if node.layer.word == "batch_normalization")
    assert not any(weight.name == "bias" for node in built.nodes if node.layer.word == "conv2d" for weight in node.layer.weights)
    assert built.nodes[-1].outputs[0].shape == (None, 16, 8, 3)


def test_defaults_do_not_see_the_block_that_they_reach(told: Told) -> None:
    text = "defaults: {{dense: {{activation: {0}}}}}\nblocks: {{unit: {{params: {{act: relu}}, layers: {{dense: 3}}}}}}\nlayers: [unit]\n"
    assert told(text.format("=act")) == ["E0202: no param, variable or step is named `act` here"]
    assert told("params: {act: relu}\n" + text.format("=act")) == []


def test_wrong_defaults_are_told_once_and_echo_nowhere(told: Told) -> None:
    text = "defaults: {dense: {units: 0, activatoin: relu}}\nlayers:\n  - dense: 3\n  - dense: 4\n  - reshape: [1]\n"
    assert sorted(told(text)) == ["E0104: `units` of `dense` must be at least 1, not 0", "E0108: `dense` has no `activatoin`"]


def test_trainable(graph: Expanded) -> None:
    text = (
        "blocks: {unit: {layers: [{dense: 3}, {dense: 4, trainable: true}]}}\nlayers:\n  - unit:\n"
        "    trainable: SWITCH\n  - flatten\n  - dense: 1\n    trainable: =not training\n"
    )
    frozen = graph(text.replace("SWITCH", "false"))
    assert [layer.trainable for layer in frozen.layers] == [False, False, True, True]
    assert frozen.trainable_parameters == 4 * 64 + 1
    assert frozen.parameters == 4 * 64 + 1 + 3 * 3 + 3 + 3 * 4 + 4


def test_unknown_sizes(graph: Expanded, told: Told, shape: Shape) -> None:
    text = "inputs: {{image: [null, null, 3]}}\nlayers:\n  - conv2d: {{filters: 4, kernel_size: 3, padding: same}}\n  - {0}\n"
    assert shape(graph(text.format("global_average_pooling2d"))) == (4,)
    assert told(text.format("dense: =x.height // 2")) == ["E0205: `x.height // 2` needs a size that is not known"]
    assert told(text.format("dense: =x.height")) == ["E0205: `units` of `dense` needs a size that is not known"]
    assert told(text.format("reshape: [-1]")) == []


def test_inputs(graph: Expanded, told: Told) -> None:
    text = "params: {{size: 4}}\ninputs: {{tokens: {0}}}\nlayers:\n  - {1}\n"
    built = graph(text.format("{shape: [=size, null], dtype: int32}", "embedding: {input_dim: 9, output_dim: 3}"))
    assert str(built.inputs["tokens"].spec) == "(?, 4, ?) int32"
    assert built.outputs["output"].spec.shape == (None, 4, None, 3)
    assert told(text.format("[=size - 4]", "flatten")) == ["E0104: item 1 of the input `tokens` must be at least 1, not 0"]
    assert told(text.format("[four]", "flatten")) == [
        "E0103: item 1 of the input `tokens` must be an integer or null, not the string `four`"
    ]
    assert told(text.format("4", "flatten")) == ["E0103: the input `tokens` must be a list of sizes, or a mapping, not 4"]
    whole = graph("params: {shape: [5, 2]}\ninputs: {v: =shape, w: {shape: =shape}}\nlayers:\n  - add:\n    from: [v, w]\n")
    assert [tensor.spec.shape for tensor in whole.inputs.values()] == [(None, 5, 2)] * 2
    assert graph(text.format("[]", "reshape: [1]")).inputs["tokens"].spec.shape == (None,)


# model


def test_model_inlines_the_layers_of_a_spec(graph: Expanded, paths: Paths) -> None:
    text = (
        "inputs: {image: [64, 64, 3]}\nlayers:\n  - model: {spec: resnet50, params: {depths: [1, 1]}}\n"
        "    name: backbone\n  - flatten\n    from: {0}\n"
    ).replace("- flatten", "- flatten:")
    whole = graph(text.replace("{0}", "backbone"))
    assert whole.nodes[0].path == "backbone/zero_padding2d"
    assert not any("logits" in path for path in paths(whole))
    part = graph(text.replace("{0}", "backbone/stage/0"))
    assert len(part.nodes) < len(whole.nodes)
    assert arguments(part, "flatten") == ["backbone/stage/0/unit/0/activation"]


def test_model_keeps_to_itself(write: Callable[[str, str], Path]) -> None:
    write(
        "inner.yaml",
        "specc: 1\nparams: {width: 3}\ninputs: {features: [8]}\ndefaults: {dense: {use_bias: false}}\n"
        "blocks: {unit: {params: {n: 3}, layers: {dense: =n}}}\n"
        "layers:\n  - unit: =width\n    name: a\nheads: {out: {dense: 9}}\nexpect: {parameters: 1}\n",
    )
    outer = (
        "specc: 1\nparams: {wide: 5}\ninputs: {image: [8]}\ndefaults: {dense: {activation: relu}}\nlayers:\n"
        "  - model: {spec: inner.yaml, params: {width: =wide}}\n    name: m\n  - dense: 2\n    from: m/a\n"
    )
    built = language.load(write("my.yaml", outer)).graph()
    assert [(node.path, dict(node.layer.call.kwargs)) for node in built.nodes] == [
        ("m/a/dense", {"use_bias": False}),
        ("dense", {"activation": "relu"}),
    ]
    assert built.parameters == 8 * 5 + 5 * 2 + 2


def test_a_model_that_was_changed_is_read_again(write: Callable[[str, str], Path]) -> None:
    path = write("my.yaml", "specc: 1\ninputs: {image: [8]}\nlayers:\n  - model: inner.yaml\n")
    for units in (3, 4):
        write("inner.yaml", f"specc: 1\ninputs: {{image: [8]}}\nlayers:\n  - dense: {units}\n")
        assert language.load(path).graph().parameters == 9 * units


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("model: nobody", "E0405: no spec is named `nobody`"),
        ("model: nobody.yaml", "E0001: `nobody.yaml` cannot be read: there is no such file"),
        ("model: =nobody", "E0405: a spec is named, not computed"),
        ("model: {spec: resnet50, params: {clases: 3}}", "E0401: the spec `resnet50` has no param `clases`"),
        ("model: {spec: resnet50, params: {classes: many}}", "E0402: the param `classes` must be an integer, not the string `many`"),
    ],
)
def test_models_that_cannot_be_used(told: Told, step: str, said: str) -> None:
    assert told(f"layers:\n  - {step}\n") == [said]


def test_models_in_a_circle(write: Callable[[str, str], Path]) -> None:
    write("a.yaml", "specc: 1\ninputs: {v: [8]}\nlayers:\n  - model: b.yaml\n")
    write("b.yaml", "specc: 1\ninputs: {v: [8]}\nlayers:\n  - model: a.yaml\n")
    assert [found.code for found in language.check(Path("a.yaml"))] == ["E0207"]


def test_mistakes_in_a_model_are_told_in_its_file(write: Callable[[str, str], Path]) -> None:
    write("inner.yaml", "specc: 1\ninputs: {v: [8]}\nlayers:\n  - dense: 0\n  - dens: 3\n")
    found = language.check(write("my.yaml", "specc: 1\ninputs: {v: [8]}\nlayers:\n  - model: inner.yaml\n  - model: inner.yaml\n"))
    assert [str(diagnostic.span) for diagnostic in found] == ["inner.yaml:4:12", "inner.yaml:5:5"]


# expect, and how mistakes are told


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("parameters: 12", []),
        ("parameters: =3 * 4", []),
        ("parameters: =3 * 5", ["E0320: 15 parameters are expected, but the network has 12"]),
        ("parameters: =3 / 2", ["E0103: `parameters` of `expect` must be an integer, not 1.5"]),
        ("parameters: =nobody", ["E0202: no param, variable or step is named `nobody` here"]),
        ("parameters: 13", ["E0320: 13 parameters are expected, but the network has 12"]),
        ("trainable_parameters: 1", ["E0320: 1 trainable parameters are expected, but the network has 12"]),
        ("macs: 576, outputs: {output: [8, 8, 3]}", []),
        ("macs: 1", ["E0320: 1 multiply-adds are expected, but the network has 576"]),
        ("outputs: {output: [8, 8, 4]}", ["E0320: `output` is expected to have the shape [8, 8, 4], but has [8, 8, 3]"]),
        ("outputs: {out: [3]}", ["E0320: an output `out` is expected, but the outputs are `output`"]),
        ("training: {parameters: 13}", ["E0320: 13 parameters are expected, but the network has 12"]),
        ("parametres: 3", ["E0108: `expect` has no `parametres`"]),
    ],
)
def test_expectations(told: Told, expected: str, said: list[str]) -> None:
    found = told(f"layers:\n  - dense: 3\nexpect: {{{expected}}}\n")
    assert found == said


def test_a_failed_step_causes_no_echoes(told: Told) -> None:
    text = """
    params: {bad: =1 / 0}
    layers:
      - conv2d: {filters: 8}
        name: a
      - conv2d: {filters: =x.channels, kernel_size: 3}
      - dense: =a.channels + bad
        from: a
      - add:
        from: [a, image]
      - unknown
      - reshape: [3]
    heads: {out: {dense: 3}}
    expect: {parameters: 5}
    """
    assert sorted(told(text)) == [
        "E0102: `conv2d` needs `kernel_size`",
        "E0106: unknown layer or block `unknown`",
        "E0204: `1 / 0` divides by zero",
    ]


def test_what_is_wrong_in_every_iteration_is_told_once(told: Told) -> None:
    text = "layers:\n  - layers:\n      - dense: =4 - 2 * i - 4\n      - dense: =nobody\n    repeat: 4\n"
    assert told(text) == ["E0104: `units` of `dense` must be at least 1, not 0", "E0202: no param, variable or step is named `nobody` here"]


def test_what_is_wrong_in_a_block_is_told_once_with_its_first_use() -> None:
    text = (
        "specc: 1\ninputs: {image: [8, 8, 3]}\nblocks: {unit: {layers: {dense: =nobody}}}\nlayers:\n  - unit\n  - unit:\n    from: image\n"
    )
    (found,) = language.check("my.yaml", text=text)
    assert [(note.message, str(note.span)) for note in found.notes] == [("in block `unit`, used at", "my.yaml:5:5")]


def test_what_is_wrong_in_a_built_in_block_is_told_at_its_use() -> None:
    text = (
        "specc: 1\ninputs: {image: [8, 8]}\nlayers:\n  - inception: {one: 1, three_reduce: 1, three: 1, five_reduce: 1, five: 1, pool: 1}\n"
    )
    (found,) = language.check("my.yaml", text=text)
    assert (found.code, str(found.span)) == ("E0301", "my.yaml:4:5")
    assert str(found.notes[0].span).startswith("specc/blocks/inception.yaml:")


def test_loading_raises_what_check_returns() -> None:
    text = "specc: 1\ninputs: {image: [8, 8]}\nlayers:\n  - dens: 3\n"
    with pytest.raises(SpecError) as caught:
        language.loads(text, "my.yaml")
    assert [found.message for found in caught.value.diagnostics] == [found.message for found in language.check("my.yaml", text=text)]
    with pytest.raises(SpecError, match="E0302"):
        language.loads(text.replace("dens: 3", "max_pooling1d: 9")).graph()


def test_graphs_are_in_the_order_of_the_spec(graph: Expanded) -> None:
    built = graph("layers:\n  - parallel: {merge: add, branches: {b: {dense: 3}, a: {dense: 3}}}\n  - flatten\n")
    seen: set[Any] = set(built.inputs.values())
    for node in built.nodes:
        assert all(tensor.node is None or tensor.node in seen for tensor in node.inputs)
        seen.add(node)
    assert isinstance(built.outputs["output"], Tensor)


def test_what_is_printed_of_a_tensor_does_not_go_back_to_the_inputs(graph: Expanded) -> None:
    """Each sum has two ways back: 2^12 of them from the last one."""
    deep = graph("layers:\n  - add:\n    from: [x, x]\n    repeat: 12\n")
    assert len(repr(deep.outputs["output"])) < 2_000
