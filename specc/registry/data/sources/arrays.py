"""Files that hold whole arrays."""

from specc.graph import TensorSpec
from specc.registry.data.fields import Field
from specc.registry.data.sources.classes import count_of
from specc.registry.data.sources.images import CountOrNames
from specc.registry.data.sources.source import Source
from specc.registry.entry import declare, param
from specc.registry.types import Names


@declare(
    "source",
    "npz",
    target="specc.data.sources.arrays.npz",
    examples=[{"path": "mnist.npz", "arrays": ["x_train", "y_train"], "classes": {"y_train": 10}}, {"path": "weather.npz"}],
)
class Npz(Source):
    """Arrays of a NumPy archive whose first axis counts the examples. `fields` of the pipeline gives them other names.

    What they are is told by their types and shapes, one example's. Bytes (height, width), or (height, width, channels) with 1, 3
    or 4 channels, are an image, from 0 to 1; so are floats (height, width, channels) that are from 0 to 1. Integers
    (height, width) are a mask where the array's name has `mask` in it. Other integers are int32 where their values allow it, an
    axis of one value left out; other floats are float32.

    Fields: the arrays, by their names
    Reference: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
    """

    path: str = param("The file.")
    arrays: Names = param("The arrays that belong together; without any, all of the file.", default=[])
    classes: dict[str, CountOrNames] = param("The classes of arrays of labels, by the array's name: how many, or their names.", default={})


@declare(
    "source",
    "idx",
    target="specc.data.sources.arrays.idx",
    examples=[{"images": "train-images-idx3-ubyte.gz", "labels": "train-labels-idx1-ubyte.gz", "classes": 10}],
)
class Idx(Source):
    """Images and labels in the format of MNIST and its relatives, compressed by gzip or not.

    Bytes are images from 0 to 1; values of other types stay as they are.

    Fields: image (height, width, channels), with one channel where the file has no axis of channels; label
    Reference: LeCun, Cortes and Burges, The MNIST database of handwritten digits, https://yann.lecun.org/exdb/mnist/
    """

    images: str = param("The file with the images: (count, height, width), or with channels as the last axis.")
    labels: str | None = param("The file with the labels; none: there are no labels.", default=None)
    classes: CountOrNames = param("The classes: how many, or their names; none where it is not known.", default=None)

    def fields(self) -> dict[str, Field]:
        image = Field(TensorSpec((None, None, None, None)), kind="image")
        return {"image": image, **({} if self.labels is None else {"label": Field(TensorSpec((None,), "int32"), count_of(self.classes))})}
