"""The systems of tests/language/dogfood that need nothing which is still missing: built, and printed as source, they are one model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import specc

FOLDER = Path(__file__).parents[1] / "language" / "dogfood"

# Params for which a model is small enough to be run.
SMALL: dict[str, dict[str, Any]] = {
    "char_rnn": {"vocabulary": 9, "width": 8, "chunk": 5},
    "dino_vit_s16": {"size": 32, "patch": 2, "width": 24, "depth": 2, "heads": 2, "hidden": 12, "prototype_count": 10},
    "pets": {"widths": [2, 3], "bottom": 4},
    "simclr_digits": {},
    "transformer_base": {"vocabulary": 20, "width": 16, "heads": 2, "hidden": 12, "depth": 2, "length": 5, "dropout": 0.2},
}
# Those that take seconds all the same.
LARGE: dict[str, dict[str, Any]] = {
    "caption_attention": {"vocabulary": 20, "length": 4, "width": 8},
    "moco_v2_cifar10": {},
    "segnet": {"classes": 3, "stages": [{"filters": 64, "depth": 1}, {"filters": 4, "depth": 2}]},
    "transfer": {"depths": [1, 1, 1, 1]},
}


def reference(name: str) -> str:
    """Its file, or its name in the zoo."""
    path = FOLDER / f"{name}.yaml"
    return str(path) if path.exists() else name


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", SMALL)
def test_a_system_and_its_source_make_one_model(name: str, training: bool, same: Callable[..., str]) -> None:
    same(reference(name), SMALL[name], training=training)


@pytest.mark.slow
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", LARGE)
def test_a_large_system_and_its_source_make_one_model(name: str, training: bool, same: Callable[..., str]) -> None:
    same(reference(name), LARGE[name], training=training)


@pytest.mark.parametrize("name", SMALL)
def test_what_is_built_is_what_was_counted(name: str) -> None:
    for training in (False, True):
        spec = specc.load(reference(name), params=SMALL[name])
        graph, model = specc.analyze(spec, training=training), specc.build(spec, training=training)
        assert model.count_params() == graph.parameters
        outputs = model.output if isinstance(model.output, dict) else {next(iter(graph.outputs)): model.output}
        assert {name: each.shape for name, each in outputs.items()} == {name: each.spec.shape for name, each in graph.outputs.items()}


def test_every_system_is_built_or_waits_for_a_word() -> None:
    from specc.language.pending import require_built

    for path in FOLDER.glob("*.yaml"):
        if path.stem not in {**SMALL, **LARGE}:
            with pytest.raises(specc.SpecError, match="cannot be built yet"):
                require_built(specc.analyze(path))
