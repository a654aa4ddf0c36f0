"""A recurrence that looks at a memory before every step."""

import math
from typing import Any

import keras


@keras.saving.register_keras_serializable(package="specc")
class AttentionCell(keras.layers.Layer):
    """One step: attends to a memory by the last state, and runs a cell on input and what was seen.

    Args:
        cell: the recurrence: `simple_rnn`, `lstm` or `gru`.
        units: size of the output and of each state.
        attention: how state and memory are compared: `additive`, `dot` or `scaled_dot`.
        attention_units: width in which they are compared; None compares them as they are, by `dot`.
        return_attention_scores: whether the scores are put behind the output.
    """

    CELLS = {
        "simple_rnn": keras.layers.SimpleRNNCell,
        "lstm": keras.layers.LSTMCell,
        "gru": keras.layers.GRUCell,
    }

    def __init__(
        self,
        cell: str,
        units: int,
        attention: str,
        attention_units: int | None,
        return_attention_scores: bool,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        if cell not in self.CELLS:
            raise ValueError(f"Expected one of {', '.join(self.CELLS)}. Received: cell={cell}")
        if attention not in ("additive", "dot", "scaled_dot"):
            raise ValueError(f"Expected additive or (scaled_)dot. Received: attention={attention}")
        self.cell = self.CELLS[cell](units, dtype=self.dtype_policy, name=f"{cell}_cell")
        self.attention = attention
        self.attention_units = attention_units
        self.return_attention_scores = return_attention_scores
        self.state_size = self.cell.state_size
        self.output_size = units
        self._seen: Any = None

    def build(self, input_shape: Any, memory_shape: Any) -> None:
        width, units, compared = memory_shape[-1], self.output_size, self.attention_units
        if compared is not None:
            self.query_kernel = self.add_weight(name="query_kernel", shape=(units, compared))
            self.memory_kernel = self.add_weight(name="memory_kernel", shape=(width, compared))
        elif width != units:
            raise ValueError(f"Expected a memory of {units} channels. Received: {memory_shape}")
        if self.attention == "additive":
            self.score_kernel = self.add_weight(name="score_kernel", shape=(compared, 1))
        self.cell.build((input_shape[0], input_shape[-1] + width))

    def look_at(self, memory: keras.KerasTensor, mask: keras.KerasTensor | None) -> None:
        """Sets the memory (batch, places, width) of the next steps; `mask` says what counts."""
        projected = self.attention_units is not None
        keys = keras.ops.matmul(memory, self.memory_kernel) if projected else memory
        self._seen = keys, memory, mask

    def look_away(self) -> None:
        """Forgets the memory: outside of the call its tensors mean nothing."""
        self._seen = None

    def call(self, inputs: keras.KerasTensor, states: Any, training: bool = False) -> Any:
        keys, memory, mask = self._seen
        query = states[0]
        if self.attention_units is not None:
            query = keras.ops.matmul(query, self.query_kernel)
        if self.attention == "additive":
            compared = keras.ops.matmul(keras.ops.tanh(keys + query[:, None]), self.score_kernel)
        else:
            compared = keras.ops.matmul(keys, query[:, :, None])
            if self.attention == "scaled_dot":
                compared = compared / math.sqrt(query.shape[-1])
        compared = keras.ops.squeeze(compared, -1)
        if mask is not None:
            lowest = keras.ops.cast(-6e4, compared.dtype)  # half precision ends at -65504
            compared = keras.ops.where(mask, compared, lowest)
        scores = keras.ops.softmax(compared)
        context = keras.ops.sum(scores[:, :, None] * memory, axis=1)
        seen = keras.ops.concatenate([inputs, context], -1)
        output, states = self.cell(seen, states, training=training)
        if self.return_attention_scores:
            output = keras.ops.concatenate([output, scores], -1)
        return output, states

    def get_initial_state(self, batch_size: int | None = None) -> Any:
        return self.cell.get_initial_state(batch_size=batch_size)


@keras.saving.register_keras_serializable(package="specc")
class AttentionRNN(keras.layers.RNN):
    """A recurrence whose cell sees, beside its input, a mean of a memory, weighted by its state.

    Args:
        units: size of the output and of each state.
        cell: the recurrence: `simple_rnn`, `lstm` or `gru`.
        attention: how state and memory are compared: `additive` is `v tanh(W s + U m)`, `dot` the
            product, `scaled_dot` the product divided by the root of its width.
        attention_units: width in which they are compared; None takes `units` for `additive`, and
            the memory as it is for a product.
        return_sequences: whether the output is that of every step.
        return_state: whether the last states are outputs as well.
        return_attention_scores: whether the weights of the memory's places are an output as well.

    Input shape:
        sequence (batch, length, features), memory (batch, places, width)

    Output shape:
        (batch, units), or (batch, length, units) with `return_sequences`; then the states, each
        (batch, units); then the scores, (batch, length, places)

    Reference:
        Bahdanau et al., Neural machine translation by jointly learning to align and translate,
        2014, https://arxiv.org/abs/1409.0473; Xu et al., Show, attend and tell, 2015,
        https://arxiv.org/abs/1502.03044, without its gate on what was seen
    """

    def __init__(
        self,
        units: int,
        cell: str = "lstm",
        attention: str = "additive",
        attention_units: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        return_attention_scores: bool = False,
        **kwargs: object,
    ) -> None:
        width = units if attention_units is None and attention == "additive" else attention_units
        step = AttentionCell(
            cell,
            units,
            attention,
            width,
            return_attention_scores,
            dtype=kwargs.get("dtype"),
            name="attention_cell",
        )
        # The scores of every step are wanted even where only the last output is.
        every = return_sequences or return_attention_scores
        super().__init__(step, return_sequences=every, return_state=True, **kwargs)
        self.given: dict[str, Any] = {
            "units": units,
            "cell": cell,
            "attention": attention,
            "attention_units": attention_units,
            "return_sequences": return_sequences,
            "return_state": return_state,
            "return_attention_scores": return_attention_scores,
        }

    def build(self, sequence_shape: Any, memory_shape: Any, initial_state_shape: Any = None) -> None:
        self.cell.build((sequence_shape[0], sequence_shape[-1]), memory_shape)

    def call(
        self,
        sequence: keras.KerasTensor,
        memory: keras.KerasTensor,
        initial_state: list[keras.KerasTensor] | None = None,
        sequence_mask: keras.KerasTensor | None = None,
        memory_mask: keras.KerasTensor | None = None,
        training: bool = False,
    ) -> Any:
        self.cell.look_at(memory, memory_mask)
        try:
            output, *states = super().call(sequence, initial_state, sequence_mask, training)
        finally:
            self.cell.look_away()
        units, scores = self.given["units"], []
        if self.given["return_attention_scores"]:
            output, scores = output[..., :units], [output[..., units:]]
            if not self.given["return_sequences"]:
                output = output[:, -1]
        outputs = (output, *(states if self.given["return_state"] else []), *scores)
        return outputs if len(outputs) > 1 else output

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return previous_mask if self.given["return_sequences"] else None

    def compute_output_shape(self, sequence_shape: Any, memory_shape: Any, initial_state_shape: Any = None) -> Any:
        (batch, length), units = sequence_shape[:2], self.given["units"]
        output = (batch, length, units) if self.given["return_sequences"] else (batch, units)
        states = [(batch, units) for _ in self.state_size] if self.given["return_state"] else []
        scores = [(batch, length, memory_shape[1])] if self.given["return_attention_scores"] else []
        return (output, *states, *scores) if states or scores else output

    def get_config(self) -> dict[str, Any]:
        return {**keras.layers.Layer.get_config(self), **self.given}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "AttentionRNN":
        return cls(**config)
