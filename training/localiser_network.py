"""The localiser's network: heat maps of a hand's key points, and what kind of hand it is."""

import copy

from torch import nn
from torch.nn import functional

from network import Block, NetworkFile

POINTS = 16
CLASSES = 6
CELLS = 32


class Conv(nn.Sequential):
    """A convolution, batch normalisation and ReLU."""

    def __init__(self, inputs, outputs, kernel=3, stride=1):
        super().__init__(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


class Localiser(nn.Module):
    """Down to 4 × 4 cells, where the whole square is seen at once, and up again to 32 × 32."""

    def __init__(self, widths=(16, 32, 64, 96, 128)):
        super().__init__()
        a, b, c, d, e = widths
        self.stem = nn.Sequential(Conv(3, a, stride=2), Conv(a, b, stride=2))
        self.down = nn.ModuleList([Block(b, b, 1), Block(b, c, 2), Block(c, d, 2), Block(d, e, 2)])
        self.deep = Block(e, e, 1)
        self.narrow = nn.ModuleList([Conv(e, d, 1), Conv(d, c, 1), Conv(c, b, 1)])
        self.up = nn.ModuleList([Conv(d, d), Conv(c, c), Conv(b, b)])
        self.maps = nn.Conv2d(b, POINTS, 1)
        self.classes = nn.Conv2d(e, CLASSES, 1)
        # Palm and back differ in what is fine: creases, knuckles, nails.
        self.fine = Conv(c, c)
        self.fine_classes = nn.Conv2d(c, CLASSES, 1)

    def forward(self, x):
        x = self.stem(x)
        kept = []
        for block in self.down:
            x = block(x)
            kept.append(x)
        x = self.deep(x)
        fine = self.fine(kept[1]).mean((2, 3), keepdim=True)
        classes = (self.classes(x.mean((2, 3), keepdim=True)) + self.fine_classes(fine)).flatten(1)
        for narrow, up, beside in zip(self.narrow, self.up, reversed(kept[:-1])):
            x = up(functional.interpolate(narrow(x), scale_factor=2) + beside)
        return self.maps(x), classes


def file_of(net):
    """The localiser as a network file: heat maps, then classes."""
    net = copy.deepcopy(net).cpu().eval()
    file = NetworkFile(3, 128, 128)
    layer = lambda source, conv: file.conv(source, conv[0], conv[1], relu=True)
    at = layer(layer(0, net.stem[0]), net.stem[1])
    kept = []
    for block in net.down:
        at = file.block(at, block)
        kept.append(at)
    at = file.block(at, net.deep)
    fine = file.conv(file.mean(layer(kept[1], net.fine)), net.fine_classes)
    classes = file.conv(file.mean(at), net.classes, residual=fine)
    for narrow, up, beside in zip(net.narrow, net.up, reversed(kept[:-1])):
        at = layer(file.upsample(layer(at, narrow), beside), up)
    return file.bytes([file.conv(at, net.maps), classes])
