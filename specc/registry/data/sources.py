"""Sources: where examples come from."""

from typing import Literal

from specc.graph import TensorSpec
from specc.registry.data.fields import Field
from specc.registry.entry import Params, declare, param


class Source(Params):
    """Base of the sources."""

    def fields(self) -> dict[str, Field] | None:
        """The fields of an example where they are known without reading any."""
        return None


@declare("source", "digits", target="specc.data.sources.digits", examples=[{}, {"split": "test", "fraction": 0.5}])
class Digits(Source):
    """Handwritten digits: 1,797 scans of 8x8 pixels, in ten classes. They come with scikit-learn.

    Fields: image (8, 8, 1), 0 the paper and 1 the ink; label, 0 to 9
    Reference: Alpaydin and Kaynak, Optical recognition of handwritten digits, 1998, https://doi.org/10.24432/C50P49
    """

    split: Literal["train", "test", "all"] = param(
        "Which part. The parts are stratified: each has all classes in equal shares.", default="train"
    )
    fraction: float = param("Share of the test part.", default=0.2, above=0, below=1)
    seed: int = param("Which examples go to which part; the same for both.", default=0, minimum=0)
    classes: list[int] = param("The digits that are kept; labels number them in this order. Without any, all.", default=[])
    per_class: int | None = param("Examples of each class, where labels are to be few; none: all.", default=None, minimum=1)

    def fields(self) -> dict[str, Field]:
        return {"image": Field(TensorSpec((None, 8, 8, 1))), "label": Field(TensorSpec((None,), "int32"), classes=len(self.classes) or 10)}


@declare("source", "tfds", target="specc.data.sources.tfds", examples=[{"name": "mnist"}, {"name": "cifar10", "split": "train[:80%]"}])
class Tfds(Source):
    """A data set of TensorFlow Datasets, downloaded when it is first used.

    Fields: the data set's features that are tensors of numbers; images as floats from 0 to 1
    Reference: https://www.tensorflow.org/datasets/catalog/overview
    """

    name: str = param("The data set's name, with configuration and version where they matter: `voc/2007:4.0.0`.")
    split: str = param("Split, or a slice of one: `train[:80%]`.", default="train")
    data_dir: str | None = param("Where data sets are kept; none means ~/tensorflow_datasets.", default=None)
    download: bool = param("Whether a data set that is not there is downloaded.", default=True)


@declare(
    "source",
    "image_folder",
    target="specc.data.sources.image_folder",
    examples=[{"path": "flowers/train"}, {"path": "scans", "color_mode": "grayscale"}],
    pending=True,
)
class ImageFolder(Source):
    """Images in a folder for each class, the classes in alphabetical order of the folders.

    Fields: image (height, width, channels), each of its own size, floats from 0 to 1; label
    """

    path: str = param("The folder that holds a folder for each class.")
    color_mode: Literal["rgb", "rgba", "grayscale"] = param("Which channels images get.", default="rgb")

    def fields(self) -> dict[str, Field]:
        channels = {"rgb": 3, "rgba": 4, "grayscale": 1}[self.color_mode]
        return {"image": Field(TensorSpec((None, None, None, channels))), "label": Field(TensorSpec((None,), "int32"))}


@declare(
    "source",
    "text",
    target="specc.data.sources.text",
    examples=[{"path": "book.txt"}, {"path": "book.txt", "unit": "word", "vocabulary_size": 10000}],
    pending=True,
)
class Text(Source):
    """One stream of tokens: a text file, or several in alphabetical order. `chunk` cuts it into examples.

    Fields: characters, or words, as the unit is called
    """

    path: str = param("A file, or several by `*`.")
    unit: Literal["character", "word"] = param("What a token is.", default="character")
    vocabulary_size: int | None = param(
        "How many tokens are known, the unknown one included; none: all that the text has.", default=None, minimum=2
    )

    def fields(self) -> dict[str, Field]:
        return {f"{self.unit}s": Field(TensorSpec((None,), "int32"), self.vocabulary_size)}
