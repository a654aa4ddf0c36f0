"""SSD's boxes at every place of feature maps."""

import keras


@keras.saving.register_keras_serializable(package="specc")
class DefaultBoxes(keras.layers.Layer):
    """SSD's boxes at every place of feature maps.

    At a place of map k stand a square of scale s_k, one of scale sqrt(s_k s_(k+1)), and for each ratio r of the map a box
    s_k / sqrt(r) high and s_k sqrt(r) wide, followed by the same lying on its side.

    Args:
        scales: scale of each map as a share of the image, and one more behind the last.
        aspect_ratios: for each map, widths over heights of its boxes that are not square.
        offset: where in its place a box is centred: 0 the corner, 0.5 the middle.
        clip: whether boxes end at the image's border.

    Input shape:
        a list of maps (batch, height, width, channels), of which only the sizes count

    Output shape:
        (batch, boxes, 4): [y_min, x_min, y_max, x_max] in shares of the image, map by map and row by row

    Reference:
        Liu et al., SSD: single shot multibox detector, 2015, section 2.2, https://arxiv.org/abs/1512.02325
    """

    def __init__(self, scales: list, aspect_ratios: list, offset: float = 0.5, clip: bool = False, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.scales = list(scales)
        self.aspect_ratios = [list(ratios) for ratios in aspect_ratios]
        self.offset = offset
        self.clip = clip

    def call(self, features: list) -> keras.KerasTensor:
        boxes = keras.ops.concatenate([self._of_map(level, *keras.ops.shape(each)[1:3]) for level, each in enumerate(features)])
        boxes = keras.ops.clip(boxes, 0.0, 1.0) if self.clip else boxes
        return keras.ops.broadcast_to(boxes, (keras.ops.shape(features[0])[0], keras.ops.shape(boxes)[0], 4))

    def _of_map(self, level: int, rows: int, columns: int) -> keras.KerasTensor:
        scale, following = self.scales[level : level + 2]
        between = (scale * following) ** 0.5
        shapes = [(scale, scale), (between, between)]
        for ratio in self.aspect_ratios[level]:
            shapes += [(scale / ratio**0.5, scale * ratio**0.5), (scale * ratio**0.5, scale / ratio**0.5)]
        half_height, half_width = (keras.ops.cast(sides, "float32") / 2 for sides in zip(*shapes, strict=True))
        y = ((keras.ops.cast(keras.ops.arange(rows), "float32") + self.offset) / keras.ops.cast(rows, "float32"))[:, None, None]
        x = ((keras.ops.cast(keras.ops.arange(columns), "float32") + self.offset) / keras.ops.cast(columns, "float32"))[:, None]
        sides = [y - half_height, x - half_width, y + half_height, x + half_width]
        shape = (rows, columns, len(shapes))
        return keras.ops.reshape(keras.ops.stack([keras.ops.broadcast_to(side, shape) for side in sides], axis=-1), (-1, 4))

    def compute_output_shape(self, features_shape: list) -> tuple[int | None, ...]:
        counts = [
            None if None in shape[1:3] else shape[1] * shape[2] * (2 + 2 * len(ratios))
            for shape, ratios in zip(features_shape, self.aspect_ratios, strict=True)
        ]
        return (features_shape[0][0], None if None in counts else sum(counts), 4)  # type: ignore[arg-type]

    def compute_output_spec(self, features: list) -> keras.KerasTensor:
        # In single precision whatever the policy: half precision would move boxes by pixels.
        return keras.KerasTensor(self.compute_output_shape([each.shape for each in features]), "float32")

    def get_config(self) -> dict[str, object]:
        settings = {"scales": self.scales, "aspect_ratios": self.aspect_ratios, "offset": self.offset, "clip": self.clip}
        return {**super().get_config(), **settings}
