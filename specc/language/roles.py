"""Which heads and fields an objective over the whole model finds in the roles that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from specc.diagnostics import Sink, Span
from specc.registry.entry import Choice, nearest
from specc.registry.objectives.base import objective_params


def check_roles(
    objective: Choice,
    heads: Iterable[str],
    fields: Iterable[str] | None,
    sink: Sink,
    span_of: Callable[..., Span | None],
    path: tuple[str | int, ...],
) -> None:
    """Reports outputs and targets that an objective needs and does not find: by the name of the role, as the only one, or as it is told.

    Args:
        heads: the model's outputs.
        fields: the batch's fields that feed no input; None where they are not known yet.
        path: the key of the objective.
    """
    params = objective_params(objective)
    needs = [("outputs", "head", params.needs_outputs, params.outputs, list(heads))]
    if fields is not None:
        needs.append(("targets", "field", params.needs_targets, params.targets, list(fields)))
    for key, kind, roles, given, names in needs:
        told = (*path, objective.name, key)
        for role, name in given.items():
            span = span_of(*told, role)
            if role not in roles:
                close = nearest(role, roles)
                help = f"did you mean `{close}`?" if close else f"the roles are {listed(roles)}"
                sink.error("E0502", f"`{objective.name}` has no role `{role}` among its {key}", span, help=help)
            elif name not in names:
                close = nearest(name, names)
                help = f"did you mean `{close}`?" if close else f"the {kind}s are {listed(names)}"
                sink.error("E0501" if kind == "head" else "E0503", f"no {kind} is named `{name}`", span, help=help)
        missing = unfilled(roles, given, names)
        if missing:
            holder = "the model" if kind == "head" else "the data"
            several = "s" if len(missing) > 1 else ""
            message = f"`{objective.name}` needs the {kind}{several} {listed(missing)}, but {holder} has {listed(names)}"
            message = message.replace("the data has", "the data have")
            help = f"name it so, or say which it is: `{{{objective.name}: {{{key}: {{{missing[0]}: ...}}}}}}`"
            sink.error("E0502" if kind == "head" else "E0503", message, span_of(*path), help=help)


def unfilled(roles: Sequence[str], given: Mapping[str, str], names: Sequence[str]) -> list[str]:
    """The roles that nobody plays."""
    if len(roles) == len(names) == 1:
        return []
    return [role for role in roles if role not in given and role not in names]


def played(roles: Sequence[str], given: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """Who plays each role, where nothing is wrong."""
    alone = names[0] if len(roles) == len(names) == 1 else None
    return {role: given.get(role) or alone or role for role in roles}


def listed(names: Iterable[str]) -> str:
    """`a`, `b` and `c`."""
    quoted = [f"`{name}`" for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else "".join(quoted) or "none"
