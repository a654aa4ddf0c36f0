"""What all sources are."""

from specc.registry.data.fields import Field
from specc.registry.entry import Choice, Params


class Source(Params):
    """Base of the sources."""

    def fields(self) -> dict[str, Field] | None:
        """The fields of an example where they are known without reading any."""
        return None

    def tokenizers(self) -> dict[str, tuple[str, Choice]]:
        """Fields that the pipeline makes of the source's texts where the spec names none: of which feature, by which tokenizer."""
        return {}
