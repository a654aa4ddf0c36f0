"""The direct walk of a schema agrees with jsonschema: it is only a faster way to the same yes."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from specc.diagnostics import Sink
from specc.language.schema import document_schema
from specc.language.spelling import Speller
from specc.language.syntax import MapNode, parse, plain_value, read
from specc.language.validation import jsonschema_validator, plainly_valid
from specc.language.vocabulary import Vocabulary
from specc.zoo import zoo

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.sampled_from(["same", "relu", "=x", "he_normal", ""]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["filters", "units", "name", "spec", "l2"]), inner, max_size=3)
    ),
    max_leaves=4,
)


@cache
def spelled(name: str) -> tuple[Any, dict[str, Any]]:
    root = parse(read(zoo()[name]))
    assert isinstance(root, MapNode)
    blocks = root.get("blocks")
    vocabulary = Vocabulary().extended(blocks if isinstance(blocks, MapNode) else None)
    speller = Speller(vocabulary, Sink())
    document = speller.document(root)
    sections = [section for section in ("data", "train") if section in document]
    return plain_value(document), document_schema(vocabulary, speller.used, sections, {})


def places(value: Any) -> list[tuple[Any, Any]]:
    found = []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += [(value, key), *places(item)]
    return found


def is_valid(document: Any, schema: dict[str, Any]) -> bool:
    return next(jsonschema_validator()(schema).iter_errors(document), None) is None


def test_the_zoo_is_plainly_valid() -> None:
    for name, path in zoo().items():
        if "\nextends:" in path.read_text(encoding="utf-8"):
            continue  # a patch lacks what its base has
        document, schema = spelled(name)
        assert plainly_valid(document, schema, schema["$defs"]), name
        assert is_valid(document, schema), name


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_agrees_with_jsonschema_on_changed_documents(data: st.DataObject) -> None:
    import copy

    name = data.draw(st.sampled_from(["cnn_digits", "vit_digits", "unet", "googlenet"]))
    original, schema = spelled(name)
    document = copy.deepcopy(original)
    holder, key = data.draw(st.sampled_from(places(document)))
    action = data.draw(st.sampled_from(["replace", "remove", "add"]))
    if action == "remove":
        del holder[key]
    elif action == "add" and isinstance(holder, dict):
        holder["surplus"] = data.draw(VALUES)
    else:
        holder[key] = data.draw(VALUES)
    assert plainly_valid(document, schema, schema["$defs"]) == is_valid(document, schema)


def test_a_right_spec_is_checked_without_importing_jsonschema() -> None:
    code = "import sys, specc.language as l; assert l.check('resnet50') == (); assert 'jsonschema' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
