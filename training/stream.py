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


def read_all(command, record=RECORD, tensors=tensors):
    """Everything a finite stream writes."""
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return tensors(np.frombuffer(out, record))


class Batches:
    """Batches of an endless stream, read ahead by one thread."""

    def __init__(self, command, size, ahead=8, record=RECORD, tensors=tensors):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.size, self.queue = size * record.itemsize, queue.Queue(ahead)
        self.tensors = lambda raw: tensors(np.frombuffer(raw, record))
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            raw = self.process.stdout.read(self.size)
            if len(raw) < self.size:
                self.queue.put(None)
                return
            self.queue.put(self.tensors(raw))

    def __next__(self):
        batch = self.queue.get()
        if batch is None:
            raise RuntimeError("the program that draws palms ended early")
        return batch

    def close(self):
        self.process.kill()
        self.process.wait()
