"""What a user would run in place of netzoo: Keras `fit` with a tf.data pipeline as in tutorials.

    KERAS_BACKEND=torch python tests/benchmarks/keras_fit.py alexnet --size 224 --batch 128
        --images 1024 --epochs 3 [--bf16] [--augment]

Prints a line of JSON: images a second of each epoch, from its beginning to the next one's, seconds
to the first step, peak memory.
"""

import time

import peer
import resnet  # noqa: F401  registers resnet50

from netzoo import backend


def main():
    """Train and print."""
    began = time.perf_counter()
    chosen = peer.arguments(__doc__, "bf16", "augment")
    backend.start(data=True)
    import keras
    import tensorflow as tf

    import netzoo

    size = (chosen.size, chosen.size)

    def prepared(image, label):
        return tf.image.resize(image, size) / 255.0, label

    def augmented(image, label):
        image = tf.image.random_flip_left_right(image)
        image = tf.image.resize_with_crop_or_pad(image, 34, 34)
        return tf.image.random_crop(image, (28, 28, 1)), label

    data = tf.data.Dataset.from_tensor_slices(peer.training_images(chosen.images))
    data = data.shuffle(chosen.images)
    if chosen.augment:
        data = data.map(augmented, tf.data.AUTOTUNE)
    data = data.map(prepared, tf.data.AUTOTUNE).batch(chosen.batch).prefetch(tf.data.AUTOTUNE)

    if chosen.bf16:
        keras.config.set_dtype_policy("mixed_bfloat16")
    model = netzoo.create_model(chosen.network, input_shape=(*size, 1))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.01), loss, metrics=["accuracy"])

    class Clock(keras.callbacks.Callback):
        began = ()
        first = None

        def on_epoch_begin(self, epoch, logs=None):
            self.began = (*self.began, time.perf_counter())

        def on_train_batch_end(self, batch, logs=None):
            self.first = self.first or time.perf_counter()

    clock = Clock()
    model.fit(data, epochs=chosen.epochs, callbacks=[clock], verbose=0)
    ends = (*clock.began[1:], time.perf_counter())
    rates = [chosen.images / (end - start) for start, end in zip(clock.began, ends, strict=True)]
    peer.answer(rates, clock.first - began)


if __name__ == "__main__":
    main()
