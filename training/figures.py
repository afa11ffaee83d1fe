"""Error rates of a set of vectors, for watching a run; what counts is what `handsel eval` prints."""

import torch


def rates(mated, non_mated):
    """EER, and FNMR at FMR 1e-2, 1e-3 and 1e-4, as shares; higher scores are closer."""
    non_mated = non_mated.sort(descending=True).values
    mated = mated.sort().values
    at = lambda fmr: non_mated[min(int(fmr * len(non_mated)), len(non_mated) - 1)]
    fnmr = lambda threshold: torch.searchsorted(mated, threshold).item() / len(mated)
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if fnmr(at(middle)) > middle else (low, middle)
    return {"eer": high, "fnmr_1e2": fnmr(at(1e-2)), "fnmr_1e3": fnmr(at(1e-3)), "fnmr_1e4": fnmr(at(1e-4))}


def sessions(vectors, labels):
    """Session 1 against session 2 of a folder stream, whose labels count palms × 2 + session."""
    first, second = labels % 2 == 0, labels % 2 == 1
    scores = vectors[first] @ vectors[second].T
    same = (labels[first] // 2)[:, None] == (labels[second] // 2)[None, :]
    return rates(scores[same], scores[~same])


def pairs(vectors, labels):
    """Every capture against every other one."""
    scores = vectors @ vectors.T
    upper = torch.ones_like(scores, dtype=torch.bool).triu(1)
    same = labels[:, None] == labels[None, :]
    return rates(scores[same & upper], scores[~same & upper])
