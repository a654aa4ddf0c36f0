"""Boxes of given sizes and aspect ratios at every place of feature maps."""

import keras


@keras.saving.register_keras_serializable(package="specc")
class Anchors(keras.layers.Layer):
    """Boxes of given sizes and aspect ratios at every place of feature maps.

    Args:
        sizes: for each map, one size or several: the square root of a box's area, in pixels of the image.
        aspect_ratios: widths of boxes over their heights.
        offset: where in its place a box is centred: 0 the corner, 0.5 the middle.

    Input shape:
        a list of maps (batch, height, width, channels), and the image (batch, height, width, channels), of which only the
        sizes count

    Output shape:
        (batch, boxes, 4): [y_min, x_min, y_max, x_max] in shares of the image; map by map, row by row, ratio by ratio

    Reference:
        Ren et al., Faster R-CNN, 2015, https://arxiv.org/abs/1506.01497
    """

    def __init__(self, sizes: list, aspect_ratios: object = (0.5, 1.0, 2.0), offset: float = 0.5, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.sizes = [list(size) if isinstance(size, (list, tuple)) else [size] for size in sizes]
        self.aspect_ratios = list(aspect_ratios)  # type: ignore[call-overload]
        self.offset = offset

    def call(self, features: list, image: keras.KerasTensor) -> keras.KerasTensor:
        batch, height, width, _ = keras.ops.shape(image)
        maps = [self._of_map(each, sizes, height, width) for each, sizes in zip(features, self.sizes, strict=True)]
        boxes = keras.ops.concatenate(maps)
        return keras.ops.broadcast_to(boxes, (batch, keras.ops.shape(boxes)[0], 4))

    def _of_map(self, feature: keras.KerasTensor, sizes: list, height: int, width: int) -> keras.KerasTensor:
        _, rows, columns, _ = keras.ops.shape(feature)
        half_heights = [size / ratio**0.5 / 2 for ratio in self.aspect_ratios for size in sizes]
        half_widths = [size * ratio**0.5 / 2 for ratio in self.aspect_ratios for size in sizes]
        y = ((keras.ops.cast(keras.ops.arange(rows), "float32") + self.offset) / keras.ops.cast(rows, "float32"))[:, None, None]
        x = ((keras.ops.cast(keras.ops.arange(columns), "float32") + self.offset) / keras.ops.cast(columns, "float32"))[:, None]
        half_height = keras.ops.cast(half_heights, "float32") / keras.ops.cast(height, "float32")
        half_width = keras.ops.cast(half_widths, "float32") / keras.ops.cast(width, "float32")
        sides = [y - half_height, x - half_width, y + half_height, x + half_width]
        shape = (rows, columns, len(half_heights))
        return keras.ops.reshape(keras.ops.stack([keras.ops.broadcast_to(side, shape) for side in sides], axis=-1), (-1, 4))

    def compute_output_shape(self, features_shape: list, image_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        counts = [
            None if None in shape[1:3] else shape[1] * shape[2] * len(sizes) * len(self.aspect_ratios)
            for shape, sizes in zip(features_shape, self.sizes, strict=True)
        ]
        return (image_shape[0], None if None in counts else sum(counts), 4)  # type: ignore[arg-type]

    def compute_output_spec(self, features: list, image: keras.KerasTensor) -> keras.KerasTensor:
        # In single precision whatever the policy: half precision would move boxes by pixels.
        return keras.KerasTensor(self.compute_output_shape([each.shape for each in features], image.shape), "float32")

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "sizes": self.sizes, "aspect_ratios": self.aspect_ratios, "offset": self.offset}
