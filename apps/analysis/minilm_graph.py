"""MiniLM as a graph that onnxruntime runs in whole numbers, written from the weights of its package. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

LAYERS, HEADS, WIDTH = 6, 12, 384
# Weights in whole steps. In eight bits, processors without VNNI would add up two products that do not fit together, and read
# other moods than the rest.
STEPS_MULTIPLIED, STEPS_LOOKED_UP = 63, 127
# Operators that only onnxruntime knows: a product of whole numbers and its scale in one go.
OURS = "com.microsoft"
# Version of what is written here: another one is another file.
VERSION = 1
# What a learnt delta is multiplied with: alpha / rank of its training.
DELTA_SCALE = 2.0
Array = np.ndarray[Any, Any]


class _Writer:
    """Nodes and constants as they are added, each under a name of its own."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: Any) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name))
        return name

    def add(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        names = [f"n{len(self.nodes)}_{n}" for n in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names


def _steps(table: Array, *, axis: int, most: int) -> tuple[Array, Array]:
    """A table in whole steps, at most so many either way, and the size of a step of each row or column."""
    scale = np.maximum(np.abs(table).max(axis=axis, keepdims=True), 1e-9) / most
    return np.round(table / scale).astype(np.int8), scale.astype(np.float32)


def written(weights: Mapping[str, Array], delta: Mapping[str, Array] | None = None) -> bytes:
    """Write the graph: `ids` and `mask` (int64, texts × words) to `pooled` (float32, texts × WIDTH), the mean over a text's words.

    `delta` holds NAME.A and NAME.B of the linear layers that were taught something else: their product is added to the weights.
    """
    w = _Writer()

    def weight(name: str) -> Array:
        return weights[name].astype(np.float32)

    def taught(name: str) -> Array:
        table = weight(f"{name}.weight")
        if delta is not None and f"{name}.A" in delta:
            table = table + DELTA_SCALE * delta[f"{name}.B"].astype(np.float32) @ delta[f"{name}.A"].astype(np.float32)
        return table.T

    one, middle, nothing = w.constant(np.float32(1)), w.constant(np.uint8(128)), w.constant(np.int8(0))
    held: dict[str, tuple[str, str]] = {}

    def in_steps(x: str) -> tuple[str, str]:
        """The rows of x in whole steps, each row with a step of its own: no word depends on the texts beside its own."""
        if x not in held:
            most = w.add("ReduceMax", w.add("Abs", x), w.constant(np.array([-1])), keepdims=0)
            step = w.add("Mul", w.add("Add", most, w.constant(np.float32(1e-9))), w.constant(np.float32(1 / 127)))
            whole = w.add("QuantizeLinear", x, step, w.add("Expand", middle, w.add("Shape", step)), axis=0)
            held[x] = (whole, w.add("Unsqueeze", step, w.constant(np.array([1]))))
        return held[x]

    def product(x: str, name: str) -> str:
        table, scale = _steps(taught(name), axis=0, most=STEPS_MULTIPLIED)
        whole, step = in_steps(x)
        columns = w.add(
            "MatMulIntegerToFloat", whole, w.constant(table), one, w.constant(scale[0]), middle, nothing, domain=OURS
        )
        return str(w.add("Mul", columns, step))

    def linear(x: str, name: str) -> str:
        return str(w.add("Add", product(x, name), w.constant(weight(f"{name}.bias"))))

    def normal(x: str, name: str) -> str:
        return str(w.add("LayerNormalization", x, w.constant(weight(f"{name}.weight")), w.constant(weight(f"{name}.bias")),
                         axis=-1, epsilon=1e-12))  # fmt: skip

    # One row a word, of all texts one after another; words of one text see each other in the middle of a layer only.
    flat = w.constant(np.array([-1, WIDTH]))
    shape = w.add("Shape", "ids")
    by_text = w.add("Concat", shape, w.constant(np.array([WIDTH])), axis=0)
    by_head = w.add("Concat", shape, w.constant(np.array([HEADS, WIDTH // HEADS])), axis=0)
    table, scale = _steps(weight("embeddings.word_embeddings.weight"), axis=1, most=STEPS_LOOKED_UP)
    words = w.add("Mul", w.add("Cast", w.add("Gather", w.constant(table), "ids"), to=TensorProto.FLOAT),
                  w.add("Gather", w.constant(scale), "ids"))  # fmt: skip
    count = w.add("Squeeze", w.add("Shape", "ids", start=1, end=2), w.constant(np.array([0])))
    place = w.add("Range", w.constant(np.int64(0)), count, w.constant(np.int64(1)))
    places = weight("embeddings.position_embeddings.weight") + weight("embeddings.token_type_embeddings.weight")[0]
    x = w.add("Reshape", w.add("Add", words, w.add("Gather", w.constant(places), place)), flat)
    x = normal(x, "embeddings.LayerNorm")
    told = w.add("Cast", "mask", to=TensorProto.FLOAT)
    away = w.add(
        "Mul", w.add("Sub", one, w.add("Unsqueeze", told, w.constant(np.array([1, 2])))), w.constant(np.float32(-1e9))
    )
    for n in range(LAYERS):
        layer = f"encoder.layer.{n}"
        query, key, value = (
            w.add("Reshape", linear(x, f"{layer}.attention.self.{name}"), by_head) for name in ("query", "key", "value")
        )
        likeness = w.add(
            "MatMul", w.add("Transpose", query, perm=[0, 2, 1, 3]), w.add("Transpose", key, perm=[0, 2, 3, 1])
        )
        scaled = w.add("Add", w.add("Mul", likeness, w.constant(np.float32(1 / sqrt(WIDTH / HEADS)))), away)
        seen = w.add("MatMul", w.add("Softmax", scaled, axis=-1), w.add("Transpose", value, perm=[0, 2, 1, 3]))
        seen = w.add("Reshape", w.add("Transpose", seen, perm=[0, 2, 1, 3]), flat)
        x = normal(
            w.add("Add", x, linear(seen, f"{layer}.attention.output.dense")), f"{layer}.attention.output.LayerNorm"
        )
        wide = product(x, f"{layer}.intermediate.dense")
        wide = w.add("BiasGelu", wide, w.constant(weight(f"{layer}.intermediate.dense.bias")), domain=OURS)
        x = normal(w.add("Add", x, linear(wide, f"{layer}.output.dense")), f"{layer}.output.LayerNorm")
    share = w.add("Unsqueeze", told, w.constant(np.array([2])))
    across = w.constant(np.array([1]))
    whole = w.add("ReduceSum", w.add("Mul", w.add("Reshape", x, by_text), share), across, keepdims=0)
    w.nodes.append(helper.make_node("Div", [whole, w.add("ReduceSum", share, across, keepdims=0)], ["pooled"]))
    texts = [helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "words"]) for name in ("ids", "mask")]
    out = [helper.make_tensor_value_info("pooled", TensorProto.FLOAT, ["texts", WIDTH])]
    graph = helper.make_graph(w.nodes, "minilm", texts, out, w.constants)
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid(OURS, 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    raw: bytes = model.SerializeToString(deterministic=True)
    return raw
