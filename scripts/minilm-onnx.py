"""Writes all-MiniLM-L6-v2 as ONNX: minilm-onnx.py FOLDER, which holds config.json and model.safetensors; gives FOLDER/onnx/model.onnx.

The operations are those that PyTorch's exporter writes for a BERT encoder (layer normalisation and GELU in parts, the mask as
an additive bias), so that the optimiser of ONNX Runtime finds what it is made for. No value is chosen here: sizes come from
config.json, weights from the file.
"""

import json
import os
import struct
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

DTYPES = {"F32": np.float32, "I64": np.int64}


def read_safetensors(file):
    """Its tensors by name: a length, a JSON header with offsets, then the values."""
    with open(file, "rb") as opened:
        raw = opened.read()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        first, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(raw[first:end], dtype=DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


class Graph:
    """Nodes and initialisers, each node named by where in the model it stands."""

    def __init__(self, weights):
        self.weights = weights
        self.nodes = []
        self.initialisers = {}

    def value(self, name, array):
        if name not in self.initialisers:
            self.initialisers[name] = numpy_helper.from_array(np.ascontiguousarray(array).reshape(np.shape(array)), name)
        return name

    def number(self, value):
        return self.value(f"float_{value}", np.array(value, np.float32))

    def integers(self, values):
        return self.value(f"int_{values}".replace(" ", ""), np.array(values, np.int64))

    def weight(self, key, transposed=False):
        array = self.weights[key]
        return self.value(f"{key}.T", array.T) if transposed else self.value(key, array)

    def add(self, operation, inputs, place, **attributes):
        name = f"{place}/{operation}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, inputs, [f"{name}_output"], name=name, **attributes))
        return f"{name}_output"

    def dense(self, x, key, place):
        product = self.add("MatMul", [x, self.weight(f"{key}.weight", transposed=True)], place)
        return self.add("Add", [self.weight(f"{key}.bias"), product], place)

    def normalise(self, x, key, epsilon, place):
        centred = self.add("Sub", [x, self.add("ReduceMean", [x], place, axes=[-1])], place)
        squares = self.add("Pow", [centred, self.number(2.0)], place)
        variance = self.add("ReduceMean", [squares], place, axes=[-1])
        deviation = self.add("Sqrt", [self.add("Add", [variance, self.number(epsilon)], place)], place)
        scaled = self.add("Mul", [self.add("Div", [centred, deviation], place), self.weight(f"{key}.weight")], place)
        return self.add("Add", [scaled, self.weight(f"{key}.bias")], place)

    def gelu(self, x, place):
        erf = self.add("Erf", [self.add("Div", [x, self.number(2.0**0.5)], place)], place)
        product = self.add("Mul", [x, self.add("Add", [erf, self.number(1.0)], place)], place)
        return self.add("Mul", [product, self.number(0.5)], place)


def embeddings(graph, epsilon, positions):
    place = "/embeddings"
    length = graph.add("Gather", [graph.add("Shape", ["input_ids"], place), graph.integers(1)], place, axis=0)
    end = graph.add("Unsqueeze", [length, graph.integers([0])], place)
    numbered = graph.value("position_ids", np.arange(positions, dtype=np.int64)[None])
    used = graph.add("Slice", [numbered, graph.integers([0]), end, graph.integers([1])], place)
    tables = {"word": "input_ids", "token_type": "token_type_ids", "position": used}
    words, kinds, places = (
        graph.add("Gather", [graph.weight(f"embeddings.{table}_embeddings.weight"), ids], place) for table, ids in tables.items()
    )
    total = graph.add("Add", [graph.add("Add", [words, kinds], place), places], place)
    return graph.normalise(total, "embeddings.LayerNorm", epsilon, f"{place}/LayerNorm")


def mask_bias(graph):
    """0 where a token is, a very negative number where only padding is."""
    rows = graph.add("Unsqueeze", ["attention_mask", graph.integers([1])], "/mask")
    heads = graph.add("Unsqueeze", [rows, graph.integers([2])], "/mask")
    numbers = graph.add("Cast", [heads], "/mask", to=TensorProto.FLOAT)
    return graph.add("Mul", [graph.add("Sub", [graph.number(1.0), numbers], "/mask"), graph.number(-10000.0)], "/mask")


def attention(graph, x, mask, key, place, heads, width):
    own = f"{place}/self"
    split = graph.integers([0, 0, heads, width])

    def projected(name, order):
        values = graph.dense(x, f"{key}.self.{name}", f"{own}/{name}")
        return graph.add("Transpose", [graph.add("Reshape", [values, split], own)], own, perm=order)

    query, keys, values = projected("query", [0, 2, 1, 3]), projected("key", [0, 2, 3, 1]), projected("value", [0, 2, 1, 3])
    scores = graph.add("Div", [graph.add("MatMul", [query, keys], own), graph.number(width**0.5)], own)
    shares = graph.add("Softmax", [graph.add("Add", [scores, mask], own)], own, axis=-1)
    context = graph.add("Transpose", [graph.add("MatMul", [shares, values], own)], own, perm=[0, 2, 1, 3])
    return graph.add("Reshape", [context, graph.integers([0, 0, heads * width])], own)


def layer(graph, x, mask, number, config):
    key, place = f"encoder.layer.{number}", f"/encoder/layer.{number}"
    heads, epsilon = config["num_attention_heads"], config["layer_norm_eps"]
    seen = attention(graph, x, mask, f"{key}.attention", f"{place}/attention", heads, config["hidden_size"] // heads)
    out = f"{place}/attention/output"
    added = graph.add("Add", [graph.dense(seen, f"{key}.attention.output.dense", f"{out}/dense"), x], out)
    x = graph.normalise(added, f"{key}.attention.output.LayerNorm", epsilon, f"{out}/LayerNorm")
    wide = graph.gelu(graph.dense(x, f"{key}.intermediate.dense", f"{place}/intermediate/dense"), f"{place}/intermediate")
    added = graph.add("Add", [graph.dense(wide, f"{key}.output.dense", f"{place}/output/dense"), x], f"{place}/output")
    return graph.normalise(added, f"{key}.output.LayerNorm", epsilon, f"{place}/output/LayerNorm")


def main(folder):
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    weights = read_safetensors(os.path.join(folder, "model.safetensors"))
    graph = Graph({name.removeprefix("bert."): array for name, array in weights.items()})
    x = embeddings(graph, config["layer_norm_eps"], config["max_position_embeddings"])
    mask = mask_bias(graph)
    for number in range(config["num_hidden_layers"]):
        x = layer(graph, x, mask, number, config)
    graph.nodes.append(helper.make_node("Identity", [x], ["last_hidden_state"], name="/output"))
    sizes = ["batch_size", "sequence_length"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, sizes) for name in ("input_ids", "attention_mask", "token_type_ids")]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*sizes, config["hidden_size"]])
    built = helper.make_graph(graph.nodes, "all-MiniLM-L6-v2", inputs, [output], list(graph.initialisers.values()))
    model = helper.make_model(built, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    onnx.checker.check_model(model)
    os.makedirs(os.path.join(folder, "onnx"), exist_ok=True)
    onnx.save(model, os.path.join(folder, "onnx", "model.onnx"))


main(sys.argv[1])
