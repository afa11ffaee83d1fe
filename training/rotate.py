"""Turns an extractor's directions so that the leading ones hold most of what tells palms apart.

    python3 training/rotate.py crates/palm/models/extractor.net

A search reads the leading directions of every palm, and the rest only where these leave the answer open
(crates/gallery/src/vectors). Turning all vectors alike changes no angle between two of them, so recognition stays what it was but
for rounding; the file's checksum, and so the extractor's name in templates, changes.

The basis comes from drawn palms alone: the eigenvectors of their vectors' second moment, the HEAD strongest first. Inside the head
and inside the rest the axes are then mixed at random, so that every direction carries about as much as its neighbours and 8 bits
fit all of them.
"""

import argparse
import hashlib
import pathlib
import struct
import subprocess

import numpy as np

HEAD = 96
DIMENSIONS = 256
SEED = 20261124


def last_layer(body):
    """Offsets of the last layer's weights (f16, output channels first) and bias (f32), and its number of inputs."""
    at = 8 + 12
    (layers,) = struct.unpack_from("<I", body, at)
    at += 4
    for _ in range(layers):
        (operator,) = struct.unpack_from("<I", body, at)
        at += 4
        if operator == 0:
            _, _, takes, channels, kernel, _, _, _ = struct.unpack_from("<8I", body, at)
            weights, inputs = at + 32, kernel * kernel * takes
            bias = weights + 2 * channels * inputs
            at = bias + 4 * channels
        else:
            weights, at = None, at + (8 if operator == 1 else 4)
    if weights is None or channels != DIMENSIONS:
        raise SystemExit("the last layer does not give a vector")
    return weights, bias, inputs


def random_rotation(size, rng):
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    return q * np.sign(np.diag(r))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("net", type=pathlib.Path, help="the network file, changed in place")
    parser.add_argument("--palms", type=int, default=10_000)
    args = parser.parse_args()

    draw = ["cargo", "run", "--quiet", "--release", "--package", "handsel-training", "--", "vectors", "--palms", str(args.palms)]
    vectors = np.frombuffer(subprocess.run(draw, check=True, stdout=subprocess.PIPE).stdout, dtype=np.int8)
    vectors = vectors.reshape(-1, DIMENSIONS).astype(np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    energy, axes = np.linalg.eigh(vectors.T @ vectors / len(vectors))
    axes = axes[:, np.argsort(energy)[::-1]].T

    rng = np.random.default_rng(SEED)
    mix = np.zeros((DIMENSIONS, DIMENSIONS))
    mix[:HEAD, :HEAD] = random_rotation(HEAD, rng)
    mix[HEAD:, HEAD:] = random_rotation(DIMENSIONS - HEAD, rng)
    turn = mix @ axes
    held = np.mean(np.sum((vectors @ turn[:HEAD].T) ** 2, axis=1))
    print(f"{len(vectors)} drawn palms: the first {HEAD} directions hold {held:.1%} of the squared length")

    body = bytearray(args.net.read_bytes()[:-32])
    at_weights, at_bias, inputs = last_layer(body)
    weights = np.frombuffer(body, "<f2", DIMENSIONS * inputs, at_weights).astype(np.float64).reshape(DIMENSIONS, inputs)
    bias = np.frombuffer(body, "<f4", DIMENSIONS, at_bias).astype(np.float64)
    turned = (turn @ weights).astype("<f2").tobytes()
    body[at_weights : at_weights + len(turned)] = turned
    body[at_bias : at_bias + 4 * DIMENSIONS] = (turn @ bias).astype("<f4").tobytes()
    args.net.write_bytes(bytes(body) + hashlib.sha256(body).digest())


if __name__ == "__main__":
    main()
