"""Fits what a comparison means, on drawn palms; prints what the constants of `palm::score` are chosen by.

    python3 training/calibrate.py --palms 1500

One capture of each palm is enrolled, the others are compared with all. Nothing real is read.
"""

import argparse
import subprocess

import numpy as np

import stream

RECORD = np.dtype([("palm", "<u4"), ("other", "<u4"), ("cosine", "<f4"), ("agreement", "<f4")])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--palms", type=int, default=1_500)
    parser.add_argument("--captures", type=int, default=2)
    parser.add_argument("--missed", type=float, default=1e-3, help="share of mated comparisons the cosine may miss")
    parser.add_argument("--program", help="the program that draws; built if it is not named")
    return parser.parse_args()


def quantile_from_top(values, share):
    """The value that this share of the values reaches."""
    return float(np.partition(values, len(values) - 1 - int(share * len(values)))[len(values) - 1 - int(share * len(values))])


def tail(agreement):
    """The line through log10 FMR from 1e-3 to 1e-5: the score at 1e-3, and by how much it grows per decade."""
    decades = np.arange(3.0, 5.01, 0.25)
    scores = [quantile_from_top(agreement, 10.0**-d) for d in decades]
    slope, start = np.polyfit(decades - 3.0, scores, 1)
    return start, slope


def resampled(records, rounds, seed=1):
    """By how many tenths the FMR of the best over captures at fixed scores moves when palms, not comparisons, are drawn again: 95 % half widths."""
    palms = int(records["palm"].max()) + 1
    scores = np.full((palms, palms), -1.0, np.float32)
    np.maximum.at(scores, (records["palm"], records["other"]), records["agreement"])
    np.fill_diagonal(scores, -1.0)
    rng = np.random.default_rng(seed)
    for fmr in (1e-3, 1e-4, 1e-5):
        above = (scores >= quantile_from_top(scores.ravel(), fmr)).astype(np.float64)
        found = []
        for _ in range(rounds):
            weight = np.bincount(rng.integers(palms, size=palms), minlength=palms).astype(np.float64)
            found.append(weight @ above @ weight / (weight.sum() ** 2 - (weight**2).sum()))
        low, high = np.quantile(found, [0.025, 0.975])
        yield fmr, np.log10(max(low, 1e-9)), np.log10(high)


def main():
    args = arguments()
    command = [args.program or stream.program(), "scores", "--palms", str(args.palms), "--captures", str(args.captures)]
    records = np.frombuffer(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout, RECORD)
    same = records["palm"] == records["other"]
    mated, non_mated = records[same], records[~same]
    print(f"{len(mated)} mated, {len(non_mated)} non-mated comparisons of {args.palms} drawn palms")
    found = float(np.quantile(mated["cosine"], args.missed))
    passed = non_mated["cosine"] >= found
    print(f"a cosine of {found:.4f} misses {np.mean(mated['cosine'] < found):.2%} of mated, "
          f"spares {1 - passed.mean():.2%} of non-mated comparisons the code")
    for name, values in (("all", non_mated["agreement"]), ("found", np.where(passed, non_mated["agreement"], 0.0))):
        start, slope = tail(values)
        print(f"{name}: score at FMR 1e-3 {start:.4f}, per decade {slope:.4f}, highest {values.max():.4f}")
    print(f"mated agreement: mean {mated['agreement'].mean():.4f}, standard deviation {mated['agreement'].std():.4f}, "
          f"1 % under {np.quantile(mated['agreement'], 0.01):.4f}, 0.1 % under {np.quantile(mated['agreement'], 0.001):.4f}")
    for fmr, low, high in resampled(non_mated, 200):
        print(f"at FMR {fmr:g}: 95 % from 10^{low:.2f} to 10^{high:.2f}")


if __name__ == "__main__":
    main()
