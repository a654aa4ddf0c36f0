"""Each rule of the language in a small spec: its source makes the model that the spec makes, for other params too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from specc.language import loads

RULES: dict[str, str] = {}
PARAMS: dict[str, tuple[dict[str, Any], ...]] = {}


def rule(name: str, text: str, *params: dict[str, Any]) -> None:
    RULES[name] = f"specc: 1\nname: small\n{text}"
    PARAMS[name] = params


rule(
    "repeat count",
    """
params: {depth: 2, units: 4}
inputs: {a: [3]}
layers:
  - dense: =units
    repeat: =depth
""",
    {"depth": 0},
    {"depth": 3, "units": 5},
)

rule(
    "repeat zero",
    """
inputs: {a: [3]}
layers:
  - dense: 4
    repeat: 0
  - dense: 2
""",
)

rule(
    "repeat list nested",
    """
params: {depths: [1, 2]}
inputs: {a: [3]}
layers:
  - layers:
      - dense: =(stage + 1) * (i + 1) + depth
        repeat: =depth
        name: unit
    repeat: =depths
    as: depth
    index: stage
    name: stage
""",
    {"depths": [2, 1, 1]},
)

rule(
    "nested i",
    """
inputs: {a: [3]}
layers:
  - layers:
      - dense: =i + 2
        repeat: 2
      - dense: =i + 5
    repeat: 2
""",
)

rule(
    "iteration references",
    """
params: {n: 3}
inputs: {a: [3]}
layers:
  - dense: =4 + i
    repeat: =n
    name: stage
  - concatenate:
    from: [stage/0, stage/-2, stage, stage/*]
  - dense: =stage[0].channels + len(stage)
""",
    {"n": 4},
)

rule(
    "inner references",
    """
inputs: {a: [3]}
layers:
  - layers:
      - dense: 4
        name: features
      - dense: 5
        name: other
      - dense: 6
    repeat: 2
    name: down
  - layers:
      - concatenate:
        from: [=level.features, =level.other, =level, x]
      - dense: =level.features.channels
    repeat: =down[::-1]
    as: level
    name: up
  - concatenate:
    from: [down/*/features, down/features, down/1/other, x, up/*]
""",
)

rule(
    "group",
    """
inputs: {a: [3]}
layers:
  - layers:
      - dense: 4
        name: inner
      - dense: 5
    name: stem
  - dense: 3
  - concatenate:
    from: [stem, stem/inner, x, a]
""",
)

rule(
    "parallel",
    """
inputs: {a: [3]}
layers:
  - parallel:
      merge: concatenate
      branches:
        one: {dense: 2}
        none:
        two:
          - dense: 3
            name: hidden
          - dense: 4
            when: =input.channels > 2
        three:
          - dense: 4
            when: =input.channels > 7
    name: fork
  - parallel:
      merge: {concatenate: {axis: -1}}
      branches:
        one: {dense: 2}
        two: {dense: 3}
  - concatenate:
    from: [x, fork/one, fork/two/hidden, fork, fork/none]
""",
)

rule(
    "parallel list",
    """
inputs: {a: [3]}
layers:
  - parallel:
      branches:
        one: {dense: 2}
        two: {dense: 2}
  - add:
  - parallel:
      branches:
        one: {dense: 2}
        two: {dense: 2}
    name: pair
  - multiply:
    from: [pair/0, pair/one]
  - add:
    from: [pair, x]
""",
)

rule(
    "skip",
    """
inputs: {a: [3]}
layers:
  - skip:
      - dense: 3
      - skip: {dense: 3}
  - skip:
      - dense: 3
        when: =input.channels > 10
  - skip: {dense: 3}
    name: named
    repeat: 2
""",
)

rule(
    "block members",
    """
inputs: {a: [8, 8, 3]}
blocks:
  down:
    params: {filters: {type: integer}}
    layers:
      - conv2d: {filters: =filters, kernel_size: 3, padding: same}
        name: features
      - max_pooling2d
  two:
    inputs: [left, right]
    params: {units: 4, scale: =2 * units}
    layers:
      - concatenate:
        from: [left, right]
      - conv2d: {filters: =units, kernel_size: 1}
        name: a
      - conv2d: {filters: =scale, kernel_size: 1}
    outputs: {first: a, both: x}
layers:
  - down: 4
    name: one
  - down: 6
  - up_sampling2d: 2
  - two: {units: 5}
    from: {left: x, right: one}
    name: pair
  - two:
    from: [one, pair]
  - concatenate:
    from: [x, pair/first, pair/both]
  - concatenate:
    from: [x, one]
  - up_sampling2d: 2
  - concatenate:
    from: [x, one/features]
""",
)

rule(
    "each layer",
    """
inputs: {a: [3], b: [3]}
layers:
  - dense: 4
    each: [a, b]
    name: both
  - concatenate:
  - concatenate:
    from: [x, both/0, both/*]
  - take: {indices: 0, axis: 1}
    each: [a, b]
    when: false
""",
)

rule(
    "each block",
    """
inputs: {a: [3], b: [3]}
blocks:
  head:
    params: {units: 2}
    layers:
      - dense: =units + x.channels
        name: hidden
      - dense: 2
        name: scores
    outputs: {scores: scores}
layers:
  - head: {units: 3}
    each: [a, b]
    name: heads
  - concatenate:
    from: [heads/*/scores, heads/0/hidden, heads]
  - layers:
      - dense: 4
      - dense: 5
    each: [a, b]
    name: group
  - concatenate:
  - head:
""",
)

rule(
    "share",
    """
inputs: {a: [3], b: [3]}
blocks:
  head:
    layers:
      - dense: 7
      - dense: 2
layers:
  - dense: 4
    from: a
    name: tokens
  - dense: 5
    name: other
  - share: tokens
    from: b
    name: again
  - add:
    from: [tokens, x]
  - head:
    name: first
  - share: first
    from: again
  - add:
    from: [first, x]
""",
)

rule(
    "when named",
    """
params: {wide: false, deep: true}
inputs: {a: [3]}
layers:
  - dense: 5
    name: first
  - dense: 6
    name: second
    when: =wide
  - dense: 7
    from: first
    when: =deep
    name: third
  - dense: 8
  - concatenate:
    from: [x, first, second, third]
""",
    {"wide": True},
    {"deep": False},
    {"wide": True, "deep": False},
)

rule(
    "training heads",
    """
inputs:
  a: [3]
  label: {shape: [2], when: =training}
layers:
  - dense: 4
    from: a
    name: body
  - dropout: 0.5
    when: =training
heads:
  logits: {dense: 2}
  side: {dense: {units: 3}, from: body, when: =training}
  target: {from: label, when: =training}
""",
)

rule(
    "training blocks",
    """
inputs: {a: [3]}
blocks:
  inner:
    layers:
      - dense: =5 if training else 4
  outer:
    layers:
      - inner
      - dense: 2
layers:
  - outer
heads:
  one: {dense: 3, when: =training}
  two: {dense: 4, when: =not training}
""",
)

rule(
    "heads for training only",
    """
params: {top: true}
inputs: {a: [3]}
layers: [{dense: 4}]
heads:
  projection: {dense: 2, when: =training}
  logits: {dense: 5, when: =top}
""",
    {"top": False},
)

rule(
    "one head, for training only",
    """
params: {top: true}
inputs: {a: [3]}
layers: [{dense: 4}]
heads:
  projection:
    layers: [{dense: 2}, relu]
    when: =training and top
""",
    {"top": False},
)

rule(
    "multi heads",
    """
inputs: {a: [3]}
layers:
  - dense: 4
    name: body
heads:
  one: {dense: 2}
  two: {dense: 3}
  three: {dense: 5, from: one}
  four: {from: body}
  five: {from: [one, two]}
""",
)

rule(
    "defaults",
    """
params: {decay: 0.01, units: 4}
defaults:
  dense: {kernel_regularizer: {l2: =decay}, activation: relu, kernel_initializer: {constant: 0.5}}
  batch_normalization: {momentum: 0.9}
inputs: {a: [8, 8, 3]}
blocks:
  own:
    params: {decay: 3}
    layers:
      - dense: {units: =decay, activation: null}
      - classification: {classes: 4}
layers:
  - residual: 4
  - own: {decay: 5}
  - dense: {units: =units, bias_initializer: he_normal, kernel_initializer: {variance_scaling: {scale: =2 * decay}}}
""",
    {"decay": 0.5},
)

rule(
    "expressions",
    """
params:
  n: 7
  f: 2.5
  sizes: [1, 2, 3]
  table: {default: {a: 1, b: [4, 5]}, type: object}
  text: abc
  flag: true
  nothing: {default: null}
inputs: {a: [8, 6, 3]}
layers:
  - dense: =n + 1 - 2 * 3 // 2 ** 1 % 5
  - dense: =int(n / 2) + (1 if not flag or n > 3 and n <= 9 else 2)
  - dense: =n * 2.0
  - dense: =(n + 1) / 2
  - dense: =ceil(f) + floor(f) + round(f)
  - dense: =round_to(n * f, 8)
  - dense: =len(sizes) + min(sizes) + max(1, 2) + sum(sizes) + sizes[-1] + sum(sizes[1:]) + len(sizes + [4])
  - dense: =table.a + table.b[1] + table["a"]
  - dense: =2 if sizes == [1, 2, 3] else 3
  - dense: =4 if text in ["abc", "d"] and "z" not in text and nothing == null and flag == true and flag != false else 3
  - dense: =-n + 10 - -1
  - dense: =len(range(2, n)) + range(3)[1] + sum(range(n)) + len(range(2) + range(3))
  - dense: =2 * x.height + x.width
  - dense: =x.channels + x.height + x.width + x.rank + x.shape[1] + len(x.shape) + a.channels
  - dense: =1 < n < 9 and 5 or 6
  - dense: =2 ** -1 * 8 ** (1 + 1)
  - dense: =(1 + 2) * (3 - (4 - 5))
  - reshape: ["=x.height * x.width", -1]
  - dense: =x.length
  - dense: 3
    repeat: =range(2, 4)
  - dense: =v
    repeat: =sizes + [4]
    as: v
  - dense: =x.channels if x.dtype == 'float32' else 1
""",
    {"n": 9, "f": 3.0, "sizes": [1, 2, 3, 4]},
)

rule(
    "from forms",
    """
inputs: {a: [4, 3], b: [4, 3]}
layers:
  - dense: 8
    from: a
    name: query
  - dense: 8
    from: =b
    name: value
  - multi_head_attention: {num_heads: 2, key_dim: 4, return_attention_scores: true}
    from: {query: query, value: value}
    name: attention
  - multi_head_attention: {num_heads: 2, key_dim: 4}
    from: [x, value, query]
  - from: [x, query]
  - add:
  - from: x
    name: kept
  - dense: 8
  - add:
    from: [kept, x]
  - dense: 5
    from: attention/attention_scores
""",
)

rule(
    "named by data",
    """
params:
  maps: {type: array, default: [{source: one, units: 2}, {source: two, units: 3}]}
inputs: {a: [3]}
layers:
  - dense: 4
    name: one
  - dense: 5
    name: two
  - dense: =map.units
    from: =map.source
    repeat: =maps
    as: map
    name: out
  - concatenate:
    from: [out/*]
  - dense: =level.channels
    from: =level
    repeat: "=[one, two]"
    as: level
    name: again
  - dense: 3
    from: =level
    repeat: [one, again/0]
    as: level
    name: third
  - concatenate:
    from: ["='one' if training else 'two'", third/*]
""",
)

rule(
    "trainable",
    """
params: {frozen: true}
inputs: {a: [8, 8, 3]}
layers:
  - conv2d: {filters: 3, kernel_size: 1}
    trainable: false
  - residual: 4
    trainable: =not frozen
  - layers:
      - batch_normalization
      - residual: 4
        trainable: true
    trainable: =not frozen
  - residual: 4
  - add:
    from: [x, x]
    trainable: false
""",
    {"frozen": False},
)

rule(
    "names",
    """
params: {filter: 4, list: 3, name: 2, keras: 2}
inputs: {input_1: [3], type: [3]}
blocks:
  layers_of:
    params: {name: 3, layer: 2, inputs: 2}
    layers:
      - dense: =name + layer + inputs + input.channels
        name: layers_of
      - concatenate:
        from: [layers_of, input]
  map:
    layers:
      - dense: 2
layers:
  - dense: =filter
    from: input_1
    name: print
  - layers_of:
    name: layers_of
  - map
  - dense: =list + name + keras
    from: type
  - concatenate:
    from: [print, layers_of, x]
heads:
  len: {dense: 2}
  small: {from: print}
""",
)

rule(
    "ops and sequences",
    """
inputs: {a: [6, 3]}
layers:
  - multi_head_attention: {num_heads: 2, key_dim: 2, return_attention_scores: true}
    from: {query: x, value: x}
    name: memory
  - dense: 3
  - from: memory/attention_scores
  - dense: 2
heads:
  out: {from: x}
  seq: {from: memory}
""",
)

rule(
    "dead input",
    """
inputs: {a: [3], b: [3], c: [3]}
layers:
  - dense: 3
    from: b
  - dense: 4
    from: a
""",
)

rule(
    "model",
    """
params: {width: 8}
inputs: {image: [64, 64, 3]}
layers:
  - model: {spec: resnet18, params: {depths: [1, 2, 1]}}
    name: backbone
    trainable: false
  - conv2d: {filters: =width, kernel_size: 1}
    from: =level
    repeat: =backbone.stage[::-1]
    as: level
    name: lateral
  - from: lateral/0
  - layers:
      - up_sampling2d: 2
      - add:
        from: [=side, x]
    repeat: =lateral[1:]
    as: side
    name: merged
  - conv2d: {filters: =width, kernel_size: 3, padding: same}
    from: =level
    repeat: [lateral/0, merged/0, merged/1]
    as: level
    name: pyramid
  - max_pooling2d: {pool_size: 1, strides: 2}
    from: pyramid/0
    name: p6
  - dense: 3
    each: [p6, pyramid/*]
    name: head
  - from: backbone/stage/1
    name: middle
heads:
  out: {from: [head/*]}
  deep: {from: middle}
  last: {from: p6}
""",
    {"width": 4},
)

rule(
    "model twice",
    """
inputs: {image: [32, 32, 3]}
defaults: {conv2d: {padding: same}}
layers:
  - model: {spec: unet, params: {widths: [4, 8], bottom: 12}}
    name: one
  - model: {spec: unet, params: {widths: [4], bottom: 6}}
    from: image
  - concatenate:
    from: [one, x, one/down/0/features]
  - residual: 4
""",
)

rule(
    "recursive block",
    """
inputs: {image: [32, 32, 3]}
blocks:
  rec:
    params: {n: {type: integer}}
    layers:
      - dense: =n
      - rec: {n: =n - 1}
        when: =n > 1
layers:
  - rec: {n: 3}
""",
)

rule(
    "share from afar",
    """
inputs: {a: [3], b: [3]}
blocks:
  pair:
    layers:
      - dense: {units: 3, activation: relu}
        name: first
      - dense: 3
layers:
  - dense: 3
    from: a
    repeat: 3
    name: stage
  - share: stage/1
    from: b
  - pair:
    name: one
  - share: one/first
  - layers:
      - dense: 3
        name: inner
      - dense: 3
    repeat: 2
    name: outer
  - share: =outer[0].inner
  - share: one
    each: [a, x]
    name: both
  - share: stage/1
    each: [a, b, both/*]
  - add:
  - share: outer/inner
""",
)

rule(
    "when group",
    """
params: {on: true, n: 3}
inputs: {a: [3]}
layers:
  - layers:
      - dense: 4
        name: inner
      - dense: 5
    name: group
    when: =on
  - dense: 6
    name: maybe
    when: =on
    repeat: 2
  - layers:
      - dense: 3
        when: =i > 0
        name: first
      - dense: 2
      - concatenate:
        from: [first, x]
    repeat: =n
    name: stage
  - concatenate:
    from: [group, x, stage/1/first, stage/*, maybe]
""",
    {"on": False},
    {"n": 2},
)

rule(
    "nested items",
    """
params: {depths: [2, 1, 3]}
inputs: {a: [3]}
blocks:
  net:
    params: {depths: {type: array}}
    layers:
      - layers:
          - dense: =4 + i
            repeat: =depth
            name: unit
        repeat: =depths
        as: depth
        index: stage
        name: stage
    outputs: {last: stage/1}
layers:
  - layers:
      - dense: =4 + i
        repeat: =depth
        name: unit
    repeat: =depths
    as: depth
    index: stage
    name: stage
  - net: =depths
    name: net
  - concatenate:
    from: [stage/0/unit/1, stage/2/unit/*, stage/unit/0, net/stage/2/unit/1, net/last, x, stage]
  - dense: =len(stage[2].unit) + len(net.stage) + stage[1].unit[0].channels
  - concatenate:
    from: [x, "=stage[0].unit[-1]"]
  - dense: =level.unit.channels + len(level.unit)
    repeat: =stage[1:]
    as: level
  - layers:
      - concatenate:
        from: [x, =u]
      - dense: =u.channels
    repeat: =net.stage[0].unit
    as: u
""",
    {"depths": [2, 2, 4]},
)

rule(
    "list input block",
    """
inputs: {a: [3], b: [3]}
blocks:
  join:
    params: {units: 4}
    inputs: [many, one]
    layers:
      - concatenate:
        from: many
      - dense: =units
      - add:
        from: [x, one]
        when: =one.channels == units
  bag:
    layers:
      - concatenate:
      - dense: 3
layers:
  - dense: 4
    from: a
    repeat: 2
    name: p
  - join:
    from: {many: [a, b, p/*], one: p}
  - join: 3
    from: {one: a, many: [a, b]}
  - bag:
    from: [x, a]
  - parallel:
      branches: {one: {dense: 2}, two: {layers: [dense: 3, dense: 4]}}
    name: both
  - bag:
  - concatenate:
    from: [x, both]
  - dense: =len(both) + both.one.channels
""",
)

rule(
    "blocks in loops with members",
    """
inputs: {a: [8, 8, 3]}
blocks:
  down:
    params: {filters: {type: integer}}
    layers:
      - conv2d: {filters: =filters, kernel_size: 3, padding: same}
        name: features
      - conv2d: {filters: =filters + 1, kernel_size: 3, padding: same}
        name: more
      - max_pooling2d
layers:
  - down: =4 * 2 ** i
    repeat: 2
    name: enc
  - layers:
      - up_sampling2d: 2
      - concatenate:
        from: [x, =skip.features, =skip.more]
      - conv2d: {filters: =skip.features.channels, kernel_size: 3, padding: same}
    repeat: =enc[::-1]
    as: skip
  - concatenate:
    from: [x, enc/0/features]
  - conv2d: {filters: 3, kernel_size: 1}
  - down: 3
    each: [x, a]
    name: twice
  - add:
  - up_sampling2d: 2
  - concatenate:
    from: [x, twice/1/features]
""",
)

rule(
    "inputs",
    """
params: {n: 8, flag: false}
inputs:
  a: [=n, "=n // 2"]
  b: {shape: [=n], dtype: int32}
  c: {shape: [null, 4], when: =flag}
layers:
  - embedding: {input_dim: 10, output_dim: 4}
    from: b
  - concatenate: {axis: 1}
    from: [a, x]
  - concatenate: {axis: 1}
    from: [x, c]
    when: =flag
  - global_average_pooling1d
""",
    {"flag": True},
)

rule(
    "skip from and layers from",
    """
inputs: {a: [3], b: [3]}
layers:
  - skip:
      - dense: 3
    from: a
  - layers:
      - dense: 3
        name: u
      - add:
        from: [u, x, b]
    from: b
  - parallel:
      merge: add
      branches: {x1: , x2: {dense: 3}}
    from: [a]
    name: par
  - skip:
      - layers:
         - dense: 3
         - dense: 3
           name: w
        name: z
    name: s
    from: u
  - add:
    from: [s, s/z, s/z/w, par/x1, par]
""",
)

rule(
    "merge by parallel other",
    """
inputs: {a: [3], b: [3]}
layers:
  - parallel:
      merge: multiply
      branches:
        a1: [{dense: 4, name: q}, {dense: 4}]
        b1:
          - from: b
          - dense: 4
    from: a
    repeat: 2
    name: p
  - dense: =p.a1.q.channels
  - concatenate:
    from: [p/0/a1, p/b1, x, p/1/a1/q]
""",
)

rule(
    "computed",
    """
params: {width: 8, hidden: =2 * width, ks: {default: [3, 1]}, act: relu, half: 0.5}
inputs: {a: [8, 8, 3]}
blocks:
  cb:
    params: {f: {type: integer}, k: {default: 3}, act: {default: null}, wide: =2 * f, more: =wide + input.channels}
    layers:
      - conv2d: {filters: =f, kernel_size: =k, activation: =act, padding: same}
      - dense: =wide
      - dense: =more
layers:
  - cb: {f: =width * half, k: =ks}
  - cb: {f: =hidden, k: [1, 3], act: =act, wide: 3}
  - dropout: =half / 2
  - conv2d: {filters: =int(width * half), kernel_size: "=[1, ks[0]]", strides: [2, 1]}
  - permute: [3, 1, 2]
    when: false
""",
    {"width": 6},
    {"hidden": 5, "act": "gelu"},
)

rule(
    "heads complex",
    """
params: {extra: false}
inputs: {a: [3]}
layers:
  - dense: 4
    repeat: 2
    name: s
heads:
  first: {dense: 2, when: =extra}
  lvl: {from: [s/*]}
  second: {dense: {units: 2}, from: s/0, when: =extra or training}
  third: {from: second, when: =training}
""",
    {"extra": True},
)

rule(
    "one of heads",
    """
params: {kind: a}
inputs: {a: [3]}
layers: [dense: 4]
heads:
  first: {dense: 2, when: =kind == 'a'}
  second: {dense: 3, when: =kind != 'a'}
""",
    {"kind": "b"},
)

rule(
    "recursion and training",
    """
inputs: {a: [3]}
blocks:
  tree:
    params: {depth: {type: integer}}
    layers:
      - dense: 3
        name: root
      - dropout: 0.5
        when: =training
      - parallel:
          merge: add
          branches:
            left: {tree: =depth - 1}
            right: {tree: {depth: =depth - 1}}
        when: =depth > 0
layers:
  - tree: 2
    name: t
  - add:
    from: [x, t/root]
""",
)

rule(
    "when written",
    """
inputs: {a: [3]}
layers:
  - dense: 4
    name: b
  - dense: 5
    name: c
    when: false
  - dense: 5
    name: d
    when: true
  - dense: 6
    from: b
    name: e
    when: false
  - concatenate:
    from: [x, c, d, e]
""",
)

rule(
    "each of nested blocks",
    """
inputs: {a: [4, 3], b: [4, 3]}
blocks:
  inner:
    layers:
      - dense: 3
      - dense: 3
        each: [x, input]
        name: both
      - add:
  outer:
    layers:
      - inner
      - layers: [inner, {dense: 3}]
        name: group
layers:
  - outer:
    each: [a, b]
    name: towers
  - concatenate:
  - layers:
      - outer:
      - inner:
        name: last
    each: [a, b]
    name: pair
  - concatenate:
    from: [x, towers/*, towers/0/group]
  - dense: 2
""",
)


@pytest.mark.parametrize("name", RULES)
def test_the_source_makes_the_model_of_the_spec(name: str, same: Callable[..., str]) -> None:
    text = RULES[name]
    trained = loads(text).uses_training
    for training in (False, True) if trained else (False,):
        for params in ({}, *PARAMS[name]):
            # Equal configs and weights give equal outputs; running one of the models says that nothing was forgotten.
            same(text, params, training=training, outputs=not params and not training)
