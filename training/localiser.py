"""Trains the localiser on drawn hands: one command, seeded, and it goes on where it stopped.

    python3 training/localiser.py --run training/runs/localiser

writes into the run's folder: config.json, curve.csv, checkpoint.pt (not committed) and localiser.net.
"""

import argparse
import copy
import csv
import json
import math
import pathlib
import time

import numpy as np
import torch
from torch.nn import functional

import stream
from localiser_network import CELLS, POINTS, Localiser, file_of

SIDE = 128
CELL = SIDE // CELLS
CLASSES = ["hand", "back", "right", "closed", "several", "close"]
RECORD = np.dtype([("input", "i1", (SIDE, SIDE, 3)), ("points", "<f4", (POINTS, 2)), ("classes", "<f4", len(CLASSES))])
STEPS_PER_DEVIATION = 127 / 4
NOT_THERE = -999.0

DEFAULTS = {
    "seed": 1,
    "frames": 210_000,
    "batch": 64,
    "widths": [16, 32, 64, 96, 96],
    "rate": 3e-3,
    "decay": 1e-3,
    "warm_up": 6_000,
    "spread": 0.9,
    "classes": 1.0,
}


def tensors(records):
    """Inputs N × 3 × 128 × 128, key points in input pixels N × 16 × 2, classes N × 6."""
    inputs = torch.from_numpy(records["input"].copy()).permute(0, 3, 1, 2).float() / STEPS_PER_DEVIATION
    return inputs, torch.from_numpy(records["points"].copy()), torch.from_numpy(records["classes"].copy())


def mirrored(inputs, points, truth):
    """The same frames in a mirror, where left hands are right ones: half the drawing for nothing."""
    points = torch.stack([torch.where(points[..., 0] > NOT_THERE, SIDE - points[..., 0], points[..., 0]), points[..., 1]], -1)
    truth = truth.clone()
    truth[:, 2] = torch.where(truth[:, 2] >= 0, 1 - truth[:, 2], truth[:, 2])
    return inputs.flip(3), points, truth


def targets(points, spread):
    """Where each key point lies, as a distribution over the cells, and how much each counts.

    A key point that is not there lies anywhere: the network learns to be unsure."""
    axis = torch.arange(CELLS, dtype=torch.float32) + 0.5
    at = points / CELL
    bell = lambda value: torch.exp(-0.5 * ((axis - value[..., None]) / spread) ** 2)
    maps = (bell(at[..., 1])[..., :, None] * bell(at[..., 0])[..., None, :]).flatten(2)
    inside = ((points >= 0) & (points < SIDE)).all(-1)
    maps = torch.where(inside[..., None], maps / maps.sum(-1, keepdim=True).clamp_min(1e-9), 1.0 / CELLS**2)
    return maps, torch.where(inside, 1.0, 0.2)


def losses(maps, classes, points, truth, config):
    """Cross entropy of the maps (several hands have no one truth) and of the classes that matter."""
    target, weight = targets(points, config["spread"])
    weight = weight * (truth[:, 4:5] <= 0)
    entropy = -(target * functional.log_softmax(maps.float().flatten(2), -1)).sum(-1)
    matters = truth >= 0
    yes = functional.binary_cross_entropy_with_logits(classes.float(), truth.clamp_min(0), reduction="none")
    return (entropy * weight).sum() / weight.sum().clamp_min(1), (yes * matters).sum() / matters.sum()


def located(maps):
    """Key points in input pixels and how sure they are: the middle of the 5 × 5 cells around the peak, and their share."""
    share = maps.float().flatten(2).softmax(-1).view(maps.shape)
    near = functional.pad(share, (2, 2, 2, 2)).unfold(2, 5, 1).unfold(3, 5, 1).flatten(4)
    peak = share.flatten(2).argmax(-1)
    near = near.flatten(2, 3).gather(2, peak[..., None, None].expand(-1, -1, 1, 25)).squeeze(2)
    sure = near.sum(-1)
    offset = torch.arange(5) - 2.0
    across = (near.view(*near.shape[:2], 5, 5).sum(2) * offset).sum(-1) / sure
    down = (near.view(*near.shape[:2], 5, 5).sum(3) * offset).sum(-1) / sure
    return torch.stack([(peak % CELLS + 0.5 + across) * CELL, (peak // CELLS + 0.5 + down) * CELL], -1), sure


class Run:
    """A training run and where it is."""

    def __init__(self, args):
        self.folder, self.every = args.run, args.every
        path = self.folder / "config.json"
        self.folder.mkdir(parents=True, exist_ok=True)
        begun = json.loads(path.read_text()) if path.exists() else DEFAULTS
        self.config = begun | {k: getattr(args, k) for k in DEFAULTS if getattr(args, k) is not None}
        path.write_text(json.dumps(self.config, indent=2) + "\n")
        torch.manual_seed(self.config["seed"])
        torch.set_num_threads(args.threads)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.net = Localiser(self.config["widths"]).to(self.device, memory_format=torch.channels_last)
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=0.0, weight_decay=self.config["decay"])
        self.seen = 0
        if self.checkpoint().exists():
            state = torch.load(self.checkpoint(), map_location=self.device)
            self.net.load_state_dict(state["net"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.seen = state["seen"]

    def checkpoint(self):
        return self.folder / "checkpoint.pt"

    def save(self):
        part = self.checkpoint().with_suffix(".part")
        torch.save({"net": self.net.state_dict(), "optimiser": self.optimiser.state_dict(), "seen": self.seen}, part)
        part.rename(self.checkpoint())

    def rate(self):
        """Linear warm-up, then half a cosine down to nothing."""
        warm_up, frames = self.config["warm_up"], self.config["frames"]
        if self.seen < warm_up:
            return self.config["rate"] * self.seen / warm_up
        return self.config["rate"] * 0.5 * (1 + math.cos(math.pi * min((self.seen - warm_up) / (frames - warm_up), 1.0)))

    def step(self, inputs, points, truth):
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        inputs = inputs.to(self.device, memory_format=torch.channels_last)
        with torch.autocast(self.device, dtype=torch.bfloat16):
            maps, classes = self.net(inputs)
        place, kind = losses(maps.cpu(), classes.cpu(), points, truth, self.config)
        self.optimiser.zero_grad()
        (place + self.config["classes"] * kind).backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)
        self.optimiser.step()
        self.seen += len(inputs)
        return place.item(), kind.item()

    def measure(self):
        """On frames that were never learned: how far key points lie off, in input pixels, and how often a class is wrong."""
        self.net.eval()
        inputs, points, truth = self.held_out
        with torch.no_grad():
            parts = [self.net(part.to(self.device, memory_format=torch.channels_last)) for part in inputs.split(128)]
        self.net.train()
        maps, classes = (torch.cat(part).float().cpu() for part in zip(*parts))
        at, sure = located(maps)
        there = ((points >= 0) & (points < SIDE)).all(-1) & (truth[:, 4:5] <= 0)
        off = (at - points).norm(dim=-1)[there]
        wrong = {f"{name}_wrong": ((classes[:, i] > 0) != (truth[:, i] > 0))[truth[:, i] >= 0].float().mean().item()
                 for i, name in enumerate(CLASSES)}
        return {"off_median": off.median().item(), "off_p90": off.quantile(0.9).item(),
                "sure_there": sure[there].mean().item(), "sure_nothing": sure[truth[:, 0] == 0].mean().item()} | wrong

    def command(self, seed, first, count=None):
        command = [self.program, "hands", "--seed", str(seed), "--from", str(first)]
        return command if count is None else command + ["--frames", str(count)]

    def train(self):
        c = self.config
        self.program = stream.program()
        self.held_out = stream.read_all(self.command(c["seed"] + 1_000_003, 0, 1_500), RECORD, tensors)
        batches = stream.Batches(self.command(c["seed"], self.seen // 2), c["batch"], record=RECORD, tensors=tensors)
        began, began_at, sums, steps = time.time(), self.seen, [0.0, 0.0], 0
        while self.seen < c["frames"]:
            batch = next(batches)
            for half in (batch, mirrored(*batch)):
                place, kind = self.step(*half)
                sums, steps = [sums[0] + place, sums[1] + kind], steps + 1
            if self.seen % self.every < 2 * c["batch"] or self.seen >= c["frames"]:
                self.save()
                row = {"frames": self.seen, "place": sums[0] / steps, "classes": sums[1] / steps} | self.measure()
                self.note(row)
                speed = (self.seen - began_at) / (time.time() - began)
                print(" ".join(f"{k} {v:.4g}" for k, v in row.items()),
                      f"· {speed:.0f}/s, {(c['frames'] - self.seen) / speed / 60:.0f} min left", flush=True)
                sums, steps = [0.0, 0.0], 0
                (self.folder / "localiser.net").write_bytes(file_of(copy.deepcopy(self.net)))
        batches.close()

    def note(self, row):
        path = self.folder / "curve.csv"
        fresh = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, row)
            if fresh:
                writer.writeheader()
            writer.writerow({name: f"{value:.6g}" for name, value in row.items()})


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=pathlib.Path, required=True, help="the run's folder; an unfinished run goes on")
    parser.add_argument("--every", type=int, default=20_000, help="frames between two lines of the curve")
    parser.add_argument("--threads", type=int, default=1)
    for name, value in DEFAULTS.items():
        kind = {"nargs": "+", "type": int} if isinstance(value, list) else {"type": type(value)}
        parser.add_argument(f"--{name.replace('_', '-')}", default=None, **kind)
    return parser.parse_args()


if __name__ == "__main__":
    Run(arguments()).train()
