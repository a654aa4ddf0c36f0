"""Every classifier of the zoo, built for small grey images with few classes, and without its classifier, computes what was promised."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest

import specc
from specc.zoo import zoo

CLASSIFIERS = [name for name, path in zoo().items() if path.parent.name == "classification"]


@pytest.fixture(autouse=True)
def one_model_at_a_time() -> Iterator[None]:
    yield
    keras.backend.clear_session()
    gc.collect()


@pytest.mark.parametrize("include_top", [True, False], ids=["whole", "without_classifier"])
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_small_grey_images(name: str, include_top: bool) -> None:
    form: dict[str, Any] = {"channels": 1, "include_top": include_top, "classes": 10}
    if "small" in specc.load(name).document.params:
        form["small"] = True
    spec = specc.load(name, params=form)
    (promised,) = specc.analyze(spec).outputs.values()
    model = specc.build(spec)
    assert model.input_shape == (None, 32, 32, 1)
    assert model.count_params() == specc.analyze(spec).parameters
    made = np.asarray(model(np.random.default_rng(0).normal(size=(2, 32, 32, 1)).astype("float32"), training=False))
    assert made.shape == (2, *promised.spec.shape[1:])  # type: ignore[union-attr]
    assert made.shape == (2, 10) or not include_top
    assert np.isfinite(made).all()
    assert np.abs(made[0] - made[1]).max() > 0  # what goes in matters
