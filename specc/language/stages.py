"""Stages of training: each is the section `train` with a patch on it, by the rule that `extends` has too (RFC 7396)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specc.registry.entry import choose
from specc.registry.experiment import Stage
from specc.registry.types import ChoiceOf, MapOf, Section, Type

RIVALS = {"objective": "losses", "losses": "objective"}  # each takes the other's place


def staged(train: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the section `train`, its stages made whole: what a stage does not say is as `train` says."""
    common = {name: value for name, value in train.items() if name in Stage.parameters}
    return {**train, "stages": [_stage(common, patch) for patch in train.get("stages") or []]}


def _stage(common: Mapping[str, Any], patch: Mapping[str, Any]) -> Any:
    displaced = {RIVALS[name] for name in patch if name in RIVALS and patch[name]}
    return _patched(Section(Stage), {name: value for name, value in common.items() if name not in displaced}, patch)


def _patched(kind: Type, before: Any, patch: Any) -> Any:
    """Mappings merge, null removes, another word replaces the whole choice, and so does anything else."""
    if not isinstance(before, Mapping) or not isinstance(patch, Mapping):
        return patch
    match kind:
        case Section(params):
            types = {name: parameter.type for name, parameter in params.parameters.items()}
            return _merged(types, before, patch)
        case MapOf(item):
            return _merged(dict.fromkeys([*before, *patch], item), before, patch)
        case ChoiceOf(family):
            (word,) = patch
            entry = choose(family, word)
            if entry is None or word not in before:
                return patch
            types = {name: parameter.type for name, parameter in entry.params.parameters.items()}
            return {word: _merged(types, before[word] or {}, patch[word] or {})}
    return patch


def _merged(types: Mapping[str, Type], before: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**before, **{name: _patched(types[name], before.get(name), value) for name, value in patch.items()}}
    return {name: value for name, value in merged.items() if name not in patch or patch[name] is not None}
