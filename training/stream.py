"""Reads what `handsel-training` draws, straight from its standard output."""

import pathlib
import queue
import subprocess
import threading

import numpy as np
import torch

SIDE = 64
STEPS_PER_DEVIATION = 42.0
RECORD = np.dtype([("label", "<u4"), ("square", "i1", (SIDE, SIDE))])
ROOT = pathlib.Path(__file__).resolve().parent.parent


def program():
    """Builds the program that draws, and says where it is."""
    build = ["cargo", "build", "--release", "--package", "handsel-training", "--message-format", "json"]
    out = subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    marker = '"executable":"'
    found = [line.split(marker)[1].split('"')[0] for line in out.splitlines() if marker in line]
    return found[-1]


def tensors(records):
    """Labels, and squares in local standard deviations: N × 1 × 64 × 64."""
    squares = torch.from_numpy(records["square"].astype(np.float32) / STEPS_PER_DEVIATION)
    return torch.from_numpy(records["label"].astype(np.int64)), squares.unsqueeze(1)


def read_all(command):
    """Everything a finite stream writes."""
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return tensors(np.frombuffer(out, RECORD))


class Batches:
    """Batches of an endless stream, read ahead by one thread."""

    def __init__(self, command, size, ahead=8):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.size, self.queue = size, queue.Queue(ahead)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            raw = self.process.stdout.read(self.size * RECORD.itemsize)
            if len(raw) < self.size * RECORD.itemsize:
                self.queue.put(None)
                return
            self.queue.put(tensors(np.frombuffer(raw, RECORD)))

    def __next__(self):
        batch = self.queue.get()
        if batch is None:
            raise RuntimeError("the program that draws palms ended early")
        return batch

    def close(self):
        self.process.kill()
        self.process.wait()
