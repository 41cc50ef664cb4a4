"""The networks of every family once more, in plain PyTorch, and what PyTorch counts of them.

Run as a program: it reads a list of [family, options, input shape, classes] as JSON and prints for
each [parameters with moving averages, trained parameters, MACs of one image]. All is on the
device "meta", without values. MACs are half the FLOPs of FlopCounterMode, which counts convolutions
and matrix products.
"""

import json
import sys

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def conv(channels, size, stride=1, *, padding=None, groups=1, bias=True, batchnorm=False):
    """Return a convolution, by default padded to keep height and width at stride 1, and a ReLU."""
    padding = size // 2 if padding is None else padding
    # A lazy convolution does not know its groups before its channels.
    parts = [Grouped(channels, size, stride, padding, groups, bias and not batchnorm)]
    return nn.Sequential(*parts, *([nn.LazyBatchNorm2d()] if batchnorm else []), nn.ReLU())


class Grouped(nn.Module):
    """A convolution made at its first call; 0 groups or channels: as many as the input has."""

    def __init__(self, channels, size, stride, padding, groups, bias):
        super().__init__()
        self.of = channels, size, stride, padding
        self.groups, self.bias, self.made = groups, bias, None

    def forward(self, x):
        if self.made is None:
            channels, *others = self.of
            known, groups = x.shape[1], self.groups or x.shape[1]
            self.made = nn.Conv2d(known, channels or known, *others, groups=groups, bias=self.bias)
        return self.made(x)


def dense(units, batchnorm=False):
    parts = [nn.LazyLinear(units, bias=not batchnorm)]
    return nn.Sequential(*parts, *([nn.LazyBatchNorm1d()] if batchnorm else []), nn.ReLU())


def head(classes):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LazyLinear(classes))


def pool(size=3, stride=2, padding=0):
    return nn.MaxPool2d(size, stride, padding)


def mlp(classes, *, hidden_layers, batchnorm, **_):
    units = [300, *[100] * (hidden_layers - 1)][:hidden_layers]
    hidden = [dense(count, batchnorm) for count in units]
    return nn.Sequential(nn.Flatten(), *hidden, nn.LazyLinear(classes))


def lenet(classes, *, wide, deep, batchnorm, **_):
    one, two, units = (96, 256, (4096, 4096)) if wide else (6, 16, (120, 84))
    return nn.Sequential(
        *(conv(one, 5, batchnorm=batchnorm), nn.AvgPool2d(2)),
        *(conv(two, 5, padding=0, batchnorm=batchnorm), nn.AvgPool2d(2)),
        *alexnet_middle(wide, deep, batchnorm),
        nn.Flatten(),
        *(dense(count, batchnorm) for count in units),
        nn.LazyLinear(classes),
    )


def alexnet_middle(wide, deep, batchnorm):
    channels = ((384, 384, 256) if wide else (24, 24, 16)) if deep else ()
    return [conv(count, 3, batchnorm=batchnorm) for count in channels]


def alexnet(classes, *, fc_layers, wide, deep, batchnorm, **_):
    one, two, units = (96, 256, [4096] * 4) if wide else (6, 16, [120, 84, 84, 84])
    return nn.Sequential(
        *(conv(one, 11, 4, padding=1, batchnorm=batchnorm), pool()),
        *(conv(two, 5, batchnorm=batchnorm), pool()),
        *(*alexnet_middle(wide, deep, batchnorm), pool()),
        nn.Flatten(),
        *(dense(count, batchnorm) for count in units[:fc_layers]),
        nn.LazyLinear(classes),
    )


class ByTable(nn.Module):
    """The third layer of LeNet-5: map m sees the channels that table I of the paper marks."""

    def __init__(self):
        super().__init__()
        rows = ("X...XXX..XXXX.XX", "XX...XXX..XXXX.X", "XXX...XXX..X.XXX")
        rows += (".XXX..XXXX..X.XX", "..XXX..XXXX.XX.X", "...XXX..XXXX.XXX")
        self.seen = [[r for r in range(6) if rows[r][m] == "X"] for m in range(16)]
        self.maps = nn.ModuleList(nn.Conv2d(len(seen), 1, 5) for seen in self.seen)

    def forward(self, x):
        pairs = zip(self.maps, self.seen, strict=True)
        return torch.cat([layer(x[:, seen]) for layer, seen in pairs], 1)


def lenet5(classes, *, subsampling, connections, **_):
    def halve():
        plain = [nn.AvgPool2d(2)]
        return plain + ([conv(0, 1, groups=0)] if subsampling == "trained" else [])

    return nn.Sequential(
        *(conv(6, 5), *halve()),
        *(ByTable() if connections == "table" else conv(16, 5, padding=0), *halve()),
        *(conv(120, 5, padding=0), nn.Flatten(), dense(84), nn.LazyLinear(classes)),
    )


def alexnet2012(classes, *, response_norm, overlap, groups, **_):
    def norm():
        return [nn.LocalResponseNorm(5, 1e-4, 0.75, 2.0)] if response_norm else []

    size = 3 if overlap else 2
    return nn.Sequential(
        *(conv(96, 11, 4, padding=0), *norm(), pool(size)),
        *(conv(256, 5, groups=groups), *norm(), pool(size)),
        *(conv(384, 3), conv(384, 3, groups=groups), conv(256, 3, groups=groups), pool(size)),
        *(nn.Flatten(), dense(4096), dense(4096), nn.LazyLinear(classes)),
    )


def vgg(classes, *, depth, batchnorm, **_):
    stages = {11: "11222", 13: "22222", 16: "22333", 19: "22444"}[depth]
    layers = []
    for count, channels in zip(stages, (64, 128, 256, 512, 512), strict=True):
        layers += [conv(channels, 3, batchnorm=batchnorm) for _ in range(int(count))]
        layers.append(pool(2))
    dense_layers = nn.Flatten(), dense(4096), dense(4096), nn.LazyLinear(classes)
    return nn.Sequential(*layers, *dense_layers)


def nin(classes, *, head, **_):
    layers = [
        *(conv(192, 5), conv(160, 1), conv(96, 1), pool(padding=1)),
        *(conv(192, 5), conv(192, 1), conv(192, 1), pool(padding=1)),
        *(conv(192, 3), conv(192, 1), conv(classes, 1)),
    ]
    if head == "dense":
        return nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(classes))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class Beside(nn.Module):
    """The outputs of several branches, put beside one another."""

    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


def googlenet(classes, *, branches, batchnorm, **_):
    def unit(*of):
        return conv(*of, batchnorm=batchnorm)

    def module(a, b, c, d, e, f):
        three = unit(b, 1)
        if branches == 1:
            return nn.Sequential(three, unit(a + c + e + f, 3))
        pooled = nn.Sequential(pool(3, 1, 1), unit(f, 1))
        five = nn.Sequential(unit(d, 1), unit(e, 5))
        return Beside(unit(a, 1), nn.Sequential(three, unit(c, 3)), five, pooled)

    return nn.Sequential(
        *(unit(64, 7, 2), pool(padding=1), unit(64, 1), unit(192, 3), pool(padding=1)),
        *(module(64, 96, 128, 16, 32, 32), module(128, 128, 192, 32, 96, 64), pool(padding=1)),
        *(module(192, 96, 208, 16, 48, 64), module(160, 112, 224, 24, 64, 64)),
        *(module(128, 128, 256, 24, 64, 64), module(112, 144, 288, 32, 64, 64)),
        *(module(256, 160, 320, 32, 128, 128), pool(padding=1)),
        *(module(256, 160, 320, 32, 128, 128), module(384, 192, 384, 48, 128, 128)),
        head(classes),
    )


class Residual(nn.Module):
    """A residual unit of convolutions (channels, size, stride, groups)."""

    def __init__(self, channels_in, chain, shortcut=True, preactivation=False):
        super().__init__()
        layers, channels = [], channels_in
        for out, size, stride, groups in chain:
            layer = nn.Conv2d(channels, out, size, stride, size // 2, groups=groups, bias=False)
            norm = nn.BatchNorm2d(channels if preactivation else out)
            layers += [norm, nn.ReLU(), layer] if preactivation else [layer, norm, nn.ReLU()]
            channels = out
        self.start = nn.Sequential(*layers[:2]) if preactivation else nn.Identity()
        self.chain = nn.Sequential(*layers[2:]) if preactivation else nn.Sequential(*layers[:-1])
        self.end = nn.Identity() if preactivation else nn.ReLU()
        stride = max(stride for _, _, stride, _ in chain)
        self.shortcut = shortcut
        self.project = None
        if shortcut and (stride > 1 or channels != channels_in):
            layer = nn.Conv2d(channels_in, channels, 1, stride, bias=False)
            norm = nn.Identity() if preactivation else nn.BatchNorm2d(channels)
            self.project = nn.Sequential(layer, norm)
        self.channels = channels

    def forward(self, x):
        start = self.start(x)
        y = self.chain(start)
        if self.shortcut:
            y = y + (x if self.project is None else self.project(start))
        return self.end(y)


def stages(channels, chains, **options):
    units = []
    for chain in chains:
        units.append(Residual(channels, chain, **options))
        channels = units[-1].channels
    last = [nn.BatchNorm2d(channels), nn.ReLU()] if options.get("preactivation") else []
    return [*units, *last]


def stem():
    return [conv(64, 7, 2, batchnorm=True), pool(padding=1)]


def resnet(classes, *, depth, **options):
    counts = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}[depth]
    chains = []
    for stage, count in enumerate(counts):
        width = 64 * 2**stage
        for number in range(count):
            stride = 2 if stage and not number else 1
            three = [(width, 1, stride, 1), (width, 3, 1, 1), (4 * width, 1, 1, 1)]
            chains.append(three if depth == 50 else [(width, 3, stride, 1), (width, 3, 1, 1)])
    return nn.Sequential(*stem(), *stages(64, chains, **options), head(classes))


def small_resnet(classes, *, depth, **options):
    chains = []
    for stage in range(3):
        width = 16 * 2**stage
        for number in range((depth - 2) // 6):
            chains.append([(width, 3, 2 if stage and not number else 1, 1), (width, 3, 1, 1)])
    first = conv(16, 3, batchnorm=True)
    return nn.Sequential(first, *stages(16, chains, **options), head(classes))


def resnext(classes, *, cardinality):
    width = {1: 64, 2: 80, 4: 96, 8: 112, 32: 128}[cardinality]
    chains = []
    for stage, count in enumerate((3, 4, 6, 3)):
        inner, outer = width * 2**stage, 256 * 2**stage
        for number in range(count):
            stride = 2 if stage and not number else 1
            chains.append([(inner, 1, 1, 1), (inner, 3, stride, cardinality), (outer, 1, 1, 1)])
    return nn.Sequential(*stem(), *stages(64, chains), head(classes))


def norm_conv(channels_in, channels, size):
    layer = nn.Conv2d(channels_in, channels, size, padding=size // 2, bias=False)
    return [nn.BatchNorm2d(channels_in), nn.ReLU(), layer]


class Joined(nn.Module):
    """A layer of DenseNet, whose output is put beside its input or added to it."""

    def __init__(self, channels, growth, join, bottleneck):
        super().__init__()
        out = growth if join == "concatenate" else channels
        inner = 4 * growth if bottleneck else channels
        before = norm_conv(channels, inner, 1) if bottleneck else []
        self.new = nn.Sequential(*before, *norm_conv(inner, out, 3))
        self.join = join

    def forward(self, x):
        new = self.new(x)
        return torch.cat([x, new], 1) if self.join == "concatenate" else x + new


def dense_blocks(channels, counts, growth, join, bottleneck):
    layers = []
    for block, count in enumerate(counts):
        for _ in range(count):
            layers.append(Joined(channels, growth, join, bottleneck))
            channels += growth if join == "concatenate" else 0
        if block < len(counts) - 1:
            kept = channels // 2 if bottleneck else channels
            after = kept if join == "concatenate" else 2 * channels
            layers += [*norm_conv(channels, after, 1), nn.AvgPool2d(2)]
            channels = after
    return [*layers, nn.BatchNorm2d(channels), nn.ReLU()]


def densenet(classes, *, join, growth, depth):
    first = Grouped(16, 3, 1, 1, 1, False)
    blocks = dense_blocks(16, [(depth - 4) // 3] * 3, growth, join, bottleneck=False)
    return nn.Sequential(first, *blocks, head(classes))


def densenet121(classes, *, join, growth):
    blocks = dense_blocks(64, (6, 12, 24, 16), growth, join, bottleneck=True)
    return nn.Sequential(*stem(), *blocks, head(classes))


def mobilenet(classes, *, convolutions, width):
    layers = [conv(int(32 * width), 3, 2, batchnorm=True)]
    channels = int(32 * width)
    plan = "64 128/ 128 256/ 256 512/ 512 512 512 512 512 1024/ 1024"
    for word in plan.split():
        out, stride = int(int(word.rstrip("/")) * width), 2 if word.endswith("/") else 1
        if convolutions == "full":
            layers.append(conv(out, 3, stride, batchnorm=True))
        else:
            layers.append(conv(channels, 3, stride, groups=channels, batchnorm=True))
            layers.append(conv(out, 1, batchnorm=True))
        channels = out
    return nn.Sequential(*layers, head(classes))


class Attention(nn.Module):
    """Self-attention as matrix products, which the counter sees on every device."""

    def __init__(self, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(192, 192) for _ in range(4))

    def forward(self, x):
        split = x.shape[0], x.shape[1], self.heads, -1
        query, key, value = (
            layer(x).reshape(split).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )
        weights = (query @ key.transpose(-1, -2)).softmax(-1)
        return self.out((weights @ value).transpose(1, 2).reshape(x.shape))


class Block(nn.Module):
    def __init__(self, heads):
        super().__init__()
        self.one = nn.Sequential(nn.LayerNorm(192), Attention(heads))
        layers = nn.LayerNorm(192), nn.Linear(192, 768), nn.GELU(), nn.Linear(768, 192)
        self.two = nn.Sequential(*layers)

    def forward(self, x):
        x = x + self.one(x)
        return x + self.two(x)


class Sequence(nn.Module):
    """Patches, each with the learned embedding of its position."""

    def __init__(self, patch):
        super().__init__()
        self.patch, self.project, self.position = patch, None, None

    def forward(self, x):
        if self.project is None:
            self.project = nn.Conv2d(x.shape[1], 192, self.patch, self.patch, bias=False)
            count = (x.shape[2] // self.patch) * (x.shape[3] // self.patch)
            self.position = nn.Parameter(torch.empty(count, 192))
        return self.project(x).flatten(2).transpose(1, 2) + self.position


class Mean(nn.Module):
    def forward(self, x):
        return x.mean(1)


def vit(classes, *, patch, heads, depth, **_):
    blocks = [Block(heads) for _ in range(depth)]
    last = nn.LayerNorm(192), Mean(), nn.Linear(192, classes)
    return nn.Sequential(Sequence(patch), *blocks, *last)


def counts(family, options, shape, classes):
    """Return the numbers of a network of a family: see the head of this file."""
    height, width, channels = shape
    with torch.device("meta"), torch.no_grad():
        network = globals()[family](classes, **options).eval()
        image = torch.empty(1, channels, height, width)
        network(image)  # makes the lazy layers
        with FlopCounterMode(display=False) as counter:
            output = network(image)
    assert output.shape == (1, classes), output.shape
    trained = sum(each.numel() for each in network.parameters())
    averages = sum(each.numel() for each in network.buffers() if each.dim())
    assert counter.get_total_flops() % 2 == 0
    return trained + averages, trained, counter.get_total_flops() // 2


if __name__ == "__main__":
    print(json.dumps([counts(*case) for case in json.load(sys.stdin)]))
