"""The matrix products of the attention layers.

Their projections are einsum layers whose symbolic output has an open length, so they are counted
from the shapes of the inputs and of the projections' kernels.
"""

from math import prod
from typing import Any

from netzoo.cost.graph import Call, batch_of_one
from netzoo.cost.operations import Needs, Product, product


def projected(layer: Any, call: Call, needs: Needs) -> list[Product]:
    """Return the products of MultiHeadAttention or GroupQueryAttention.

    Query, key and value are projected, query meets key, the scores weigh the values, and the result
    is projected once more. Element by element: scale and softmax of the scores, and the biases.
    """
    query, value, key = _operands(call)
    if key is None:
        key = value
    dense = [getattr(layer, f"_{name}_dense") for name in ("query", "key", "value", "output")]
    to_query, to_key, to_value, to_output = (tuple(inner.kernel.shape) for inner in dense)
    trained = [inner.kernel.trainable for inner in dense]
    shapes = [batch_of_one(tensor.shape) for tensor in (query, key, value)]
    queries, keys, values = (prod(shape[:-1]) for shape in shapes)
    heads = to_query[-2]
    pairs = heads * queries * keys // _apart(layer, shapes[0])
    query_needs, key_needs, value_needs = (
        needs(tensor) or weight
        for tensor, weight in zip((query, key, value), trained, strict=False)
    )
    mixed = query_needs or key_needs
    return [
        product(queries * prod(to_query), needs(query), trained[0]),
        product(keys * prod(to_key), needs(key), trained[1]),
        product(values * prod(to_value), needs(value), trained[2]),
        product(pairs * to_query[-1], query_needs, key_needs),
        product(pairs * to_value[-1], mixed, value_needs),
        product(queries * prod(to_output), mixed or value_needs, trained[3]),
        Product(0, 0, 2 * pairs + sum(_biases(dense, (queries, keys, values, queries)))),
    ]


def of_list(layer: Any, call: Call, needs: Needs) -> list[Product]:
    """Return the products of Attention or AdditiveAttention, called on [query, value, key].

    Without a key, the value serves as key. Scores that are sums of tanh have no product.
    """
    query, value, *rest = (call.arguments or tuple(call.keywords.values()))[0]
    key = rest[0] if rest else value
    (batch, length, size), (_, keys, value_size) = (batch_of_one(t.shape) for t in (query, value))
    pairs = batch * length * keys
    trained = any(weight.trainable for weight in layer.weights)
    found = [product(pairs * value_size, trained or needs(query) or needs(key), needs(value))]
    if getattr(layer, "score_mode", "") == "dot":
        found.append(product(pairs * size, needs(query), needs(key)))
        found.append(Product(0, 0, 2 * pairs))
    else:  # a sum, its tanh and its weight for each element, then their sum and softmax
        found.append(Product(0, 0, pairs * (4 * size + 1)))
    return found


def _biases(dense: list[Any], places: tuple[int, ...]) -> list[int]:
    """Return the additions of each projection's bias, at so many places."""
    return [
        count * prod(inner.bias.shape) if inner.bias is not None else 0
        for inner, count in zip(dense, places, strict=True)
    ]


def _operands(call: Call) -> tuple[Any, Any, Any]:
    """Return query, value and key; the key is None where the value serves as key."""
    names = dict(zip(("query", "value", "key"), call.arguments, strict=False)) | call.keywords
    return names["query"], names["value"], names.get("key")


def _apart(layer: Any, query_shape: tuple[int, ...]) -> int:
    """Return how many attentions go on side by side: the batch and the axes not attended over."""
    axes = getattr(layer, "_attention_axes", None) or range(1, len(query_shape) - 1)
    attended = {axis % len(query_shape) for axis in axes}
    places = range(len(query_shape) - 1)
    return prod(query_shape[place] for place in places if place not in attended)
