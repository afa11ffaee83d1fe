"""Trains the extractor on drawn palms: one command, seeded, and it goes on where it stopped.

    python3 training/extractor.py --run training/runs/extractor

writes into the run's folder: config.json, curve.csv, checkpoint.pt (not committed) and extractor.net.
"""

import argparse
import copy
import csv
import json
import pathlib
import time

import torch
from torch.nn import functional

import figures
import network
import stream

DEFAULTS = {
    "seed": 1,
    "palms": 20_000,
    "captures": 4,
    "presentations": 700_000,
    "batch": 256,
    "widths": [32, 64, 128],
    "blocks": [2, 2, 2],
    "reduced": 32,
    "dimensions": 256,
    "scale": 32.0,
    "margin": 0.25,
    "temperature": 0.07,
    "rate": 0.2,
    "decay": 5e-4,
    "warm_up": 40_000,
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=pathlib.Path, required=True, help="the run's folder; an unfinished run goes on")
    parser.add_argument("--watch", type=pathlib.Path, help="a folder of real regions of interest: measured, never learned")
    parser.add_argument("--every", type=int, default=50_000, help="presentations between two lines of the curve")
    parser.add_argument("--held-out", type=int, default=300, help="drawn palms to measure on that are never learned")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--program", help="the program that draws; built if it is not named")
    for name, value in DEFAULTS.items():
        kind = {"nargs": "+", "type": int} if isinstance(value, list) else {"type": type(value)}
        parser.add_argument(f"--{name.replace('_', '-')}", default=None, **kind)
    return parser.parse_args()


def configuration(args):
    """The run's own configuration if it has begun, else the defaults; what was asked for changes either."""
    path = args.run / "config.json"
    config = json.loads(path.read_text()) if path.exists() else dict(DEFAULTS)
    config |= {name: getattr(args, name) for name in DEFAULTS if getattr(args, name) is not None}
    args.run.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(config, indent=2) + "\n")
    return config


class Margin(torch.nn.Module):
    """Additive cosine margin (Wang et al. 2018): each palm has a direction; its captures must lie `margin` closer to it."""

    def __init__(self, classes, dimensions, scale):
        super().__init__()
        self.directions = torch.nn.Parameter(torch.randn(classes, dimensions) * 0.05)
        self.scale = scale

    def forward(self, vectors, labels, margin):
        cosines = functional.normalize(vectors, dim=1) @ functional.normalize(self.directions, dim=1).T
        with torch.autocast(cosines.device.type, enabled=False):
            cosines = cosines.float()
            target = functional.one_hot(labels, cosines.shape[1]) * margin
            return functional.cross_entropy(self.scale * (cosines - target), labels)


def pair_loss(vectors, labels, temperature):
    """Each pair of captures of one palm against every capture of another palm in the batch (supervised contrastive)."""
    vectors = functional.normalize(vectors.float(), dim=1)
    scores = vectors @ vectors.T / temperature
    same = labels[:, None] == labels[None, :]
    others = torch.logsumexp(scores.masked_fill(same, -1e9), dim=1, keepdim=True)
    pairs = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    return functional.softplus(others - scores)[pairs].mean()


def rate_at(config, seen):
    """Linear warm-up, then half a cosine down to nothing."""
    if seen < config["warm_up"]:
        return config["rate"] * seen / config["warm_up"]
    share = (seen - config["warm_up"]) / max(config["presentations"] - config["warm_up"], 1)
    return config["rate"] * 0.5 * (1 + torch.cos(torch.tensor(min(share, 1.0) * torch.pi)).item())


def embed(net, squares, device):
    net.eval()
    with torch.no_grad():
        parts = [net(part.to(device).contiguous(memory_format=torch.channels_last)) for part in squares.split(256)]
    net.train()
    return functional.normalize(torch.cat(parts).float(), dim=1).cpu()


class Run:
    """A training run and where it is."""

    def __init__(self, args):
        self.args, self.config = args, configuration(args)
        torch.manual_seed(self.config["seed"])
        torch.set_num_threads(args.threads)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        c = self.config
        self.net = network.Extractor(c["widths"], c["blocks"], c["reduced"], c["dimensions"]).to(self.device)
        self.net = self.net.to(memory_format=torch.channels_last)
        self.loss = Margin(c["palms"], c["dimensions"], c["scale"]).to(self.device)
        learned = [p for p in self.net.parameters() if p.requires_grad]
        groups = [{"params": learned, "weight_decay": c["decay"]}, {"params": self.loss.parameters(), "weight_decay": c["decay"]}]
        self.optimiser = torch.optim.SGD(groups, lr=0.0, momentum=0.9, nesterov=True)
        self.seen = 0
        if self.checkpoint().exists():
            self.restore()

    def checkpoint(self):
        return self.args.run / "checkpoint.pt"

    def restore(self):
        state = torch.load(self.checkpoint(), map_location=self.device)
        self.net.load_state_dict(state["net"])
        self.loss.load_state_dict(state["loss"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.seen = state["seen"]

    def save(self):
        state = {"net": self.net.state_dict(), "loss": self.loss.state_dict(),
                 "optimiser": self.optimiser.state_dict(), "seen": self.seen}
        part = self.checkpoint().with_suffix(".part")
        torch.save(state, part)
        part.rename(self.checkpoint())

    def squares(self, seed, first, visits=None):
        c = self.config
        command = [self.program, "squares", "--palms", str(c["palms"]), "--captures", str(c["captures"]),
                   "--seed", str(seed), "--from", str(first)]
        return command if visits is None else command + ["--visits", str(visits)]

    def step(self, labels, squares):
        for group in self.optimiser.param_groups:
            group["lr"] = rate_at(self.config, self.seen)
        margin = self.config["margin"] * min(self.seen / (4 * self.config["warm_up"] + 1), 1.0)
        squares = squares.to(self.device).contiguous(memory_format=torch.channels_last)
        labels = labels.to(self.device)
        with torch.autocast(self.device, dtype=torch.bfloat16):
            vectors = self.net(squares)
            loss = self.loss(vectors, labels, margin)
        loss = loss + pair_loss(vectors, labels, self.config["temperature"])
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        self.seen += len(labels)
        return loss.item()

    def measure(self):
        """Error rates on palms that were never learned: drawn ones, and real ones if there are any to watch."""
        labels, squares = self.held_out
        found = {f"drawn_{name}": value for name, value in figures.pairs(embed(self.net, squares, self.device), labels).items()}
        if self.real is not None:
            labels, squares = self.real
            real = figures.sessions(embed(self.net, squares, self.device), labels)
            found |= {f"real_{name}": value for name, value in real.items()}
        return found

    def train(self):
        c = self.config
        self.program = self.args.program or stream.program()
        self.held_out = stream.read_all(self.squares(c["seed"] + 1_000_003, 0, self.args.held_out))
        self.real = self.args.watch and stream.read_all([self.program, "folder", str(self.args.watch)])
        batches = stream.Batches(self.squares(c["seed"], self.seen // c["captures"]), c["batch"])
        began, began_at, total, steps = time.time(), self.seen, 0.0, 0
        while self.seen < c["presentations"]:
            total, steps = total + self.step(*next(batches)), steps + 1
            if self.seen % self.args.every < c["batch"] or self.seen >= c["presentations"]:
                self.save()
                row = {"presentations": self.seen, "loss": total / steps} | self.measure()
                self.note(row)
                speed = (self.seen - began_at) / (time.time() - began)
                left = (c["presentations"] - self.seen) / speed / 60
                print(" ".join(f"{k} {v:.4g}" for k, v in row.items()), f"· {speed:.0f}/s, {left:.0f} min left", flush=True)
                total, steps = 0.0, 0
        batches.close()
        (self.args.run / "extractor.net").write_bytes(network.extractor_file(copy.deepcopy(self.net)))

    def note(self, row):
        path = self.args.run / "curve.csv"
        fresh = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, row)
            if fresh:
                writer.writeheader()
            writer.writerow({name: f"{value:.6g}" for name, value in row.items()})


if __name__ == "__main__":
    Run(arguments()).train()
