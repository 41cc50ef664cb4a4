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

# (parameters, MACs) of every registered model and of what a ladder reaches, by hand at the native
# input; activation, pooling and dropout have neither. A convolution of k × k from a to b channels
# has k·k·a·b + b parameters and k·k·a·b MACs a place, a dense layer a·b + b and a·b.
#
# lenet: places 28·28 of conv1, 10·10 of conv2; flatten 5·5·16 = 400 narrow, 5·5·256 = 6400 wide
#   narrow  conv1 25·6 + 6 = 156, conv2 25·6·16 + 16 = 2,416, fc1 400·120 + 120 = 48,120,
#           fc2 120·84 + 84 = 10,164, logits 84·10 + 10 = 850                      -> 61,706
#           784·150 + 100·2,400 + 48,000 + 10,080 + 840                            -> 416,520
#   wide    conv1 25·96 + 96 = 2,496, conv2 25·96·256 + 256 = 614,656,
#           fc1 6400·4096 + 4096 = 26,218,496, fc2 4096·4096 + 4096 = 16,781,312,
#           logits 4096·10 + 10 = 40,970                                           -> 43,657,930
#           784·2,400 + 100·614,400 + 26,214,400 + 16,777,216 + 40,960             -> 106,354,176
# deep adds conv3 to conv5, at 5·5 = 25 places of lenet and 12·12 = 144 of alexnet
#   narrow  9·16·24 + 24 = 3,480, 9·24·24 + 24 = 5,208, 9·24·16 + 16 = 3,472       -> +12,160
#           a place 3,456 + 5,184 + 3,456 = 12,096            -> +302,400 lenet, +1,741,824 alexnet
#   wide    9·256·384 + 384 = 885,120, 9·384·384 + 384 = 1,327,488,
#           9·384·256 + 256 = 884,992                                              -> +3,097,600
#           a place 884,736 + 1,327,104 + 884,736 = 3,096,576
#                                                       -> +77,414,400 lenet, +445,906,944 alexnet
# alexnet: places 54·54 = 2,916 of conv1, 26·26 = 676 of conv2; flatten as lenet's
#   narrow  conv1 121·6 + 6 = 732, the rest as lenet's                             -> 62,282
#           2,916·726 + 676·2,400 + 48,000 + 10,080 + 840                          -> 3,798,336
#   wide    conv1 121·96 + 96 = 11,712, the rest as lenet's                        -> 43,667,146
#           2,916·11,616 + 676·614,400 + 26,214,400 + 16,777,216 + 40,960          -> 492,239,232
#   onefc, without fc2: wide as is; narrow ends in logits 120·10 + 10 = 1,210 of 1,200 MACs
COUNTS = {
    **dict.fromkeys(
        ("lenet", "lenet-relu", "lenet-maxpool", "lenet-dropout", "lenet-relu-maxpool"),
        (61_706, 416_520),
    ),
    "lenet-modern": (61_706, 416_520),
    "lenet:deep=True": (61_706 + 12_160, 416_520 + 302_400),
    "lenet:wide=True": (43_657_930, 106_354_176),
    "lenet-modern-wide": (43_657_930, 106_354_176),
    "lenet:wide=True,deep=True": (43_657_930 + 3_097_600, 106_354_176 + 77_414_400),
    "lenet-modern-wide-deep": (43_657_930 + 3_097_600, 106_354_176 + 77_414_400),
    "alexnet:wide=False,deep=False": (62_282, 3_798_336),
    "alexnet:activation=sigmoid,pooling=average,dropout=0.0,wide=False,deep=False": (
        62_282,
        3_798_336,
    ),
    "alexnet:wide=False": (62_282 + 12_160, 3_798_336 + 1_741_824),
    "alexnet:deep=False": (43_667_146, 492_239_232),
    **dict.fromkeys(
        ("alexnet", "alexnet-sigmoid", "alexnet-avgpool", "alexnet-nodropout", "alexnet-reverted"),
        (43_667_146 + 3_097_600, 492_239_232 + 445_906_944),
    ),
    "alexnet-onefc": (46_764_746 - 16_781_312, 938_146_176 - 16_777_216),
    "alexnet-onefc:wide=False": (
        74_442 - 10_164 - 850 + 1_210,
        5_540_160 - 10_080 - 840 + 1_200,
    ),
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
