"""The same vectors through `handsel bench search`, faiss and usearch, in one run. See README.md beside this file."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import faiss
import numpy as np
import usearch.index

BATCH = 16


def timed(probes, together, search):
    """Median milliseconds of a call for `together` probes, and the nearest vector that each probe was given."""
    times, nearest = [], []
    for at in range(0, len(probes) - together + 1, together):
        start = time.perf_counter()
        found = search(probes[at : at + together])
        times.append((time.perf_counter() - start) * 1e3)
        nearest.extend(found)
    return statistics.median(times), np.array(nearest)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--handsel", default="target/release/handsel")
    parser.add_argument("--references", type=int, default=1_000_000)
    parser.add_argument("--dimensions", type=int, default=256)
    parser.add_argument("--probes", type=int, default=64)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        sizes = [f"--references={args.references}", f"--dimensions={args.dimensions}", f"--probes={args.probes}"]
        written = [f"--threads={args.threads}", f"--write={folder}", f"--json={folder / 'ours.json'}"]
        subprocess.run([args.handsel, "bench", "search", *sizes, *written], check=True, stdout=subprocess.DEVNULL)
        ours = json.loads((folder / "ours.json").read_text())
        rows = np.fromfile(folder / "references.i8", np.int8).reshape(-1, args.dimensions)
        probes = np.fromfile(folder / "probes.i8", np.int8).reshape(-1, args.dimensions)

    floats = rows.astype(np.float32)
    lengths = np.linalg.norm(floats, axis=1)
    probe_floats = probes.astype(np.float32)
    # Products of whole numbers below 2^24 are exact in single precision.
    right = np.array([np.argmax((floats @ probe) / lengths) for probe in probe_floats])

    faiss.omp_set_num_threads(args.threads)
    int8 = faiss.IndexScalarQuantizer(args.dimensions, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT)
    int8.train(floats[:1000])
    int8.add(floats)
    flat = faiss.IndexFlatIP(args.dimensions)
    floats /= lengths[:, None]
    flat.add(floats)
    del floats

    def exact(some):
        matches = usearch.index.search(rows, some, 1, usearch.index.MetricKind.Cos, exact=True, threads=args.threads)
        return np.atleast_2d(matches.keys)[:, 0]

    peers = {
        "faiss flat int8": lambda some: int8.search(some.astype(np.float32), 1)[1][:, 0],
        "faiss flat float": lambda some: flat.search(some.astype(np.float32), 1)[1][:, 0],
        "usearch exact int8": lambda some: exact(some if len(some) > 1 else some[0]),
    }
    print(f"{args.references} × {args.dimensions} B, {args.threads} threads, reading {ours['read_bandwidth_gb_per_s']:.1f} GB/s")
    print(f"{'':20} {'1 probe':>10} {'ratio':>7} {'16 probes':>10} {'ratio':>7}  nearest found")
    single, batch = ours["thresholded"]["p50_ms"], ours["batch16"]["p50_ms"]
    print(f"{'handsel, bounded':20} {single:10.2f} {'':7} {'':10} {'':7}  recall {ours['thresholded']['recall']}")
    whole = ours["exhaustive"]["p50_ms"]
    print(f"{'handsel, exhaustive':20} {whole:10.2f} {'':7} {batch:10.2f} {'':7}  recall {ours['exhaustive']['recall']}")
    for name, search in peers.items():
        one, nearest = timed(probes, 1, search)
        many, _ = timed(probes, BATCH, search)
        found = np.mean(nearest == right[: len(nearest)])
        print(f"{name:20} {one:10.2f} {one / single:6.1f}× {many:10.2f} {many / batch:6.1f}×  {found:.3f}  ({one / whole:.1f}× exhaustive)")


if __name__ == "__main__":
    main()
