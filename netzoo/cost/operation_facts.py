"""The facts of each keras.ops operation, by the name of its class.

An operation that is in no row is named in `uncounted`.
"""

from netzoo.cost import elementwise as elements
from netzoo.cost import operations as products
from netzoo.cost.facts import SEEN_THROUGH, Facts, Field
from netzoo.cost.operations import free, untold

POINT = Field.POINT

# Facts, and the operations of which they are known.
ROWS: tuple[tuple[Facts, str], ...] = (
    # Products. The rule tells of the element-wise operations, too.
    (Facts(products.attention), "DotProductAttention"),
    (Facts(products.conv), "Conv"),
    (Facts(products.conv_transpose), "ConvTranspose"),
    (Facts(products.depthwise_conv), "DepthwiseConv"),
    (Facts(products.einsum), "Einsum"),
    (Facts(products.matmul), "Dot Inner Matmul"),
    (Facts(products.separable_conv), "SeparableConv"),
    (Facts(products.tensordot), "Tensordot"),
    (Facts(products.vdot), "Vdot"),
    # Products inside that shapes alone do not tell: decompositions, transforms, loops over a
    # function, filters with a kernel of their own, matrices raised or inverted.
    (
        Facts(untold),
        """
        AssociativeScan CDist CTCDecode CTCLoss Cholesky CholeskyInverse Cond Corrcoef Correlate
        Det Eig Eigh ElasticTransform FFT FFT2 ForiLoop GaussianBlur IFFT2 IRFFT ISTFT Inv JVP
        Logdet Lstsq LuFactor Map MatrixRank Pinv Qr RFFT SSIM STFT SVD Scan Slogdet SobelEdges
        Solve SolveTriangular Switch VectorizedMap WhileLoop
        """,
    ),
    # Calls recorded inside.
    (SEEN_THROUGH, "Function"),
    # An element made of those at its own place: the batch is left alone.
    (
        Facts(free, elements.outputs, POINT),
        """
        Abs Absolute Add Celu Clip Cos Divide Elu Erf Exp Expm1 Gelu HardSigmoid HardSilu
        HardTanh LeakyRelu Log Log1p LogSigmoid Maximum Minimum Mish Multiply Negative Power
        ReLU Reciprocal Relu Relu6 Rsqrt Selu Sigmoid Silu Sin Softplus Softsign Sqrt Square
        Subtract Tanh TrueDivide
        """,
    ),
    # All others: an element made of one or more. What makes integers or steps has no gradient.
    (
        Facts(free, elements.outputs),
        """
        AdaptiveAveragePool AdaptiveMaxPool AffineTransform AllClose Angle Append Arange Arccos
        Arccosh Arcsin Arcsinh Arctan Arctan2 Arctanh Array ArraySplit AveragePool BatchNorm
        BinaryCrossentropy BitwiseAnd BitwiseInvert BitwiseLeftShift BitwiseNot BitwiseOr
        BitwiseRightShift BitwiseXor CategoricalCrossentropy Cbrt Conj Conjugate Cosh CropImages
        Cross Cumprod Cumsum Deg2rad DepthToSpace Diag Diagflat Diagonal Diff DivideNoNan Dsplit
        Dstack Equal Erfc Erfinv Exp2 ExtractPatches ExtractSequences Fabs Fliplr Flipud Fmax
        Fmin Fmod Fold Full Gcd Geomspace Glu Greater GreaterEqual HSVToRGB HardShrink Hsplit
        Hstack Hypot I0 Imag InTopK IsIn Isclose Isfinite Isinf Isnan Isneginf Isposinf Isreal
        Kron LayerNorm Lcm Ldexp LeftShift Less LessEqual Linspace Log10 Log2 LogSoftmax
        Logaddexp Logaddexp2 LogicalAnd LogicalNot LogicalOr LogicalXor Logspace MapCoordinates
        MaxPool Meshgrid Mod Moments NanToNum Nanargmax Nanargmin Nancumprod Nancumsum Nanmax
        Nanmean Nanmedian Nanmin Nanpercentile Nanprod Nanquantile Nanstd Nansum Nanvar Ndim
        Nextafter Norm Normalize NotEqual Outer PSNR PadImages Percentile PerspectiveTransform
        Polar Ptp Quantile RGBToGrayscale RGBToHSV RMSNorm Rad2deg Real Rearrange Resize
        RightShift SaturateCast ScaleAndTranslate Scatter ScatterUpdate SearchSorted SegmentMax
        SegmentMin SegmentProd SegmentReduction SegmentSum Select Signbit Sinc Sinh Size
        SoftShrink Softmax Sort SpaceToDepth SparseCategoricalCrossentropy SparsePlus
        SparseSigmoid Sparsemax Squareplus Tan TanhShrink Threshold TopK Trace Trapezoid Tril
        Triu Unfold Unique UnravelIndex Vander ViewAsComplex ViewAsReal Vsplit Vstack Where
        """,
    ),
    (
        Facts(free, elements.outputs, differentiable=False),
        """
        Argpartition Argsort Bincount Ceil Digitize EmptyLike Floor FloorDivide FullLike
        Heaviside Histogram MultiHot Nonzero OneHot OnesLike Round Sign Trunc ZerosLike
        """,
    ),
    # Elements read: reductions.
    (
        Facts(free, elements.inputs),
        """
        All Amax Amin Any Average CountNonzero Logsumexp Max Mean Median Min Prod Std Sum Var
        """,
    ),
    (Facts(free, elements.inputs, differentiable=False), "Argmax Argmin"),
    # Elements moved.
    (
        Facts(free),
        """
        BroadcastTo Concatenate ConvertToTensor Copy ExpandDims Flip GetItem Moveaxis Pad Ravel
        Repeat Reshape Roll Rot90 Slice SliceUpdate Split Squeeze Stack Swapaxes Take
        TakeAlongAxis Tile Transpose Unstack View
        """,
    ),
    (Facts(free, field=POINT), "Cast"),
    (Facts(free, differentiable=False), "StopGradient"),
)

OPERATIONS = {name: facts for facts, names in ROWS for name in names.split()}
