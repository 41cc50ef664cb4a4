"""Numbers from outside, each with its origin; netzoo's own must meet them.

Counted by PyTorch's torch.utils.flop_counter.FlopCounterMode on the same networks (FLOPs =
2 × MACs) and by hand from the shapes in "Dive into Deep Learning", sections LeNet and AlexNet.
"""

PARAMS = {"lenet": 61_706, "alexnet": 46_764_746}
MACS = {"lenet": 416_520, "alexnet": 938_146_176}
LAYER_MACS = {
    "lenet": {
        "conv1": 117_600,
        "conv2": 240_000,
        "fc1": 48_000,
        "fc2": 10_080,
        "logits": 840,
    },
    "alexnet": {
        "conv1": 33_872_256,
        "conv2": 415_334_400,
        "conv3": 127_401_984,
        "conv4": 191_102_976,
        "conv5": 127_401_984,
        "fc1": 26_214_400,
        "fc2": 16_777_216,
        "logits": 40_960,
    },
}

# Output of each layer, height × width × channels, from the lesson.
SHAPES = {
    "lenet": {
        "conv1": (28, 28, 6),
        "pool1": (14, 14, 6),
        "conv2": (10, 10, 16),
        "pool2": (5, 5, 16),
        "flatten": (400,),
        "fc1": (120,),
        "fc2": (84,),
        "logits": (10,),
    },
    "alexnet": {
        "conv1": (54, 54, 96),
        "pool1": (26, 26, 96),
        "conv2": (26, 26, 256),
        "pool2": (12, 12, 256),
        "conv3": (12, 12, 384),
        "conv4": (12, 12, 384),
        "conv5": (12, 12, 256),
        "pool3": (5, 5, 256),
        "flatten": (6400,),
        "fc1": (4096,),
        "fc2": (4096,),
        "logits": (10,),
    },
}

# Forward and backward, without the gradient of the image: 2 × (3 × MACs - MACs of conv1).
ALEXNET_TRAINING_FLOPS = 2 * (3 * 938_146_176 - 33_872_256)

# SHA-256 of the sample's decoded arrays, as netzoo.data computes it, from the files that Debian's
# dataset-fashion-mnist 0.0~git20200523.55506a9 installs.
SAMPLE_SHA256 = "1bbd572b6e5c50b3c3adedeaf4801379a33b28cd0e0b8b9376da72c0cd0d1538"
