"""Data sets that are stored record after record."""

from typing import Annotated, Literal

from specc.registry.data.fields import Field
from specc.registry.data.sources.features import feature_params
from specc.registry.data.sources.source import Source
from specc.registry.entry import Choice, declare, param
from specc.registry.types import ChoiceOf, Names


@declare(
    "source",
    "tfrecord",
    target="specc.data.sources.records.tfrecord",
    examples=[
        {"path": "train-*.tfrecord", "features": {"image": "image", "label": {"label": {"classes": 10}}}},
        {
            "path": "coco-*.tfrecord",
            "features": {
                "image": {"image": {"key": "image/encoded"}},
                "boxes": "boxes",
                "labels": {"labels": {"classes": 90, "first": 1, "key": "image/object/class/label"}},
            },
        },
        {
            "path": "tracks.tfrecord.gz",
            "features": {"track": {"float": {"shape": [None, 2]}}, "pixels": {"raw": {"dtype": "uint8", "shape": [8, 8]}}},
        },
    ],
)
class Tfrecord(Source):
    """Records of TensorFlow: files of `tf.train.Example`. Any record can be had at once, except of compressed files.

    `SequenceExample` and records of other kinds are not read.

    Fields: the features, as each is said to be
    Reference: https://www.tensorflow.org/tutorials/load_data/tfrecord
    """

    path: Names = param("A file, several by `*`, or a list of these.")
    features: dict[str, Annotated[Choice, ChoiceOf("feature")]] = param("What is taken from a record, by the names of the fields.")
    compression: Literal["auto", "none", "gzip"] = param(
        "How files are compressed; auto means gzip where their names end in `.gz`.", default="auto"
    )

    def fields(self) -> dict[str, Field]:
        return {name: feature_params(feature).field() for name, feature in self.features.items()}


@declare(
    "source",
    "tfds",
    target="specc.data.sources.tfds.tfds",
    examples=[
        {"name": "mnist"},
        {"name": "cifar10", "split": "train[:80%]"},
        {"name": "voc/2007:4.0.0", "data_dir": "shelf", "download": False},
    ],
)
class Tfds(Source):
    """A data set of TensorFlow Datasets, downloaded when it is first used.

    A feature inside another one is a field by its path, `objects/bbox`; `fields` of the pipeline gives it another name. Images are
    floats from 0 to 1, masks the values that are stored; boxes are in pixels, and what else stands beside them has an entry for
    each object. Class labels are int32. Sequences differ in length, and sequences within sequences are filled up with zeros.
    A video is (frames, height, width, channels). Data sets within data sets are left out.

    Fields: the data set's features, by name or path
    Reference: https://www.tensorflow.org/datasets/catalog/overview
    """

    name: str = param("The data set's name, with configuration and version where they matter: `voc/2007:4.0.0`.")
    split: str = param("Split, or a slice of one: `train[:80%]`.", default="train")
    data_dir: str | None = param("Where data sets are kept; none means ~/tensorflow_datasets.", default=None)
    download: bool = param("Whether a data set that is not there is downloaded.", default=True)
