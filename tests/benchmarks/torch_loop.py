"""What a user would run in place of netzoo: the lesson's training loop in plain PyTorch.

    python tests/benchmarks/torch_loop.py alexnet --size 224 --batch 128 --images 1024 --epochs 3
        [--bf16] [--compile] [--augment] [--loader]

Prints a line of JSON: images a second of each epoch, seconds to the first step, peak memory. The
images lie in memory, resized before the clock starts; with --augment they are changed first and
then resized, step by step, as netzoo does; with --loader they come as in the lesson, through a
DataLoader that converts and resizes each image by itself. That needs pillow.

Source of the loop: Zhang et al., "Dive into Deep Learning", train_ch6: zero_grad, forward, loss,
backward, step, and the loss and the accuracy added up at each step.
"""

import time

import numpy as np
import peer
import torch
from torch import nn
from torch.nn import functional


def lenet():
    """Build the lesson's LeNet."""
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2, 2)),
        *(nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2, 2), nn.Flatten()),
        *(nn.LazyLinear(120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, 10)),
    )


def alexnet():
    """Build the lesson's AlexNet."""
    return nn.Sequential(
        *(nn.Conv2d(1, 96, 11, stride=4, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(96, 256, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten()),
        *(nn.LazyLinear(4096), nn.ReLU(), nn.Dropout(0.5)),
        *(nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4096, 10)),
    )


class Bottleneck(nn.Module):
    """A block of ResNet50 (He et al. 2015, figure 5)."""

    def __init__(self, inputs, width, stride):
        super().__init__()
        outputs = 4 * width
        self.body = nn.Sequential(
            *(nn.Conv2d(inputs, width, 1, stride), nn.BatchNorm2d(width), nn.ReLU()),
            *(nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()),
            *(nn.Conv2d(width, outputs, 1), nn.BatchNorm2d(outputs)),
        )
        plain = stride == 1 and inputs == outputs
        self.short = (
            nn.Identity()
            if plain
            else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))
        )

    def forward(self, x):
        return functional.relu(self.body(x) + self.short(x))


def resnet50():
    """Build ResNet50 with one input channel, strides where keras.applications has them."""
    layers = [nn.Conv2d(1, 64, 7, 2, 3), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for width, blocks, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for number in range(blocks):
            layers.append(Bottleneck(inputs, width, stride if number == 0 else 1))
            inputs = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 10))


class OneByOne(torch.utils.data.Dataset):
    """The lesson's data set: each image by itself goes through Pillow, and becomes a tensor.

    As torchvision does it: FashionMNIST.__getitem__, Resize, ToTensor.
    """

    def __init__(self, images, labels, size):
        self.images, self.labels, self.size = images, labels, size

    def __len__(self):
        return len(self.images)

    def __getitem__(self, place):
        from PIL import Image  # for this side alone

        image = Image.fromarray(self.images[place, :, :, 0])
        if self.size != image.width:
            image = image.resize((self.size, self.size), Image.Resampling.BILINEAR)
        pixels = torch.from_numpy(np.array(image, copy=True))[None]
        return pixels.float().div(255), int(self.labels[place])


def _resized(x, size):
    if size == x.shape[2]:
        return x
    return functional.interpolate(x, size=(size, size), mode="bilinear", align_corners=False)


def in_memory(images, labels, size, batch, device):
    """Return a function that yields an epoch of shuffled batches of tensors, resized before."""
    x = _resized(torch.from_numpy(images).permute(0, 3, 1, 2).float().div(255), size)
    x, y = x.to(device), torch.from_numpy(labels).to(device)

    def epoch():
        for chosen in torch.randperm(len(x), device=device).split(batch):
            yield x[chosen], y[chosen]

    return epoch


def augmented(x):
    """Flip half of a batch and move each image by up to an eighth of its size, as netzoo does."""
    x = torch.where(torch.rand(len(x), 1, 1, 1, device=x.device) < 0.5, x.flip(3), x)
    size = x.shape[2]
    by = size // 8
    padded = functional.pad(x, (by, by, by, by))
    places = torch.randint(0, 2 * by + 1, (2, len(x), 1), device=x.device)
    rows, columns = places + torch.arange(size, device=x.device)
    batch = torch.arange(len(x), device=x.device)[:, None, None]
    return padded[batch, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def main():
    """Train and print."""
    began = time.perf_counter()
    chosen = peer.arguments(__doc__, "bf16", "compile", "augment", "loader")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    images, labels = peer.training_images(chosen.images)
    if chosen.loader:
        loader = torch.utils.data.DataLoader(
            OneByOne(images, labels, chosen.size), chosen.batch, shuffle=True, num_workers=4
        )
        epoch = loader.__iter__
    else:
        # What is augmented is resized after it.
        stored = images.shape[1] if chosen.augment else chosen.size
        epoch = in_memory(images, labels, stored, chosen.batch, device)
    net = {"lenet": lenet, "alexnet": alexnet, "resnet50": resnet50}[chosen.network]()
    net(torch.zeros(2, 1, chosen.size, chosen.size))  # gives the lazy layers their shapes
    net.to(device)
    mode = "reduce-overhead" if device == "cuda" else "default"  # as CUDA graphs, on a GPU
    run = torch.compile(net, mode=mode) if chosen.compile else net
    loss = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    rates, first_step = [], None
    for _ in range(chosen.epochs):
        started = time.perf_counter()
        total = torch.zeros(2, device=device)
        for x, y in epoch():
            x, y = x.to(device), y.to(device)
            if chosen.augment:
                x = _resized(augmented(x), chosen.size)
            optimizer.zero_grad()
            with torch.autocast(device, torch.bfloat16, enabled=chosen.bf16):
                predicted = run(x)
                error = loss(predicted, y)
            error.backward()
            optimizer.step()
            with torch.no_grad():
                right = (predicted.argmax(1) == y).sum()
                total += torch.stack((error.float() * len(x), right.float()))
            first_step = first_step or time.perf_counter() - began
        total.tolist()  # waits for a device that computes ahead
        rates.append(len(images) / (time.perf_counter() - started))
    peer.answer(rates, first_step)


if __name__ == "__main__":
    main()
