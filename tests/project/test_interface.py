"""The Python interface, where it is given what it does not take."""

from __future__ import annotations

from typing import Any

import pytest

import specc


@pytest.mark.parametrize("reference", [3, None, {"specc": 1}])
@pytest.mark.parametrize("function", [specc.load, specc.analyze, specc.build])
def test_what_names_no_spec(function: Any, reference: Any) -> None:
    with pytest.raises(TypeError, match=f"not {type(reference).__name__}; specc.language.loads reads a text"):
        function(reference)


@pytest.mark.parametrize("text", ["specc: 1\ninputs: {image: [8, 8, 1/2]}\n", '{"specc": 1}'])
def test_a_text_is_no_reference(text: str) -> None:
    with pytest.raises(specc.SpecError) as caught:
        specc.load(text)
    (found,) = caught.value.diagnostics
    assert (found.code, found.help) == ("E0405", "specc.language.loads reads a text")
    assert "inputs" not in str(caught.value)
