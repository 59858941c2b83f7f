"""Records what layers of Keras and Flax hold right after they are made: `modules.json`.

Keras draws from a global generator, so of its layers the names, the shapes and the initializers are
kept, and the values of what is not drawn. Flax's are made with `key(5)`, or `Rngs(5)`: the SHA-256 of
each parameter is kept, but of orthogonal ones, which agree to rounding only.

    pip install keras==3.15.1 jax==0.10.2 flax==0.12.8
    KERAS_BACKEND=jax python make_modules.py > modules.json
"""

import hashlib
import json
import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import flax
import jax
import jax.numpy as jnp
import keras
import numpy as np
from flax import linen, nnx

layers = keras.layers
records = []


def keras_record(name, layer, *shapes):
    layer.build(*shapes)
    config = layer.get_config()
    variables = []
    for weight in layer.weights:
        parts = weight.path.split("/")[1:]
        role = {"recurrent_kernel": "recurrent"}.get(parts[-1], parts[-1])
        initializer = config.get(role + "_initializer", {})
        values = np.asarray(weight).flatten().tolist()
        variables.append({
            "name": "/".join(parts), "shape": list(weight.shape),
            "class": initializer.get("class_name"), "config": initializer.get("config"),
            "values": values if set(values) <= {0.0, 1.0} else None})
    records.append({"convention": "keras", "version": keras.__version__, "layer": name, "variables": variables})


keras_record("linear", layers.Dense(11), (None, 37))
keras_record("linear without bias", layers.Dense(3, use_bias=False), (None, 5))
keras_record("conv1d of groups", layers.Conv1D(6, 5, groups=2), (None, 20, 4))
keras_record("conv2d", layers.Conv2D(12, (3, 2)), (None, 20, 20, 8))
keras_record("conv3d", layers.Conv3D(4, (3, 2, 1)), (None, 9, 9, 9, 6))
keras_record("transposed conv2d", layers.Conv2DTranspose(4, 3), (None, 20, 20, 6))
keras_record("embedding", layers.Embedding(50, 12), (None, 5))
keras_record("layer norm", layers.LayerNormalization(), (None, 7))
keras_record("batch norm", layers.BatchNormalization(), (None, 7))
keras_record("group norm", layers.GroupNormalization(groups=4), (None, 5, 8))
keras_record("rms norm", layers.RMSNormalization(), (None, 7))
keras_record("attention", layers.MultiHeadAttention(4, 8), (None, 5, 32), (None, 5, 32))
keras_record("lstm", layers.LSTM(6), (None, 5, 4))
keras_record("gru", layers.GRU(6), (None, 5, 4))


def flax_record(convention, name, parameters):
    variables = []
    for path, value in parameters:
        value = np.asarray(value)
        parts = path.replace("/", ".").split(".")
        is_orthogonal = parts[-1] == "kernel" and parts[-2] in ORTHOGONAL
        variables.append({
            "name": path, "shape": list(value.shape),
            "sha256": None if is_orthogonal else hashlib.sha256(value.tobytes()).hexdigest()})
    records.append({"convention": convention, "version": flax.__version__, "layer": name, "variables": variables})


ORTHOGONAL = {"hi", "hf", "hg", "ho", "hr", "hz", "hn", "dense_h"}


class Outer(linen.Module):
    """The layer inside a model, so that its path has two parts."""
    part: linen.Module

    def __call__(self, *inputs):
        return self.part(*inputs)


def linen_record(name, layer, *inputs):
    state = Outer(layer).init(jax.random.key(5), *inputs)
    parameters = []
    for collection in state.values():
        for path, value in jax.tree_util.tree_leaves_with_path(collection):
            parameters.append((jax.tree_util.keystr(path, simple=True, separator="/"), value))
    flax_record("flax-linen", name, parameters)


def zeros(*shape):
    return jnp.zeros(shape)


linen_record("linear", linen.Dense(11), zeros(2, 37))
linen_record("linear without bias", linen.Dense(3, use_bias=False), zeros(2, 5))
linen_record("conv1d of groups", linen.Conv(6, (5,), feature_group_count=2), zeros(1, 20, 4))
linen_record("conv2d", linen.Conv(12, (3, 2)), zeros(1, 9, 9, 8))
linen_record("conv3d", linen.Conv(4, (3, 2, 1)), zeros(1, 9, 9, 9, 6))
linen_record("transposed conv2d", linen.ConvTranspose(4, (3, 3)), zeros(1, 9, 9, 6))
linen_record("embedding", linen.Embed(50, 12), jnp.zeros((2,), int))
linen_record("layer norm", linen.LayerNorm(), zeros(2, 7))
linen_record("batch norm", linen.BatchNorm(use_running_average=True), zeros(2, 7))
linen_record("group norm", linen.GroupNorm(4), zeros(2, 8))
linen_record("rms norm", linen.RMSNorm(), zeros(2, 7))
linen_record("attention", linen.MultiHeadDotProductAttention(4), zeros(2, 5, 32))
linen_record("lstm", linen.RNN(linen.LSTMCell(6)), zeros(2, 5, 4))
linen_record("gru", linen.RNN(linen.GRUCell(6)), zeros(2, 5, 4))


def nnx_record(name, make):
    rngs = nnx.Rngs(params=5)

    class Model(nnx.Module):
        def __init__(self):
            self.part = make(rngs)
            self.after = nnx.Linear(3, 2, rngs=rngs)

    parameters = []
    for path, value in nnx.to_flat_state(nnx.state(Model(), nnx.Any(nnx.Param, nnx.BatchStat))):
        parameters.append((".".join(str(part) for part in path), value[...]))
    flax_record("flax-nnx", name, parameters)


nnx_record("linear", lambda rngs: nnx.Linear(37, 11, rngs=rngs))
nnx_record("linear without bias", lambda rngs: nnx.Linear(5, 3, use_bias=False, rngs=rngs))
nnx_record("conv1d of groups", lambda rngs: nnx.Conv(4, 6, (5,), feature_group_count=2, rngs=rngs))
nnx_record("conv2d", lambda rngs: nnx.Conv(8, 12, (3, 2), rngs=rngs))
nnx_record("conv3d", lambda rngs: nnx.Conv(6, 4, (3, 2, 1), rngs=rngs))
nnx_record("transposed conv2d", lambda rngs: nnx.ConvTranspose(6, 4, (3, 3), rngs=rngs))
nnx_record("embedding", lambda rngs: nnx.Embed(50, 12, rngs=rngs))
nnx_record("layer norm", lambda rngs: nnx.LayerNorm(7, rngs=rngs))
nnx_record("batch norm", lambda rngs: nnx.BatchNorm(7, rngs=rngs))
nnx_record("group norm", lambda rngs: nnx.GroupNorm(8, num_groups=4, rngs=rngs))
nnx_record("rms norm", lambda rngs: nnx.RMSNorm(7, rngs=rngs))
nnx_record("attention", lambda rngs: nnx.MultiHeadAttention(4, 32, decode=False, rngs=rngs))


class Cell(nnx.Module):
    """A cell under the name that `nnx.RNN` keeps it by, without the generator that it holds."""

    def __init__(self, cell):
        self.cell = cell


nnx_record("lstm", lambda rngs: Cell(nnx.LSTMCell(4, 6, rngs=rngs)))
nnx_record("gru", lambda rngs: Cell(nnx.GRUCell(4, 6, rngs=rngs)))

print("[" + ",\n".join(json.dumps(record) for record in records) + "]")
