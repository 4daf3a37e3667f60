"""Make the graph of the bundled encoder and the largest inputs of its matrices.

    python benchmarks/make_encoder.py FILE.jsonl

writes monitor/data/e5.onnx (what is computed, without a single weight) and monitor/data/e5-peaks.npz (the largest
inputs seen over every sixteenth text of the file, by which `monitor/adapters/encoder/weights.py` makes weights small).
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

from monitor.adapters.embed import passage
from monitor.adapters.encoder.e5 import E5
from monitor.adapters.encoder.file import ModelFile, bundled
from monitor.adapters.encoder.weights import LAYERS, MATRICES, WIDE, WIDTH, floats, learned_since, weights

DATA = Path(__file__).parent.parent / "monitor" / "data"
HEADS = 12
OUTPUTS = {"attend": 3 * WIDTH, "join": WIDTH, "widen": WIDE, "narrow": WIDTH}
OURS = "com.microsoft"  # operations of onnxruntime's own
EVERY = 16


class Graph:
    """Collects the operations; `exact` multiplies in float32 and hands out the inputs of each matrix."""

    def __init__(self, *, exact: bool = False) -> None:
        self.nodes, self.given, self.seen, self.exact = [], [], [], exact

    def value(self, name: str, shape: list[int], kind: int = TensorProto.FLOAT) -> str:
        tensor = TensorProto(name=name, dims=shape, data_type=kind, data_location=TensorProto.EXTERNAL)
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", "given"
        self.given.append(tensor)
        return name

    def do(self, operation: str, inputs: list[str], *outputs: str, domain: str = "", **how: object) -> str:
        self.nodes.append(helper.make_node(operation, inputs, list(outputs), domain=domain, **how))
        return outputs[0]

    def norm(self, inputs: str, name: str) -> str:
        scale, bias = self.value(f"{name}.weight", [WIDTH]), self.value(f"{name}.bias", [WIDTH])
        return self.do("LayerNormalization", [inputs, scale, bias], name, axis=-1, epsilon=1e-12)

    def matrix(self, inputs: str, layer: int, name: str) -> str:
        key, shape = f"{layer}.{name}", [MATRICES[name][1], OUTPUTS[name]]
        product = self.exact_product if self.exact else self.small_product
        return self.do("Add", [product(inputs, key, shape), self.value(f"{key}.bias", shape[1:])], key)

    def exact_product(self, inputs: str, key: str, shape: list[int]) -> str:
        self.seen.append(self.do("Identity", [inputs], f"{key}.seen"))
        return self.do("MatMul", [inputs, self.value(f"{key}.weight", shape)], f"{key}.product")

    def small_product(self, inputs: str, key: str, shape: list[int]) -> str:
        even = self.do("Mul", [inputs, self.value(f"{key}.smooth", shape[:1])], f"{key}.even")
        self.do("DynamicQuantizeLinear", [even], f"{key}.small", f"{key}.unit", f"{key}.zero")
        weight = self.value(f"{key}.weight", shape, TensorProto.INT8)
        whole = self.do("MatMulInteger", [f"{key}.small", weight, f"{key}.zero"], f"{key}.whole")
        real = self.do("Cast", [whole], f"{key}.real", to=TensorProto.FLOAT)
        unit = self.do("Mul", [f"{key}.unit", self.value(f"{key}.scale", shape[1:])], f"{key}.units")
        return self.do("Mul", [real, unit], f"{key}.product")

    def layer(self, inputs: str, layer: int) -> str:
        parts = [f"{layer}.{part}" for part in ("query", "key", "value")]
        self.do("Split", [self.matrix(inputs, layer, "attend")], *parts, axis=-1, num_outputs=3)
        seen = self.do("MultiHeadAttention", parts, f"{layer}.attention", domain=OURS, num_heads=HEADS)
        together = self.do("Add", [inputs, self.matrix(seen, layer, "join")], f"{layer}.together")
        attended = self.norm(together, f"{layer}.attended")
        wide = self.do("Gelu", [self.matrix(attended, layer, "widen")], f"{layer}.wide", domain=OURS)
        thought = self.do("Add", [attended, self.matrix(wide, layer, "narrow")], f"{layer}.sum")
        return self.norm(thought, f"{layer}.thought")

    def made(self) -> bytes:
        """Return the whole as bytes of an ONNX model."""
        state = self.norm("tokens", "norm")
        for layer in range(LAYERS):
            state = self.layer(state, layer)
        axes = helper.make_tensor("axes", TensorProto.INT64, [1], [1])
        self.do("ReduceMean", [state, "axes"], "mean", keepdims=0)
        return self.model([*self.given, axes]).SerializeToString(deterministic=True)

    def model(self, values: list[TensorProto]):
        real = TensorProto.FLOAT
        inputs = [helper.make_tensor_value_info("tokens", real, [1, "tokens", WIDTH])]
        outputs = [helper.make_tensor_value_info("mean", real, [1, WIDTH])]
        outputs += [helper.make_tensor_value_info(name, real, None) for name in self.seen]
        graph = helper.make_graph(self.nodes, "e5", inputs, outputs, values)
        versions = [helper.make_opsetid("", 18), helper.make_opsetid(OURS, 1)]
        return helper.make_model(graph, opset_imports=versions, ir_version=8, producer_name="")


def even() -> dict[str, np.ndarray]:
    """Return peaks that tell nothing: before the true ones are known."""
    return {f"{at}.{name}": np.ones(width) for at in range(LAYERS) for name, (_, width) in MATRICES.items()}


def exact_session(file) -> tuple[onnxruntime.InferenceSession, list[str]]:
    """Return a session in float32 that also says what each matrix is given."""
    graph = Graph(exact=True)
    model = graph.made()
    learned = np.load(DATA / "e5-events.npz")
    given = weights(file, even(), learned)
    for layer in range(LAYERS):
        for name in MATRICES:
            rows = floats(file, layer, name)[0] + learned_since(learned, f"{layer}.{name}")
            given[f"{layer}.{name}.weight"] = np.ascontiguousarray(rows.T)
    names = [tensor.name for tensor in graph.given]
    options = onnxruntime.SessionOptions()
    options.add_external_initializers(
        names, [onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(given[name])) for name in names]
    )
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]), graph.seen


def peaks(texts: list[str]) -> dict[str, np.ndarray]:
    """Return the largest input of every column of every matrix over some texts."""
    encoder = E5()
    session, seen = exact_session(ModelFile(bundled()))
    most: dict[str, np.ndarray] = {}
    for text in texts:
        values = session.run(seen, {"tokens": encoder.inputs(text)})
        for name, value in zip(seen, values, strict=True):
            key, peak = name.removesuffix(".seen"), np.abs(value[0]).max(axis=0)
            most[key] = np.maximum(most.get(key, 0), peak)
    return most


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("texts", type=Path, help="articles, one JSON object with title and text a line")
    articles = [json.loads(line) for line in parser.parse_args().texts.read_text().splitlines()]
    texts = [passage(one["title"], one["text"]) for one in articles[::EVERY]]
    (DATA / "e5.onnx").write_bytes(Graph().made())
    if not (DATA / "e5-peaks.npz").exists():  # the encoder asks for them before they are known
        np.savez_compressed(DATA / "e5-peaks.npz", **even())
    found = {key: value.astype(np.float16) for key, value in peaks(texts).items()}
    np.savez_compressed(DATA / "e5-peaks.npz", **found)
    print(f"{len(texts)} texts, {len(found)} matrices")


if __name__ == "__main__":
    main()
