"""What a run's numbers depend on beside its spec: versions, seed, the compiled network, the data."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping
from typing import Any

from specc.data.feed import Feed
from specc.diagnostics import fail
from specc.graph import Graph
from specc.report import as_json
from specc.training.folder import versions

WHAT = {"graph": "the network is compiled to another one", "data": "the data are others"}


def lock_of(graph: Graph, seed: int, feed: Feed) -> dict[str, Any]:
    """The lock of a run."""
    compiled = {key: value for key, value in as_json(graph, depth=1).items() if key != "name"}
    data = {
        "examples": feed.examples,
        "steps": feed.steps,
        "fields": {name: str(field.spec) for name, field in feed.fields.items()},
        "values": feed.fingerprint,
    }
    return {"versions": versions(), "seed": seed, "graph": _hash(compiled), "data": data}


def require_same(before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Warns where a run goes on with other versions than it was begun with.

    Raises:
        SpecError: it goes on with other data, or another network.
    """
    for key, what in WHAT.items():
        if key in before and before[key] != now[key]:
            message = f"the run cannot go on: {what} than when it was begun"
            raise fail("E0514", message, help="its numbers would be those of neither; begin a new run")
    changed = [
        f"{name} {now['versions'][name]} in place of {version}"
        for name, version in before.get("versions", {}).items()
        if now["versions"].get(name) != version
    ]
    if changed:
        warnings.warn(
            f"the run goes on with {', '.join(changed)}; its numbers may differ from those of a run without a break", stacklevel=2
        )


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
