"""The extractor's network, and how a network becomes a file that `palm` reads."""

import hashlib
import math
import struct

import torch
from torch import nn
from torch.nn import functional


def line_filters(orientations, across, along, size):
    """Second derivative of a Gaussian across a line, Gaussian along it, without an answer to even light."""
    axis = torch.arange(size, dtype=torch.float64) - size // 2
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    bank = []
    for i in range(orientations):
        angle = math.pi * i / orientations
        u = (math.cos(angle) * x + math.sin(angle) * y) / across
        v = (math.cos(angle) * y - math.sin(angle) * x) / along
        envelope = torch.exp(-(u * u + v * v) / 2)
        line = envelope * (1 - u * u)
        line = line - envelope * line.sum() / envelope.sum()
        bank.append(line / line.norm())
    return torch.stack(bank).float()


class LineBank(nn.Module):
    """Lines of 8 orientations at 2 scales: how dark a line is, and how bright, as channels of their own."""

    def __init__(self, orientations=8, scales=((1.25, 3.5), (2.2, 4.5)), size=13):
        super().__init__()
        bank = torch.cat([line_filters(orientations, across, along, size) for across, along in scales])
        self.conv = nn.Conv2d(1, 2 * len(bank), size, padding=size // 2, bias=False)
        self.conv.weight = nn.Parameter(torch.cat([bank, -bank]).unsqueeze(1), requires_grad=False)
        self.channels = 2 * len(bank)

    def forward(self, x):
        return functional.relu(self.conv(x))


class Block(nn.Module):
    """Two 3 × 3 convolutions and what was there before."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.short = None
        if stride != 1 or inputs != outputs:
            self.short = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.norm_short = nn.BatchNorm2d(outputs)

    def forward(self, x):
        y = functional.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        return functional.relu(y + (x if self.short is None else self.norm_short(self.short(x))))


class Extractor(nn.Module):
    """64 × 64 locally normalised values to a vector; its length means nothing, its direction everything."""

    def __init__(self, widths=(32, 64, 128), blocks=(2, 2, 2), reduced=32, dimensions=256):
        super().__init__()
        self.bank = LineBank()
        self.stem = nn.Conv2d(self.bank.channels, widths[0], 3, 2, 1, bias=False)
        self.stem_norm = nn.BatchNorm2d(widths[0])
        body, inputs = [], widths[0]
        for stage, (width, count) in enumerate(zip(widths, blocks)):
            for i in range(count):
                body.append(Block(inputs, width, 2 if stage > 0 and i == 0 else 1))
                inputs = width
        self.body = nn.Sequential(*body)
        self.reduce = nn.Conv2d(inputs, reduced, 1, bias=False)
        self.reduce_norm = nn.BatchNorm2d(reduced)
        side = 32 >> (len(widths) - 1)
        self.last = nn.Conv2d(reduced, dimensions, side, bias=False)
        self.last_norm = nn.BatchNorm2d(dimensions)

    def forward(self, x):
        x = functional.relu(self.stem_norm(self.stem(self.bank(x))))
        x = functional.relu(self.reduce_norm(self.reduce(self.body(x))))
        return self.last_norm(self.last(x)).flatten(1)


class NetworkFile:
    """Layers in the format that `palm::net` reads; batch normalisation is folded into the convolutions."""

    def __init__(self, channels, height, width):
        self.head = b"HSLNET01" + struct.pack("<3I", channels, height, width)
        self.layers = []

    def conv(self, source, conv, norm=None, relu=False, residual=None):
        """Adds a convolution and returns the index of its value."""
        weight = conv.weight.detach().double()
        bias = torch.zeros(weight.shape[0], dtype=torch.float64) if conv.bias is None else conv.bias.detach().double()
        if norm is not None:
            scale = norm.weight.detach().double() / torch.sqrt(norm.running_var.double() + norm.eps)
            weight = weight * scale[:, None, None, None]
            bias = norm.bias.detach().double() + (bias - norm.running_mean.double()) * scale
        outputs, inputs, kernel, _ = weight.shape
        fields = (0, source, 0 if residual is None else residual + 1, inputs, outputs, kernel,
                  conv.stride[0], conv.padding[0], int(relu))
        weights = weight.permute(0, 2, 3, 1).contiguous().half().numpy().astype("<f2").tobytes()
        self.layers.append(struct.pack("<9I", *fields) + weights + bias.float().numpy().astype("<f4").tobytes())
        return len(self.layers)

    def upsample(self, source, residual):
        """Adds a doubling of height and width, to which a value is added."""
        self.layers.append(struct.pack("<3I", 1, source, residual + 1))
        return len(self.layers)

    def mean(self, source):
        """Adds the mean over height and width."""
        self.layers.append(struct.pack("<2I", 2, source))
        return len(self.layers)

    def block(self, source, block):
        """Adds a residual block."""
        short = source if block.short is None else self.conv(source, block.short, block.norm_short)
        inner = self.conv(source, block.conv1, block.norm1, relu=True)
        return self.conv(inner, block.conv2, block.norm2, relu=True, residual=short)

    def bytes(self, outputs):
        """The file: head, layers, outputs and the SHA-256 of all that."""
        body = self.head + struct.pack("<I", len(self.layers)) + b"".join(self.layers)
        body += struct.pack(f"<{1 + len(outputs)}I", len(outputs), *outputs)
        return body + hashlib.sha256(body).digest()


def extractor_file(net):
    """The extractor as a network file."""
    net = net.cpu().eval()
    file = NetworkFile(1, 64, 64)
    at = file.conv(0, net.bank.conv, relu=True)
    at = file.conv(at, net.stem, net.stem_norm, relu=True)
    for block in net.body:
        at = file.block(at, block)
    at = file.conv(at, net.reduce, net.reduce_norm, relu=True)
    return file.bytes([file.conv(at, net.last, net.last_norm)])
