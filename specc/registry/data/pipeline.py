"""The section `data`: where examples come from, and what is done to each before it is batched."""

from dataclasses import replace
from typing import Annotated

from specc.graph import TensorSpec
from specc.registry.data.fields import Field
from specc.registry.data.sources import Source
from specc.registry.data.tokenizers import Tokenizer
from specc.registry.data.transforms import Fields, transform_params
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


class Pipeline(Params):
    """Where examples come from, and what is done to each before it is batched."""

    source: Annotated[Choice, ChoiceOf("source")] = param("The examples: `digits`, `{tfds: {name: cifar10}}`.")
    fields: dict[str, Annotated[NamedField, Section(NamedField, first=True)]] = param(
        "The fields of a batch by name, each a feature of the data set; without any, the features as they are.", default={}, pending=True
    )
    chunk: int | None = param("Length of the pieces that a stream of tokens is cut into: one piece, one example.", default=None, minimum=1,
        pending=True)  # fmt: skip
    shift: dict[str, str] = param(
        "Fields of tokens whose targets are the tokens one place further: `{tokens: labels}` makes the field `labels`.",
        default={},
        pending=True,
    )
    transforms: Transforms = param(
        "What is done to each example, in order. Random transforms draw anew in every epoch, and for every view.", default=[]
    )
    views: list[Annotated[View, Section(View, first=True)]] = param(
        "Pictures of an example that are augmented each for itself: a count, or a list of kinds.", default=[], pending=True
    )

    def known_fields(self) -> Fields | None:
        """The fields of an example after the transforms, of its first view; None where only the data themselves can tell."""
        assert isinstance(self.source.params, Source)
        known = self.source.params.fields()
        known = None if known is None else self._shifted(self._chunked(self._named(known)))
        for transform in (*self.transforms, *(self.views[0].transforms if self.views else ())):
            known = None if known is None else transform_params(transform).fields(known)
        return known

    def _named(self, known: Fields) -> Fields | None:
        """The fields that `fields` asks for; None where one of them is nothing that is known."""
        found = {}
        for name, made in self.fields.items():
            if made.tokenizer is not None:
                assert isinstance(made.tokenizer.params, Tokenizer)
                found[name] = Field(TensorSpec((None, made.tokenizer.params.sequence_length), "int32"))
            elif made.feature in known:
                found[name] = known[made.feature]
            else:
                return None
        return found if self.fields else known

    def _chunked(self, known: Fields | None) -> Fields | None:
        if self.chunk is None or known is None:
            return known
        return {name: replace(field, spec=TensorSpec((None, self.chunk), field.spec.dtype)) for name, field in known.items()}

    def _shifted(self, known: Fields | None) -> Fields | None:
        return None if known is None else {**known, **{target: known[name] for name, target in self.shift.items() if name in known}}


class Data(Params):
    """The data of an experiment."""

    train: Pipeline | None = param("What the model learns from, shuffled in every epoch.", default=None)
    validation: Pipeline | None = param("What is measured after each epoch.", default=None)
    test: Pipeline | None = param("What `evaluate` measures; without it, the validation data.", default=None)
