"""The blocks and heads that come with specc: every one documented, and each option does what it says. No TensorFlow."""

from pathlib import Path

import pytest

import specc
from specc.language.vocabulary import builtin_block
from specc.registry import block_files
from specc.registry.entry import find
from specc.zoo import zoo


def graph(tmp_path: Path, step: str, shape: str = "[8, 8, 16]", **sections: str):
    text = [f"specc: 1\nname: case\ninputs: {{x_in: {shape}}}", *(f"{key}: {value}" for key, value in sections.items())]
    path = tmp_path / "case.yaml"
    path.write_text("\n".join(text) + f"\nlayers:\n  - {step}\n", encoding="utf-8")
    return specc.analyze(specc.load(path))


def output(found):
    (tensor,) = found.outputs.values()
    return tensor.spec.shape


@pytest.mark.parametrize("name", block_files())
def test_every_block_is_documented(name: str) -> None:
    word = builtin_block(name)
    assert find("layer", name) is None, "a layer of that name hides the block"
    assert word.block.get("summary") is not None
    for parameter in word.parameters.values():
        assert parameter.doc.endswith("."), parameter.name


def test_bottleneck_projects_only_where_the_shape_changes(tmp_path) -> None:
    """By hand, without biases: 1x1, 3x3 and 1x1 kernels, and two weights a channel in each batch normalization."""
    plain = graph(tmp_path, "bottleneck: {filters: 4}", defaults="{conv2d: {use_bias: false}}")
    assert plain.trainable_parameters == 16 * 4 + 9 * 4 * 4 + 4 * 16 + 2 * (4 + 4 + 16)
    projected = graph(tmp_path, "bottleneck: {filters: 4, strides: 2}", defaults="{conv2d: {use_bias: false}}")
    assert projected.trainable_parameters == plain.trainable_parameters + 16 * 16 + 2 * 16
    assert output(projected) == (None, 4, 4, 16)


def test_bottleneck_strides_first_or_in_the_middle(tmp_path) -> None:
    first = graph(tmp_path, "bottleneck: {filters: 4, strides: 2}")
    middle = graph(tmp_path, "bottleneck: {filters: 4, strides: 2, downsample: middle}")
    assert (first.parameters, output(first)) == (middle.parameters, output(middle))
    assert middle.macs - first.macs == (64 - 16) * 16 * 4


def test_bottleneck_groups(tmp_path) -> None:
    whole, grouped = graph(tmp_path, "bottleneck: {filters: 4}"), graph(tmp_path, "bottleneck: {filters: 4, groups: 2}")
    assert whole.parameters - grouped.parameters == 9 * 4 * 4 // 2


def test_residual(tmp_path) -> None:
    found = graph(tmp_path, "residual: {filters: 16}", defaults="{conv2d: {use_bias: false}}")
    assert found.trainable_parameters == 2 * 9 * 16 * 16 + 2 * 2 * 16
    assert output(graph(tmp_path, "residual: {filters: 32, strides: 2}")) == (None, 4, 4, 32)


def test_residual_without_projection_has_no_more_weights(tmp_path) -> None:
    found = graph(tmp_path, "residual: {filters: 21, strides: 2, projection: false}", defaults="{conv2d: {use_bias: false}}")
    assert output(found) == (None, 4, 4, 21)
    assert found.trainable_parameters == 9 * 16 * 21 + 9 * 21 * 21 + 2 * 2 * 21


def test_conv2d_bn(tmp_path) -> None:
    """By hand: a kernel with biases, four weights a channel in batch normalization."""
    found = graph(tmp_path, "conv2d_bn: {filters: 5, kernel_size: [1, 7], strides: 2}")
    assert (found.parameters, output(found)) == (7 * 16 * 5 + 5 + 4 * 5, (None, 4, 4, 5))
    assert [node.layer.word for node in found.nodes] == ["conv2d", "batch_normalization", "activation"]
    linear = graph(tmp_path, "conv2d_bn: {filters: 5, kernel_size: 3, padding: valid, activation: null}")
    assert output(linear) == (None, 6, 6, 5)
    assert [node.layer.word for node in linear.nodes] == ["conv2d", "batch_normalization"]


def test_separable_and_depthwise_separable(tmp_path) -> None:
    """By hand: one 3x3 kernel a channel, then a matrix of channels; one batch normalization, or two."""
    bare = "{conv2d: {use_bias: false}, depthwise_conv2d: {use_bias: false}, separable_conv2d: {use_bias: false}}"
    separable = graph(tmp_path, "separable: 5", defaults=bare)
    assert (separable.parameters, output(separable)) == (9 * 16 + 16 * 5 + 4 * 5, (None, 8, 8, 5))
    depthwise = graph(tmp_path, "depthwise_separable: {filters: 5, strides: 2}", defaults=bare)
    assert (depthwise.parameters, output(depthwise)) == (9 * 16 + 4 * 16 + 16 * 5 + 4 * 5, (None, 4, 4, 5))


def test_dense_block_and_transition(tmp_path) -> None:
    assert output(graph(tmp_path, "dense_block: {growth: 5, depth: 3}")) == (None, 8, 8, 16 + 3 * 5)
    assert output(graph(tmp_path, "dense_transition: {compression: 0.3}")) == (None, 4, 4, 4)
    assert output(graph(tmp_path, "dense_transition")) == (None, 4, 4, 8)


def test_inverted_residual_adds_only_where_the_shape_stays(tmp_path) -> None:
    def words(step, **arguments):
        return [node.layer.word for node in graph(tmp_path, step, **arguments).nodes]

    assert words("inverted_residual: {filters: 16}").count("add") == 1
    assert words("inverted_residual: {filters: 8}").count("add") == 0
    strided = words("inverted_residual: {filters: 16, strides: 2}")
    assert strided.count("add") == 0
    assert strided.count("zero_padding2d") == 1
    assert words("inverted_residual: {filters: 16, expansion: 1}").count("conv2d") == 1


def test_a_linear_bottleneck_is_an_inverted_residual_without_its_sum(tmp_path) -> None:
    bottleneck, residual = (
        graph(tmp_path, f"{word}: {{filters: 16, expansion: 2}}") for word in ("linear_bottleneck", "inverted_residual")
    )
    assert bottleneck.parameters == residual.parameters
    assert [node.layer.word for node in residual.nodes] == [*(node.layer.word for node in bottleneck.nodes), "add"]
    assert bottleneck.nodes[-1].layer.word == "batch_normalization"


@pytest.mark.parametrize("size", [7, 8])
@pytest.mark.parametrize("kernel", [3, 5])
def test_inverted_residual_halves_as_padding_same_does(tmp_path, size, kernel) -> None:
    found = graph(tmp_path, f"inverted_residual: {{filters: 4, strides: 2, kernel_size: {kernel}}}", shape=f"[{size}, {size}, 4]")
    assert output(found) == (None, 4, 4, 4)


def test_inception_widths(tmp_path) -> None:
    found = graph(tmp_path, "inception: {one: 1, three_reduce: 9, three: 2, five_reduce: 9, five: 3, pool: 4}")
    assert output(found) == (None, 8, 8, 10)


def test_a_naive_inception_passes_all_channels_on(tmp_path) -> None:
    found = graph(tmp_path, "inception_naive: {one: 1, three: 2, five: 3}")
    assert output(found) == (None, 8, 8, 1 + 2 + 3 + 16)
    assert found.parameters == (16 + 1) * 1 + (9 * 16 + 1) * 2 + (25 * 16 + 1) * 3


def test_a_dense_block_without_bottlenecks(tmp_path) -> None:
    """By hand: each unit normalizes what there is, and adds 5 channels by a 3x3 kernel with biases."""
    found = graph(tmp_path, "dense_block: {growth: 5, depth: 2, bottleneck: 0}")
    assert output(found) == (None, 8, 8, 26)
    assert found.parameters == 4 * 16 + 9 * 16 * 5 + 5 + 4 * 21 + 9 * 21 * 5 + 5


def test_transformer_encoder(tmp_path) -> None:
    """By hand: four projections, two linear layers with biases, two layer normalizations."""
    found = graph(tmp_path, "transformer_encoder: {heads: 2, hidden: 20}", shape="[5, 8]")
    assert found.parameters == 4 * (8 * 8 + 8) + 8 * 20 + 20 + 20 * 8 + 8 + 2 * 2 * 8
    assert output(found) == (None, 5, 8)
    first = [node.layer.word for node in found.nodes]
    last = [node.layer.word for node in graph(tmp_path, "transformer_encoder: {heads: 2, norm_first: false}", shape="[5, 8]").nodes]
    assert (first[0], last[-1]) == ("layer_normalization", "layer_normalization")
    assert first.count("layer_normalization") == last.count("layer_normalization") == 2
    causal = graph(tmp_path, "transformer_encoder: {heads: 2, causal: true, dropout: 0.1}", shape="[5, 8]")
    attention = next(node for node in causal.nodes if node.layer.word == "multi_head_attention")
    assert attention.options == {"use_causal_mask": True}
    assert attention.layer.call.kwargs["dropout"] == 0.1
    assert [node.layer.word for node in causal.nodes].count("dropout") == 3


@pytest.mark.parametrize("norm_first", ["true", "false"])
def test_transformer_decoder(tmp_path, norm_first) -> None:
    """By hand: two attentions of four projections, one of them over a memory of another width, two linear layers, three normalizations."""
    text = [
        "specc: 1",
        "inputs: {sequence_in: [5, 8], memory_in: [7, 6]}",
        "layers:",
        f"  - transformer_decoder: {{heads: 2, hidden: 20, dropout: 0.1, norm_first: {norm_first}}}",
        "    from: {sequence: sequence_in, memory: memory_in}",
    ]
    path = tmp_path / "case.yaml"
    path.write_text("\n".join(text), encoding="utf-8")
    found = specc.analyze(specc.load(path))
    own, other = 4 * (8 * 8 + 8), 2 * (8 * 8 + 8) + 2 * (6 * 8 + 8)
    assert found.parameters == own + other + 8 * 20 + 20 + 20 * 8 + 8 + 3 * 2 * 8
    assert output(found) == (None, 5, 8)
    attentions = [node for node in found.nodes if node.layer.word == "multi_head_attention"]
    assert [dict(node.options) for node in attentions] == [{"use_causal_mask": True}, {}]
    assert (found.nodes[0].layer.word == "layer_normalization") == (norm_first == "true")
    assert [node.layer.word for node in found.nodes].count("dropout") == 4


@pytest.mark.parametrize("shape", ["[8, 8, 16]", "[8, 16]", "[16]"])
def test_contrastive_heads(tmp_path, shape) -> None:
    """By hand: kernels without biases around a batch normalization; three linear layers and prototypes without biases."""
    found = graph(tmp_path, "projection_mlp: 7", shape)
    assert output(found) == (None, 7)
    assert found.trainable_parameters == 16 * 16 + 2 * 16 + 16 * 7
    found = graph(tmp_path, "dino_head: {units: 9, hidden: 20, bottleneck: 5}", shape)
    assert output(found) == (None, 9)
    assert found.parameters == 16 * 20 + 20 + 20 * 20 + 20 + 20 * 5 + 5 + 5 * 9
    assert found.nodes[-1].layer.word == "weight_normalized_dense"
    found = graph(tmp_path, "projection_mlp: {units: 7, depth: 1}", shape)
    assert found.parameters == 16 * 7
    found = graph(tmp_path, "projection_mlp: {units: 7, hidden: 5, depth: 3}", shape)
    assert found.trainable_parameters == 16 * 5 + 2 * 5 + 5 * 5 + 2 * 5 + 5 * 7


@pytest.mark.parametrize("shape", ["[8, 8, 16]", "[8, 16]", "[16]"])
def test_heads_take_images_sequences_and_vectors(tmp_path, shape) -> None:
    assert output(graph(tmp_path, "classification: {classes: 3, dropout: 0.5, activation: softmax}", shape)) == (None, 3)
    assert output(graph(tmp_path, "regression", shape)) == (None, 1)
    found = graph(tmp_path, "embedding_head: 7", shape)
    assert output(found) == (None, 7)
    assert found.nodes[-1].layer.word == "unit_normalization"


@pytest.mark.parametrize("name", zoo())
def test_the_zoo_is_what_it_says(name: str) -> None:
    """`load` and `analyze` raise where a count under `expect` does not come out."""
    spec = specc.load(name)
    assert specc.analyze(spec).name == name
    assert specc.analyze(spec, training=True).parameters >= specc.analyze(spec).parameters
