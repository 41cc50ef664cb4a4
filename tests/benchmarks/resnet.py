"""ResNet50 of keras.applications for any number of channels, as a model that netzoo knows."""

import netzoo


@netzoo.register_model("resnet50")
def resnet50(input_shape=(96, 96, 1), num_classes=10):
    """Build it without weights; it hands out logits."""
    import keras

    return keras.applications.ResNet50(
        weights=None, input_shape=input_shape, classes=num_classes, classifier_activation=None
    )
