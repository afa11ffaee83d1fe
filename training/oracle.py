"""Runs network files in onnxruntime: the oracle that `palm::net` is held against, and its measure for speed.

    oracle.py FOLDER             for each NAME.net and NAME.input there, writes NAME.output
    oracle.py FOLDER --time N    also runs each N times on one thread and says how long one run takes

Inputs and outputs are little-endian 32-bit floats, row-major with the channels of a pixel side by side; a network's
outputs follow one another. The file's layout stands in `crates/palm/src/net/mod.rs`.
"""

import argparse
import hashlib
import pathlib
import time

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

CHECKSUM_BYTES = 32
OPSET, IR_VERSION = 17, 8


class Reader:
    """What is left of a file."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, kind, count):
        values = numpy.frombuffer(self.data, kind, count, self.at)
        self.at += values.nbytes
        return values

    def words(self, count):
        return [int(word) for word in self.take("<u4", count)]


class Graph:
    """An ONNX graph in the making; value i is called v{i}."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, name, array):
        self.constants.append(numpy_helper.from_array(numpy.ascontiguousarray(array), name))
        return name

    def add(self, operator, inputs, output, residual=None, relu=False, **attributes):
        """Adds a node, then a sum and an activation where they are asked for."""
        steps = [("Add", [f"v{residual}"])] if residual is not None else []
        steps += [("Relu", [])] if relu else []
        names = [f"{output}_{i}" for i in range(len(steps))] + [output]
        self.nodes.append(helper.make_node(operator, inputs, [names[0]], **attributes))
        for (follow, more), source, target in zip(steps, names, names[1:]):
            self.nodes.append(helper.make_node(follow, [source, *more], [target]))


def conv(file, graph, output):
    source, residual, inputs, outputs, kernel, stride, pad, activation = file.words(8)
    weights = file.take("<f2", outputs * kernel * kernel * inputs).astype("f4")
    weights = weights.reshape(outputs, kernel, kernel, inputs).transpose(0, 3, 1, 2)
    bias = file.take("<f4", outputs)
    names = [f"v{source}", graph.constant(f"{output}_weights", weights), graph.constant(f"{output}_bias", bias)]
    residual = residual - 1 if residual else None
    graph.add("Conv", names, output, residual, activation == 1, strides=[stride] * 2, pads=[pad] * 4)


def upsample(file, graph, output):
    source, residual = file.words(2)
    scales = graph.constant(f"{output}_scales", numpy.array([1, 1, 2, 2], "f4"))
    how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    graph.add("Resize", [f"v{source}", "", scales], output, residual - 1 if residual else None, **how)


def mean(file, graph, output):
    graph.add("GlobalAveragePool", [f"v{file.words(1)[0]}"], output)


def model(data):
    """The network file as an ONNX model, and its input's channels, height and width."""
    body, checksum = data[:-CHECKSUM_BYTES], data[-CHECKSUM_BYTES:]
    if body[:8] != b"HSLNET01" or hashlib.sha256(body).digest() != checksum:
        raise ValueError("not a network file, or damaged")
    file, graph = Reader(body[8:]), Graph()
    *shape, layers = file.words(4)
    for layer in range(layers):
        (conv, upsample, mean)[file.words(1)[0]](file, graph, f"v{layer + 1}")
    names = []
    for i, value in enumerate(file.words(file.words(1)[0])):
        names.append(f"output{i}")
        graph.nodes.append(helper.make_node("Identity", [f"v{value}"], [names[-1]]))
    if file.at != len(file.data):
        raise ValueError("bytes after the end")
    wire = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 4) for name in names]
    source = helper.make_tensor_value_info("v0", TensorProto.FLOAT, [1, *shape])
    made = helper.make_graph(graph.nodes, "network", [source], wire, graph.constants)
    made = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(made)
    return made.SerializeToString(), shape


def session(made):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(made, options, providers=["CPUExecutionProvider"])


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--time", type=int, default=0, metavar="N")
    arguments = arguments.parse_args()
    for path in sorted(arguments.folder.glob("*.net")):
        made, (channels, height, width) = model(path.read_bytes())
        values = numpy.fromfile(path.with_suffix(".input"), "<f4").reshape(1, height, width, channels)
        run = session(made)
        feed = {"v0": numpy.ascontiguousarray(values.transpose(0, 3, 1, 2))}
        outputs = [output.transpose(0, 2, 3, 1).ravel() for output in run.run(None, feed)]
        numpy.concatenate(outputs).astype("<f4").tofile(path.with_suffix(".output"))
        times_ms = []
        for _ in range(arguments.time):
            start = time.perf_counter()
            run.run(None, feed)
            times_ms.append(1e3 * (time.perf_counter() - start))
        if times_ms:
            print(f"{path.name}: fastest {min(times_ms):.2f} ms, median {numpy.median(times_ms):.2f} ms")


if __name__ == "__main__":
    main()
