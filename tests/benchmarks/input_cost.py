"""What the input costs, and how near a training comes to the device's limit.

    KERAS_BACKEND=torch python tests/benchmarks/input_cost.py alexnet --size 224 --batch 128
        --images 1024 --epochs 2 [--float32]

Prints a line of JSON: images a second of the pipeline alone, by stage; of training with the
pipeline and with one batch that stays in memory; the FLOP/s of the latter and of a matrix product
of 4096 x 4096 in the same number format. --epochs: how often each is measured.
"""

import json
import statistics
import time
from dataclasses import replace

import peer
import resnet  # noqa: F401  registers resnet50

from netzoo import backend

SIDE = 4096


def rate(step, count, images):
    """Return images a second of so many calls, after one that is not timed."""
    step()
    began = time.perf_counter()
    for _ in range(count):
        step()
    return count * images / (time.perf_counter() - began)


def matrix_flops(dtype):
    """Return the FLOP/s of a large matrix product of the backend, the best of five."""
    import keras
    import numpy as np

    values = np.random.default_rng(0).random((SIDE, SIDE), np.float32)
    a = keras.ops.cast(keras.ops.convert_to_tensor(values), dtype)

    def product():
        float(keras.ops.cast(keras.ops.matmul(a, a)[0, 0], "float32"))

    return 2 * SIDE**3 * max(rate(product, 1, 1) for _ in range(5))


def main():
    """Measure and print."""
    chosen = peer.arguments(__doc__, "float32")
    backend.start(data=True)
    import keras
    import numpy as np

    import netzoo
    from netzoo.data import open_images, pipeline
    from netzoo.recipes import recipe
    from netzoo.training import fit
    from netzoo.training.inputs import Inputs
    from netzoo.training.step import step_of

    native = backend.device()["native_bfloat16"] and not chosen.float32
    precision = "mixed_bfloat16" if native else "float32"
    keras.config.set_dtype_policy(precision)
    size = (chosen.size, chosen.size)
    images = open_images("fashion_mnist").limited(chosen.images, 10)
    wanted = recipe("lesson", "").changed({"batch_size": chosen.batch, "epochs": 10**4})

    def of_pipeline(augment):
        batches = iter(pipeline.train_batches(images, replace(wanted, augment=augment), 0))
        return rate(lambda: next(batches), 200, chosen.batch)

    stages = {name: of_pipeline(name) for name in ("none", "flip", "crop", "flip+crop")}
    inputs = Inputs(images.train, wanted, size)
    batches = iter(pipeline.train_batches(images, replace(wanted, augment="flip+crop"), 0))
    pixels = keras.ops.convert_to_tensor(next(batches)[0].numpy())

    model = netzoo.create_model(chosen.network, input_shape=(*size, 1))
    fit.compile_model(model, images, wanted)
    step = step_of(model, inputs)
    steps = max(chosen.images // chosen.batch, 1)
    stages["resized and scaled"] = rate(
        lambda: np.asarray(keras.ops.convert_to_numpy(inputs(pixels)[0, 0, 0])), 20, chosen.batch
    )
    whole = next(pair for pair in batches if len(pair[1]) == chosen.batch)
    kept = {"with": [], "without": []}
    for _ in range(chosen.epochs):
        fed = (batch for batch in batches if len(batch[1]) == chosen.batch)
        kept["with"].append(
            rate(lambda fed=fed: np.asarray(step.train(*next(fed))), steps, chosen.batch)
        )
        kept["without"].append(rate(lambda: np.asarray(step.train(*whole)), steps, chosen.batch))
    step.sync_variables()
    flops = netzoo.count_cost(model).training_flops
    told = {
        "precision": precision,
        "stages": stages,
        "with_pipeline": statistics.median(kept["with"]),
        "one_batch": statistics.median(kept["without"]),
        "flops_per_second": statistics.median(kept["without"]) * flops,
        "matrix_flops_per_second": matrix_flops(precision.removeprefix("mixed_")),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
