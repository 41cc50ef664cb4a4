"""(parameters, MACs) of the models of each family, worked out from the tables of its paper.

At the native input, 10 classes. Those of lenet and alexnet are in reference.py, written out.
Published with 1000 classes and 3 channels, from the papers and PyTorch's own models: PUBLISHED.
"""

from reference import COUNTS as LESSON

BIAS, NORM = 1, 4  # a value a channel; factor, offset, mean and variance


def total(*parts):
    return sum(params for params, _ in parts), sum(macs for _, macs in parts)


def times(count, part):
    return count * part[0], count * part[1]


def conv(size, before, after, side, extra=NORM):
    """Return a convolution's count: before, after: channels; side: of its output in px."""
    weights = size * size * before * after
    return weights + extra * after, weights * side * side


def dense(before, after, extra=BIAS):
    return before * after + extra * after, before * after


def norm(channels):
    return NORM * channels, 0


def more(count, params, macs=0):
    """Return a count with so many more parameters and MACs."""
    return total(count, (params, macs))


# 784 - 300 - 100 - 10. A normalisation has three values a unit more than the bias it replaces.
MLP = total(dense(784, 300), dense(300, 100), dense(100, 10))

# Table I of the paper has 60 crosses, of 96. A map of s2 and s4 has a factor and a bias.
FACTORS = total((2 * 6, 6 * 14 * 14), (2 * 16, 16 * 5 * 5))
LENET5 = total(
    *(conv(5, 1, 6, 28, BIAS), FACTORS, (60 * 25 + 16, 60 * 25 * 100)),
    *(conv(5, 16, 120, 1, BIAS), dense(120, 84), dense(84, 10)),
)
LENET5_PLAIN = more(LENET5, -FACTORS[0], -FACTORS[1])


def alexnet2012(groups, classes=10):
    return total(
        *(conv(11, 3, 96, 55, BIAS), conv(5, 96 // groups, 256, 27, BIAS)),
        *(conv(3, 256, 384, 13, BIAS), conv(3, 384 // groups, 384, 13, BIAS)),
        *(conv(3, 384 // groups, 256, 13, BIAS), dense(6 * 6 * 256, 4096), dense(4096, 4096)),
        dense(4096, classes),
    )


def vgg(*counts, extra=BIAS, channels=1, classes=10):
    """Return the count of so many convolutions in each of five stages of 224 px, 112 px, …."""
    parts, before = [], channels
    for stage, (count, after) in enumerate(zip(counts, (64, 128, 256, 512, 512), strict=True)):
        side = 224 >> stage
        parts.append(conv(3, before, after, side, extra))
        parts.append(times(count - 1, conv(3, after, after, side, extra)))
        before = after
    return total(*parts, dense(7 * 7 * 512, 4096), dense(4096, 4096), dense(4096, classes))


NIN = total(
    *(conv(5, 1, 192, 28, BIAS), conv(1, 192, 160, 28, BIAS), conv(1, 160, 96, 28, BIAS)),
    *(conv(5, 96, 192, 14, BIAS), times(2, conv(1, 192, 192, 14, BIAS))),
    *(conv(3, 192, 192, 7, BIAS), conv(1, 192, 192, 7, BIAS), conv(1, 192, 10, 7, BIAS)),
)

# Table 1: channels of 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool projection; before; side.
INCEPTION = (
    *((64, 96, 128, 16, 32, 32, 192, 28), (128, 128, 192, 32, 96, 64, 256, 28)),
    *((192, 96, 208, 16, 48, 64, 480, 14), (160, 112, 224, 24, 64, 64, 512, 14)),
    *((128, 128, 256, 24, 64, 64, 512, 14), (112, 144, 288, 32, 64, 64, 512, 14)),
    *((256, 160, 320, 32, 128, 128, 528, 14), (256, 160, 320, 32, 128, 128, 832, 7)),
    (384, 192, 384, 48, 128, 128, 832, 7),
)


def googlenet(extra=BIAS, branches=4, channels=1, classes=10):
    parts = [conv(7, channels, 64, 112, extra), conv(1, 64, 64, 56, extra)]
    parts.append(conv(3, 64, 192, 56, extra))
    for one, reduce3, three, reduce5, five, pool, before, side in INCEPTION:
        parts.append(conv(1, before, reduce3, side, extra))
        if branches == 1:
            parts.append(conv(3, reduce3, one + three + five + pool, side, extra))
            continue
        parts.append(conv(3, reduce3, three, side, extra))
        parts += [conv(1, before, one, side, extra), conv(1, before, pool, side, extra)]
        parts += [conv(1, before, reduce5, side, extra), conv(5, reduce5, five, side, extra)]
    return total(*parts, dense(1024, classes))


def stem(channels=1):
    return conv(7, channels, 64, 112)


def resnet(*counts, shortcut=True, channels=1, classes=10):
    """Return the count of stages of so many units of two 3×3 convolutions."""
    parts = [stem(channels), times(2 * counts[0], conv(3, 64, 64, 56))]
    for stage, count in enumerate(counts[1:], 1):
        width, side = 64 << stage, 56 >> stage
        parts.append(conv(3, width // 2, width, side))
        parts.append(times(2 * count - 1, conv(3, width, width, side)))
        parts.append(conv(1, width // 2, width, side) if shortcut else (0, 0))
    return total(*parts, dense(512, classes))


def bottlenecks(width, *, groups=1, stride_first=False, channels=1, classes=10):
    """Return the count of 3, 4, 6 and 3 units of 1×1, 3×3 and 1×1; width: of the first stage."""
    parts, before = [stem(channels)], 64
    for stage, count in enumerate((3, 4, 6, 3)):
        inner, outer, side = width << stage, 256 << stage, 56 >> stage
        middle = 9 * inner * inner // groups
        same = total(
            *(conv(1, outer, inner, side), (middle + NORM * inner, middle * side * side)),
            conv(1, inner, outer, side),
        )
        first = conv(1, before, inner, side if stage == 0 or stride_first else 2 * side)
        parts += [first, conv(1, before, outer, side), times(count - 1, same)]
        parts += [(middle + NORM * inner, middle * side * side), conv(1, inner, outer, side)]
        before = outer
    return total(*parts, dense(2048, classes))


def small_resnet(units, shortcut=True):
    """Return the count of three stages of so many units, of 16, 32 and 64 channels."""
    parts = [conv(3, 1, 16, 28), times(2 * units, conv(3, 16, 16, 28))]
    for width, side in ((32, 14), (64, 7)):
        parts += [conv(3, width // 2, width, side)]
        parts += [times(2 * units - 1, conv(3, width, width, side))]
        parts += [conv(1, width // 2, width, side)] if shortcut else []
    return total(*parts, dense(64, 10))


def densenet(layers):
    """Return the count of three blocks of so many layers of growth 12."""
    parts, width = [conv(3, 1, 16, 28, 0)], 16
    for side in (28, 14, 7):
        for _ in range(layers):
            parts += [norm(width), conv(3, width, 12, side, 0)]
            width += 12
        parts += [norm(width), conv(1, width, width, side, 0) if side > 7 else (0, 0)]
    return total(*parts, dense(width, 10))


def densenet_add(layers):
    parts = [conv(3, 1, 16, 28, 0)]
    for width, side in ((16, 28), (32, 14), (64, 7)):
        parts += [times(layers, total(norm(width), conv(3, width, width, side, 0))), norm(width)]
        parts += [conv(1, width, 2 * width, side, 0) if side > 7 else (0, 0)]
    return total(*parts, dense(64, 10))


def densenet121(channels=1, classes=10):
    parts, width = [stem(channels)], 64
    for count, side in ((6, 56), (12, 28), (24, 14), (16, 7)):
        for _ in range(count):
            parts += [norm(width), conv(1, width, 128, side), conv(3, 128, 32, side, 0)]
            width += 32
        parts.append(norm(width))
        if side > 7:
            parts.append(conv(1, width, width // 2, side, 0))
            width //= 2
    return total(*parts, dense(width, classes))


def densenet121_add():
    parts = [stem()]
    for count, side, width in ((6, 56, 64), (12, 28, 128), (24, 14, 256), (16, 7, 512)):
        layer = total(norm(width), conv(1, width, 128, side), conv(3, 128, width, side, 0))
        parts += [times(count, layer), norm(width)]
        parts += [conv(1, width, 2 * width, side, 0) if side > 7 else (0, 0)]
    return total(*parts, dense(512, 10))


# Table 1: channels before and after, and the side after, of the 13 layers after the first.
MOBILE = (
    *((32, 64, 112), (64, 128, 56), (128, 128, 56), (128, 256, 28), (256, 256, 28)),
    *((256, 512, 14), *((512, 512, 14),) * 5, (512, 1024, 7), (1024, 1024, 7)),
)


def mobilenet(full=False, part=1, channels=1, classes=10):
    """Return the count; part: 2 for half of the channels."""
    parts = [conv(3, channels, 32 // part, 112)]
    for before, after, side in MOBILE:
        before, after = before // part, after // part
        if full:
            parts.append(conv(3, before, after, side))
        else:
            parts.append((9 * before + NORM * before, 9 * before * side * side))
            parts.append(conv(1, before, after, side))
    return total(*parts, dense(1024 // part, classes))


def vit(patch, depth):
    """Return the count of (28 / patch)² patches of 192 channels; heads share them, at no cost."""
    length = (28 // patch) ** 2
    # Four projections, two products of each pair of patches, two dense layers, two norms.
    params = 4 * (192 * 192 + 192) + 192 * 768 + 768 + 768 * 192 + 192 + 2 * 2 * 192
    macs = length * (4 * 192 * 192 + 2 * length * 192 + 2 * 192 * 768)
    positions = patch * patch * 192 + length * 192, length * patch * patch * 192
    return total(positions, (depth * params, depth * macs), (2 * 192, 0), dense(192, 10))


# A norm before each convolution in place of one after it: the first unit of a stage has the width
# before it; projections have none; one more stands at the end.
AFTER_18, BEFORE_18 = 128 + 256 + 512, 64 + 128 + 256
PREACTIVATION_18 = NORM * (BEFORE_18 - AFTER_18 - AFTER_18 + 512)
AFTER_20, BEFORE_20 = 32 + 64, 16 + 32
PREACTIVATION_20 = NORM * (BEFORE_20 - AFTER_20 - AFTER_20 + 64)

LENET_CHANNELS = 6 + 16 + 120 + 84
ALEXNET_CHANNELS = 96 + 256 + 384 + 384 + 256 + 4096 + 4096

COUNTS = {
    "lenet-batchnorm": more(LESSON["lenet"], 3 * LENET_CHANNELS),
    "alexnet-batchnorm": more(LESSON["alexnet"], 3 * ALEXNET_CHANNELS),
    **dict.fromkeys(("mlp", "mlp-sigmoid", "mlp-relu", "mlp-dropout"), MLP),
    "mlp-onehidden": total(dense(784, 300), dense(300, 10)),
    "mlp-batchnorm": more(MLP, 3 * 400),
    **dict.fromkeys(("lenet5", "lenet5-tanh", "lenet5-relu"), LENET5),
    **dict.fromkeys(("lenet5-avgpool", "lenet5-maxpool"), LENET5_PLAIN),
    "lenet5-full": more(LENET5, 36 * 25, 36 * 25 * 100),
    **{
        f"alexnet2012{name}": alexnet2012(2)
        for name in ("", "-tanh", "-nolrn", "-nooverlap", "-nodropout")
    },
    "alexnet2012-onegroup": alexnet2012(1),
    **dict.fromkeys(("vgg11", "vgg11-nodropout"), vgg(1, 1, 2, 2, 2)),
    "vgg11-batchnorm": vgg(1, 1, 2, 2, 2, extra=NORM),
    "vgg13": vgg(2, 2, 2, 2, 2),
    "vgg16": vgg(2, 2, 3, 3, 3),
    "vgg16-batchnorm": vgg(2, 2, 3, 3, 3, extra=NORM),
    "vgg19": vgg(2, 2, 4, 4, 4),
    **dict.fromkeys(("nin", "nin-nodropout"), NIN),
    "nin-dense": total(NIN, dense(7 * 7 * 10, 10)),
    **dict.fromkeys(("googlenet", "googlenet-nodropout"), googlenet()),
    "googlenet-onebranch": googlenet(branches=1),
    "googlenet-batchnorm": googlenet(NORM),
    "resnet18": resnet(2, 2, 2, 2),
    "resnet18-plain": resnet(2, 2, 2, 2, shortcut=False),
    "resnet18-preactivation": more(resnet(2, 2, 2, 2), PREACTIVATION_18),
    "resnet34": resnet(3, 4, 6, 3),
    "resnet34-plain": resnet(3, 4, 6, 3, shortcut=False),
    "resnet50": bottlenecks(64, stride_first=True),
    "resnet20": small_resnet(3),
    "resnet20-plain": small_resnet(3, shortcut=False),
    "resnet20-preactivation": more(small_resnet(3), PREACTIVATION_20),
    "resnet56": small_resnet(9),
    "resnet56-plain": small_resnet(9, shortcut=False),
    "resnext": bottlenecks(128, groups=32),
    "resnext-onegroup": bottlenecks(64),
    "densenet": densenet(6),
    "densenet-add": densenet_add(6),
    "densenet40": densenet(12),
    "densenet121": densenet121(),
    "densenet121-add": densenet121_add(),
    "mobilenet": mobilenet(),
    "mobilenet-full": mobilenet(full=True),
    "mobilenet-half": mobilenet(part=2),
    **dict.fromkeys(("vit-tiny", "vit-tiny-onehead"), vit(7, 12)),
    "vit-tiny-patch4": vit(4, 12),
    "vit-tiny-shallow": vit(7, 6),
}

# (trained parameters, MACs) with 1000 classes on 224 px (AlexNet 227 px) of 3 channels. Parameters
# are torchvision's, of AlexNet and MobileNet those of the papers' tables. MACs are
# those of keras.applications by PyTorch's counter; of AlexNet and MobileNet, of the tables; of the
# others they round to what torchvision documents. The papers say 569 million for MobileNet, 4866
# million with full convolutions, and 3.8 · 10⁹ for ResNet50.
PUBLISHED = {
    "alexnet2012": (60_965_224, 724_406_816),
    "vgg11": (132_863_336, 7_609_090_048),
    "vgg16": (138_357_544, 15_470_264_320),
    "vgg19": (143_667_240, 19_632_062_464),
    "resnet18": (11_689_512, 1_814_073_344),
    "resnet34": (21_797_672, 3_663_761_408),
    "resnet50": (25_557_032, 7_715_946_496 // 2),
    "resnext": (25_028_904, 4_230_479_872),
    "densenet121": (7_978_856, 5_668_323_328 // 2),
    "mobilenet": (4_231_976, 568_740_352),
    "mobilenet-full": (29_294_088, 4_867_293_184),
}
