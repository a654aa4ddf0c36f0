"""The section `data`: where examples come from, and what is done to each before it is batched."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal

from specc.graph import TensorSpec
from specc.registry.data.fields import BY_OBJECT, Field
from specc.registry.data.sources.source import Source
from specc.registry.data.tokenizers import tokenizer_params
from specc.registry.data.transforms.transform import Fields, Geometric, Making, moving, transform_params
from specc.registry.entry import Choice, Params, param
from specc.registry.types import ChoiceOf, Section

Transforms = list[Annotated[Choice, ChoiceOf("transform")]]


class NamedField(Params):
    """A field of the batch, made of a feature of the data set: `label: coarse_label`, or with a tokenizer."""

    feature: str = param("The data set's feature; inside another one by its path: `captions/text`.")
    tokenizer: Annotated[Choice | None, ChoiceOf("tokenizer", optional=True)] = param("What makes a text numbers.", default=None)


class View(Params):
    """Pictures of an example that are augmented each for itself: `views: 2` makes two, a list makes kinds of different sizes."""

    count: int = param("How many of this kind.", default=1, minimum=1)
    transforms: Transforms = param("What is done to each of them, after the pipeline's own transforms.", default=[])


class Objects(Params):
    """Which objects of an example stay, and how many there are: what has an entry for each, like boxes, masks and labels, keeps step."""

    pad_to: int | None = param(
        "Objects that every example has in a batch: rows of zeros whose label is -1 fill up, and objects beyond that number are left out; "
        "none: as many as the example of the batch that has most.",
        default=None,
        minimum=1,
    )
    min_visibility: float = param(
        "Share of a box that must be left in the image after a transform; objects with less are gone.", default=0.1, minimum=0, maximum=1
    )
    min_size: float = param("Width and height, in pixels, that a box must keep.", default=1.0, minimum=0)


class Subset(Params):
    """A part of the examples, the same at every opening: for learning curves, and for learning from few labels."""

    share: float | None = param("Share of the examples of each class, at least one of them; none: all.", default=None, above=0, maximum=1)
    per_class: int | None = param("How many examples of each class, in place of a share; none: all.", default=None, minimum=1)
    seed: int = param("Another seed draws another part.", default=0, minimum=0)
    by: str | None = param("The field with the class; none: the only one with one class for each example.", default=None)


class Pipeline(Params):
    """Where examples come from, and what is done to each before it is batched."""

    source: Annotated[Choice, ChoiceOf("source")] = param("The examples: `digits`, `{tfds: {name: cifar10}}`.")
    fields: dict[str, Annotated[NamedField, Section(NamedField, first=True)]] = param(
        "The fields of a batch by name, each a feature of the data set; without any, the features as they are.", default={}
    )
    subset: Annotated[Subset, Section(Subset, first=True)] = param(
        "A part of the examples: `0.01` is 1% of each class, `{per_class: 10}` ten of each.", default={}
    )
    chunk: int | None = param("Length of the pieces that a stream of tokens is cut into: one piece, one example.", default=None, minimum=1)
    shift: dict[str, str] = param(
        "Fields of tokens whose targets are the tokens one place further: `{tokens: labels}` makes the field `labels`.", default={}
    )
    transforms: Transforms = param(
        "What is done to each example, in order. Random transforms draw anew in every epoch, and for every view.", default=[]
    )
    views: list[Annotated[View, Section(View, first=True)]] = param(
        "Pictures of an example that are augmented each for itself: a count, or a list of kinds.", default=[]
    )
    objects: Annotated[Objects, Section(Objects, first=True)] = param(
        "Which objects of an example stay, and how many there are.", default={}
    )
    cache: str = param(
        "Where examples are kept after the transforms before the first random one: `memory`, a folder, or `none`, which makes them "
        "anew in each epoch; `auto` is memory where they take less than 1 GiB.",
        default="auto",
    )
    on_error: Literal["fail", "skip"] = param(
        "What happens to faulty records (unreadable, absent, with a label that is no class): the run fails, or they are told and left out.",
        default="fail",
    )

    def known_fields(self) -> Fields | None:
        """The fields of a batch, of the first view; None where only the data themselves can tell."""
        views = self.known_views()
        return None if views is None else views[0]

    def known_views(self) -> list[Fields] | None:
        """The fields of a batch for every kind of view; None where only the data themselves can tell."""
        known = self.given_fields()
        return None if known is None else self.views_of(known)

    def given_fields(self) -> Fields | None:
        """The fields of an example before the transforms; None where only the data themselves can tell."""
        assert isinstance(self.source.params, Source)
        known = self.source.params.fields()
        return None if known is None else self._shifted(self._chunked(self._named(known)))

    def views_of(self, known: Mapping[str, Field]) -> list[Fields]:
        """What the transforms make of fields, for every kind of view; without views there is one."""
        found = []
        for transforms in [view.transforms for view in self.views] or [[]]:
            fields = dict(known)
            for transform in (*self.transforms, *transforms):
                fields = transform_params(transform).fields(fields)
            found.append({name: self._filled_up(field) for name, field in fields.items()})
        return found

    def _filled_up(self, field: Field) -> Field:
        if field.kind not in BY_OBJECT:
            return field
        return field.with_shape(None, self.objects.pad_to, *field.spec.shape[2:])

    def _named(self, known: Fields) -> Fields | None:
        """The fields that `fields` asks for; None where one of them is nothing that is known."""
        found = {}
        for name, made in self.fields.items():
            if made.tokenizer is not None:
                params = tokenizer_params(made.tokenizer)
                found[name] = Field(TensorSpec((None, params.sequence_length), "int32"), params.vocabulary_size, "tokens")
            elif made.feature in known:
                found[name] = known[made.feature]
            else:
                return None
        return found if self.fields else known

    def _chunked(self, known: Fields | None) -> Fields | None:
        if self.chunk is None or known is None:
            return known
        pieces = {name: field for name, field in known.items() if not field.is_text}
        return {name: replace(field, spec=TensorSpec((None, self.chunk), field.spec.dtype)) for name, field in pieces.items()}

    def _shifted(self, known: Fields | None) -> Fields | None:
        return None if known is None else {**known, **{target: known[name] for name, target in self.shift.items() if name in known}}


def changed_by(transforms: Sequence[Choice], fields: Mapping[str, Field]) -> set[str]:
    """The fields of which every view has its own: images, and what transforms change or moves with them."""
    changed = {name for name, field in fields.items() if field.kind == "image"}
    for choice in transforms:
        params = transform_params(choice)
        if params.field in fields:
            changed.update(moving(params.field, fields) if isinstance(params, Geometric) else [params.field])
    boxed = any(fields[name].kind == "boxes" for name in changed)
    made = {params.into for params in map(transform_params, transforms) if isinstance(params, Making)}
    return changed | made | {name for name, field in fields.items() if boxed and field.kind in BY_OBJECT}


class Data(Params):
    """The data of an experiment."""

    train: Pipeline | None = param("What the model learns from, shuffled in every epoch.", default=None)
    validation: Pipeline | None = param("What is measured after each epoch.", default=None)
    test: Pipeline | None = param("What `evaluate` measures; without it, the validation data.", default=None)
