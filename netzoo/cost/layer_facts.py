"""The facts of each layer of Keras, a row a layer, by its public name.

A layer that is in no row is counted by the layers and operations that its `call` is made of.
A subclass that redefines no part of the computation is counted as its base.
"""

from keras import layers

from netzoo.cost import attention, expand
from netzoo.cost import elementwise as elements
from netzoo.cost import layers as products
from netzoo.cost.facts import SEEN_THROUGH, Facts, Field
from netzoo.cost.operations import free

WINDOW, POINT, CHANNELS, AXIS = Field.WINDOW, Field.POINT, Field.CHANNELS, Field.AXIS

# The rule of its products, that of its element-wise operations, and its receptive field; then what
# few layers have.
LAYERS = {
    # Convolutions and products with a kernel.
    "Conv1D": Facts(products.conv, elements.bias_and_activation, WINDOW),
    "Conv2D": Facts(products.conv, elements.bias_and_activation, WINDOW),
    "Conv3D": Facts(products.conv, elements.bias_and_activation, WINDOW),
    "Conv1DTranspose": Facts(products.transposed_conv, elements.bias_and_activation),
    "Conv2DTranspose": Facts(products.transposed_conv, elements.bias_and_activation),
    "Conv3DTranspose": Facts(products.transposed_conv, elements.bias_and_activation),
    "DepthwiseConv1D": Facts(products.depthwise_conv, elements.bias_and_activation, WINDOW),
    "DepthwiseConv2D": Facts(products.depthwise_conv, elements.bias_and_activation, WINDOW),
    "SeparableConv1D": Facts(products.separable_conv, elements.bias_and_activation, WINDOW),
    "SeparableConv2D": Facts(products.separable_conv, elements.bias_and_activation, WINDOW),
    "Dense": Facts(products.dense, elements.bias_and_activation, CHANNELS),
    "EinsumDense": Facts(products.einsum_dense, elements.bias_and_activation),
    "Embedding": Facts(products.embedding),
    # Attention; the rule of its products tells of its element-wise operations, too.
    "AdditiveAttention": Facts(attention.additive),
    "Attention": Facts(attention.dot_product),
    "GroupQueryAttention": Facts(free, inside=expand.attention),
    "MultiHeadAttention": Facts(free, inside=expand.attention),
    # Layers that are applied along a sequence, or wrapped.
    "ConvLSTM1D": Facts(free, inside=expand.recurrent),
    "ConvLSTM2D": Facts(free, inside=expand.recurrent),
    "ConvLSTM3D": Facts(free, inside=expand.recurrent),
    "GRU": Facts(free, inside=expand.recurrent),
    "LSTM": Facts(free, inside=expand.recurrent),
    "RNN": Facts(free, inside=expand.recurrent),
    "SimpleRNN": Facts(free, inside=expand.recurrent),
    "SpectralNormalization": Facts(products.spectral, inside=expand.wrapped),
    "TimeDistributed": Facts(free, inside=expand.time_distributed),
    # Pooling.
    "AveragePooling1D": Facts(free, elements.window, WINDOW),
    "AveragePooling2D": Facts(free, elements.window, WINDOW),
    "AveragePooling3D": Facts(free, elements.window, WINDOW),
    "MaxPooling1D": Facts(free, elements.window, WINDOW),
    "MaxPooling2D": Facts(free, elements.window, WINDOW),
    "MaxPooling3D": Facts(free, elements.window, WINDOW),
    "AdaptiveAveragePooling1D": Facts(free, elements.first_input),
    "AdaptiveAveragePooling2D": Facts(free, elements.first_input),
    "AdaptiveAveragePooling3D": Facts(free, elements.first_input),
    "AdaptiveMaxPooling1D": Facts(free, elements.first_input),
    "AdaptiveMaxPooling2D": Facts(free, elements.first_input),
    "AdaptiveMaxPooling3D": Facts(free, elements.first_input),
    "GlobalAveragePooling1D": Facts(free, elements.first_input),
    "GlobalAveragePooling2D": Facts(free, elements.first_input),
    "GlobalAveragePooling3D": Facts(free, elements.first_input),
    "GlobalMaxPooling1D": Facts(free, elements.first_input),
    "GlobalMaxPooling2D": Facts(free, elements.first_input),
    "GlobalMaxPooling3D": Facts(free, elements.first_input),
    # Normalisation. In inference, a batch's statistics are weights.
    "BatchNormalization": Facts(free, elements.scaled, POINT),
    "GroupNormalization": Facts(free, elements.scaled),
    "LayerNormalization": Facts(free, elements.scaled, AXIS),
    "Normalization": Facts(free, elements.scaled, POINT),
    "RMSNormalization": Facts(free, elements.scaled, AXIS),
    "Rescaling": Facts(free, elements.scaled, POINT),
    "UnitNormalization": Facts(free, elements.scaled),
    # Activations.
    "Activation": Facts(free, elements.outputs, POINT),
    "ELU": Facts(free, elements.outputs, POINT),
    "LeakyReLU": Facts(free, elements.outputs, POINT),
    "PReLU": Facts(free, elements.outputs, POINT),
    "ReLU": Facts(free, elements.outputs, POINT),
    "Softmax": Facts(free, elements.outputs, AXIS),
    # Several inputs put together.
    "Add": Facts(free, elements.merged, POINT),
    "Average": Facts(free, elements.merged, POINT),
    "Maximum": Facts(free, elements.merged, POINT),
    "Minimum": Facts(free, elements.merged, POINT),
    "Multiply": Facts(free, elements.merged, POINT),
    "Subtract": Facts(free, elements.merged, POINT),
    "Concatenate": Facts(free, field=AXIS),
    # They hand on what they get, but for training.
    "ActivityRegularization": Facts(free, field=POINT, view=True),
    "AlphaDropout": Facts(free, field=POINT, view=True),
    "Dropout": Facts(free, field=POINT, view=True),
    "GaussianDropout": Facts(free, field=POINT, view=True),
    "GaussianNoise": Facts(free, field=POINT, view=True),
    "Identity": Facts(free, field=POINT, view=True),
    "SpatialDropout1D": Facts(free, field=POINT, view=True),
    "SpatialDropout2D": Facts(free, field=POINT, view=True),
    "SpatialDropout3D": Facts(free, field=POINT, view=True),
    # Elements moved.
    "Cropping1D": Facts(free, field=POINT),
    "Cropping2D": Facts(free, field=POINT),
    "Cropping3D": Facts(free, field=POINT),
    "Flatten": Facts(free, view=True),
    "InputLayer": Facts(free),
    "Masking": Facts(free),
    "Permute": Facts(free),
    "RepeatVector": Facts(free),
    "Reshape": Facts(free, view=True),
    "UpSampling1D": Facts(free),
    "UpSampling2D": Facts(free, elements.enlarged),
    "UpSampling3D": Facts(free),
    "ZeroPadding1D": Facts(free, field=POINT),
    "ZeroPadding2D": Facts(free, field=POINT),
    "ZeroPadding3D": Facts(free, field=POINT),
    # Images prepared. The random ones hand images on as they are, except in training.
    "AugMix": Facts(free, elements.outputs),
    "AutoContrast": Facts(free, elements.outputs),
    "CenterCrop": Facts(free),
    "ContrastLimitedAdaptiveHistogramEqualization": Facts(free, elements.outputs),
    "CutMix": Facts(free, elements.outputs),
    "Equalization": Facts(free, elements.outputs, differentiable=False),
    "MaxNumBoundingBoxes": Facts(free),
    "MixUp": Facts(free, elements.outputs),
    "RandAugment": Facts(free, elements.outputs),
    "RandomBrightness": Facts(free),
    "RandomColorDegeneration": Facts(free),
    "RandomColorJitter": Facts(free),
    "RandomContrast": Facts(free),
    "RandomCrop": Facts(free),
    "RandomElasticTransform": Facts(free),
    "RandomErasing": Facts(free),
    "RandomFlip": Facts(free),
    "RandomGaussianBlur": Facts(free),
    "RandomGrayscale": Facts(free),
    "RandomHue": Facts(free),
    "RandomInvert": Facts(free),
    "RandomPerspective": Facts(free),
    "RandomPosterization": Facts(free),
    "RandomRotation": Facts(free),
    "RandomSaturation": Facts(free),
    "RandomSharpness": Facts(free),
    "RandomShear": Facts(free),
    "RandomTranslation": Facts(free),
    "RandomZoom": Facts(free),
    "Resizing": Facts(free, elements.outputs),
    "Solarization": Facts(free, elements.outputs),
    # Numbers, texts and categories looked up.
    "CategoryEncoding": Facts(free, differentiable=False),
    "Discretization": Facts(free, differentiable=False),
    "HashedCrossing": Facts(free, differentiable=False),
    "Hashing": Facts(free, differentiable=False),
    "IntegerLookup": Facts(free, differentiable=False),
    "StringLookup": Facts(free, differentiable=False),
    "TextVectorization": Facts(free, differentiable=False),
    # The layers and operations in their `call` tell.
    "Bidirectional": SEEN_THROUGH,
    "Dot": SEEN_THROUGH,
    "GRUCell": SEEN_THROUGH,
    "LSTMCell": SEEN_THROUGH,
    "Lambda": SEEN_THROUGH,
    "Pipeline": SEEN_THROUGH,
    "ReversibleEmbedding": SEEN_THROUGH,
    "STFTSpectrogram": SEEN_THROUGH,
    "SimpleRNNCell": SEEN_THROUGH,
    "StackedRNNCells": SEEN_THROUGH,
    # Nothing can be seen in them, another library's code or an FFT: named in `uncounted`.
    "FlaxLayer": SEEN_THROUGH,
    "JaxLayer": SEEN_THROUGH,
    "MelSpectrogram": SEEN_THROUGH,
    "TFSMLayer": SEEN_THROUGH,
    "TorchModuleWrapper": SEEN_THROUGH,
}

# Another release of Keras may lack some.
OF_CLASS: dict[type, Facts] = {
    getattr(layers, name): facts for name, facts in LAYERS.items() if hasattr(layers, name)
}
