"""The matrix products of the attention layers that are called on a list, without weights in it."""

from typing import Any

from keras import layers

from netzoo.cost.graph import Call, batch_of_one
from netzoo.cost.kinds import kind_of
from netzoo.cost.operations import Needs, Product, product


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
    # AdditiveAttention inherits a score_mode of "dot", and does not look at it.
    if kind_of(layer) is layers.Attention and layer.score_mode == "dot":
        found.append(product(pairs * size, needs(query), needs(key)))
        found.append(Product(0, 0, 2 * pairs))
    else:  # a sum, its tanh and its weight for each element, then their sum and softmax
        found.append(Product(0, 0, pairs * (4 * size + 1)))
    return found
