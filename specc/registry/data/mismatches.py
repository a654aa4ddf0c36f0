"""What of a pipeline does not fit what its source gives, known before anything is read."""

from collections.abc import Iterable, Iterator, Mapping

from specc.registry.data.fields import BY_OBJECT, Field
from specc.registry.data.pipeline import Pipeline
from specc.registry.data.sources.source import Source
from specc.registry.data.transforms.transform import transform_params
from specc.registry.entry import Choice, nearest

Path = tuple[str | int, ...]
Mismatch = tuple[Path, str, str]  # where it stands, what it is, and what to change

CACHES = ("auto", "memory", "none")


def unknown_names(pipeline: Pipeline) -> Iterator[Mismatch]:
    """Features that `fields` names and fields that `shift` moves, where the source tells what there is and they are not among it."""
    source = pipeline.source.params
    assert isinstance(source, Source)
    known = source.fields()
    if known is None:
        return
    features = [*known, *(feature for feature, _ in source.tokenizers().values())]
    for name, made in pipeline.fields.items():
        if made.feature not in features:
            yield ("fields", name, "feature"), f"the data have no feature `{made.feature}`", _among(made.feature, features)
    there = list(pipeline.fields or known)
    for name in pipeline.shift:
        if name not in there:
            yield ("shift", name), f"`shift` moves `{name}`, but the data have no such field", _among(name, there)


def unusable_cache(pipeline: Pipeline) -> Iterator[Mismatch]:
    """A `cache` that is neither a word nor written as a folder: a misspelt word would make one."""
    where = pipeline.cache
    if where not in CACHES and not any(sign in where for sign in "/\\"):
        close = nearest(where, CACHES)
        help = f"did you mean `{close}`?" if close else f"it is {', '.join(f'`{word}`' for word in CACHES)}, or a folder: `./{where}`"
        yield ("cache",), f"`cache: {where}` is no word for where examples are kept, and no folder, which is written with a slash", help


def mismatches(pipeline: Pipeline, fields: Mapping[str, Field]) -> Iterator[Mismatch]:
    """A subset that says two things, and transforms that do not fit the source's fields; of several that follow each other the first."""
    if pipeline.subset.share is not None and pipeline.subset.per_class is not None:
        yield ("subset",), "`subset` has both a `share` and a number `per_class`", "keep one of them"
    if pipeline.objects.pad_to is not None and not any(field.kind in BY_OBJECT for field in fields.values()):
        yield ("objects",), "`objects` fills up objects, but the data have none", _among("objects", list(fields))
    own: list[tuple[Path, Choice]] = [(("transforms", place, choice.name), choice) for place, choice in enumerate(pipeline.transforms)]
    views: list[list[tuple[Path, Choice]]] = [
        [(("views", number, "transforms", place, choice.name), choice) for place, choice in enumerate(view.transforms)]
        for number, view in enumerate(pipeline.views)
    ]
    for transforms in views or [[]]:
        found = _first([*own, *transforms], fields, pipeline)
        if found is not None:
            yield found
            return


def _first(transforms: Iterable[tuple[Path, Choice]], fields: Mapping[str, Field], pipeline: Pipeline) -> Mismatch | None:
    """The first of some transforms that does not fit what the others before it have left."""
    known, mixing, scaled = dict(fields), "", dict[str, str]()
    for path, choice in transforms:
        params = transform_params(choice)
        name = params.field
        if name not in known:
            return path, f"`{choice.name}` changes the field `{name}`, but the data have {_list(known)}", _meant(name, known)
        found = params.mismatch(known, pipeline.objects.pad_to)
        if known[name].is_text:
            found = f"changes numbers, but `{name}` is a text", "give it a tokenizer in `fields`, or name another `field`"
        if params.needs_unit and name in scaled:
            found = f"takes an image from 0 to 1, but stands after `{scaled[name]}`", f"move it before `{scaled[name]}`"
        if params.partners and pipeline.views:
            found = "mixes examples, but `views` are several pictures of one", "leave out one of the two"
        if mixing and not params.partners:
            found = f"looks at one example, but stands after `{mixing}`, which mixes them", f"move it before `{mixing}`"
        if found is not None:
            return path, f"`{choice.name}` {found[0]}", found[1]
        mixing = choice.name if params.partners else mixing
        scaled.update({name: choice.name} if params.leaves_unit and known[name].kind == "image" else {})
        known = params.fields(known)
    return None


def _meant(name: str, known: Iterable[str]) -> str:
    close = nearest(name, known)
    return f"did you mean `{close}`?" if close else "name another `field`"


def _among(name: str, names: list[str]) -> str:
    """Which of the names may be meant, or all of them."""
    close = nearest(name, names)
    return f"did you mean `{close}`?" if close else f"they have {_list(names)}"


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
