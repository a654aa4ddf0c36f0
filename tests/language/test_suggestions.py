"""What is suggested where a word is not known, and that one mistake does not hide the others."""

from __future__ import annotations

import pytest

from specc.language import check
from specc.registry import MODULES
from specc.registry.entry import entries, nearest_entry, plural

SPEC = """
specc: 1
inputs: {image: [8, 8, 1]}
layers: [flatten]
heads: {logits: {dense: 10}}
train: {objective: LOSS, optimizer: OPTIMIZER}
"""


def told(loss: str = "softmax_cross_entropy", optimizer: str = "adam") -> list[tuple[str, str | None]]:
    return [(found.code, found.help) for found in check("my.yaml", text=SPEC.replace("LOSS", loss).replace("OPTIMIZER", optimizer))]


@pytest.mark.parametrize(
    ("keras", "ours"),
    [
        ("sparse_categorical_crossentropy", "softmax_cross_entropy"),
        ("categorical_crossentropy", "softmax_cross_entropy"),
        ("binary_crossentropy", "sigmoid_cross_entropy"),
        ("mse", "mean_squared_error"),
        ("MeanSquaredError", "mean_squared_error"),
        ("mae", "mean_absolute_error"),
    ],
)
def test_losses_known_by_other_names(keras: str, ours: str) -> None:
    assert told(loss=keras) == [("E0106", f"did you mean `{ours}`?")]


def test_capitals_do_not_count() -> None:
    assert told(optimizer="SGD") == [("E0106", "did you mean `sgd`?")]


def test_what_is_not_near_is_listed_by_a_command_that_there_is() -> None:
    assert told(loss="zzz") == [("E0106", "the objectives are listed by `specc list objectives`")]
    from specc.reference import kinds

    assert {plural(family) for family in MODULES} <= set(kinds())


@pytest.mark.parametrize("family", MODULES)
def test_other_names_are_no_words_themselves(family: str) -> None:
    for entry in entries(family).values():
        for also in entry.also:
            assert also not in entries(family)
            assert nearest_entry(family, also) == entry.name


def test_a_key_that_stands_twice_hides_nothing() -> None:
    text = SPEC.replace("LOSS", "mse").replace("OPTIMIZER", "adam").replace("[flatten]", "[{dense: {units: 3, units: 4}}, {flaten: }]")
    assert [found.code for found in check("my.yaml", text=text)] == ["E0003", "E0106", "E0106"]


@pytest.mark.parametrize("expression", ["=[36, 2]", "=sizes[0]", "=[sizes[0], 2]", "=max(sizes[0], 2)"])
def test_the_whole_expression_is_to_be_quoted(expression: str) -> None:
    text = "specc: 1\nparams: {sizes: [36, 2]}\ninputs: {v: [72]}\nlayers:\n  - reshape: {target_shape: " + expression + "}\n"
    (found,) = check("my.yaml", text=text)
    assert (found.code, found.help) == ("E0004", f'quote it: "{expression}"')
