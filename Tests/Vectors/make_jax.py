"""Records what JAX, Flax and Keras on JAX return where the rows of jax.json and keras-jax.json do not reach.

    pip install jax flax keras
    python make_jax.py            writes jax-more.json, flax.json and keras-objects.json beside itself

jax-more.json: rows as in jax.json, with `dialect`: `jax` or `jax-original` (jax_threefry_partitionable off). float64 is
drawn with 64-bit types enabled. flax.json: models, each a graph manifest and the SHA-256 of every parameter as Flax made
it. keras-objects.json: what keras.initializers.serialize writes.
"""
import hashlib
import json
import os

os.environ["KERAS_BACKEND"] = "jax"
import flax
import flax.linen as nn
import jax
import jax.numpy as jnp
import keras
import numpy as np
from flax import nnx

FOLDER = os.path.dirname(os.path.abspath(__file__))
I = jax.nn.initializers


def row(dialect, call, config, seed, shape, value):
    array = np.ascontiguousarray(value)
    raw = array.tobytes()
    made = {"framework": "jax", "version": jax.__version__, "dialect": dialect, "call": call, "class_name": call,
            "config": config, "seed": seed, "shape": list(shape), "dtype": array.dtype.name, "count": array.size,
            "sha256": hashlib.sha256(raw).hexdigest()}
    if array.size <= 16:
        made["hex"] = raw.hex()
    return made


def functions():
    for name, config in [
            ("uniform", {"scale": 0.3}), ("normal", {"stddev": 0.02}), ("truncated_normal", {"stddev": 0.02}),
            ("truncated_normal", {"stddev": 1.7, "lower": -0.5, "upper": 3.0}),
            ("truncated_normal", {"stddev": 1.0, "lower": 0.1, "upper": 0.2}),
            ("variance_scaling", {"scale": 2.0, "mode": "fan_geo_avg", "distribution": "normal"}),
            ("variance_scaling", {"scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal",
                                  "in_axis": [0, 1], "out_axis": -1, "batch_axis": 2}),
            ("he_uniform", {"in_axis": -1, "out_axis": -2}), ("he_normal", {}), ("glorot_uniform", {}), ("lecun_normal", {}),
            ("constant", {"value": 0.1}), ("zeros", {}), ("ones", {})]:
        for dialect in ("jax", "jax-original"):
            for dtype in ("float32", "float16", "bfloat16", "float64"):
                for seed, shape in ((7, (3, 5, 2, 4)), (-1, (37, 41, 1, 3)), (2**40 + 5, (1, 2, 3, 1))):
                    with jax.enable_x64(dtype == "float64"), jax.threefry_partitionable(dialect == "jax"):
                        arguments = {key: tuple(item) if isinstance(item, list) else item for key, item in config.items()}
                        function = getattr(I, name)
                        function = function(**arguments) if name not in ("zeros", "ones") else function
                        value = np.asarray(function(jax.random.key(seed), shape, dtype))
                    yield row(dialect, "jax.nn.initializers." + name, config, seed, shape, value)
    value = [[0.1], [0.2], [0.3]]
    for dtype in ("float32", "float16", "bfloat16"):
        filled = I.constant(np.array(value))(jax.random.key(0), (2, 3, 4), dtype)
        yield row("jax", "jax.nn.initializers.constant", {"value": value}, 0, (2, 3, 4), np.asarray(filled))
    for seed in (7, 2**40 + 5, -1):
        for mode in ("jax", "jax-original"):
            with jax.threefry_partitionable(mode == "jax"):
                key = jax.random.key(seed)
                for call, words in (("split5", jax.random.key_data(jax.random.split(key, 5))),
                                    ("fold_in_9", jax.random.key_data(jax.random.fold_in(key, 9))),
                                    ("bits_7", jax.random.bits(key, (7,)))):
                    made = row(mode, "jax.random." + call, {}, seed, words.shape, np.asarray(words))
                    made["class_name"] = None
                    yield made


def variable(name, shape, initializer, **more):
    return {"name": name, "shape": list(shape), "initializer": initializer, **more}


LECUN = "jax.nn.initializers.lecun_normal"
EMBED = {"class_name": "jax.nn.initializers.variance_scaling",
         "config": {"scale": 1.0, "mode": "fan_in", "distribution": "normal", "out_axis": 0}}


def model(note, dialect, seed, variables, values):
    assert {v["name"] for v in variables} == set(values), (note, sorted(values))
    return {"framework": "flax", "version": flax.__version__, "note": note,
            "graph": {"format": "nascent.graph/1", "seed": seed, "dialect": dialect, "variables": variables},
            "sha256": {name: hashlib.sha256(np.asarray(value).tobytes()).hexdigest() for name, value in values.items()}}


def flattened(tree, prefix=""):
    for name, item in tree.items():
        if isinstance(item, dict):
            yield from flattened(item, f"{prefix}{name}/")
        else:
            yield prefix + name, np.asarray(item)


class Block(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(self.features, name="inner")(x)
        scale = self.param("scale", nn.initializers.normal(0.1), (self.features,))
        return nn.LayerNorm()(x) * scale


class LinenModel(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Embed(11, 6)(x)
        x = nn.Dense(8, use_bias=False)(x)
        x = Block(5)(x)
        x = Block(4, name="last")(x)
        return x + self.param("offset", nn.initializers.uniform(0.5), (4,))


def linen(seed):
    values = dict(flattened(LinenModel().init(jax.random.key(seed), jnp.zeros((2,), int))))
    normal = {"class_name": "jax.nn.initializers.normal", "config": {"stddev": 0.1}}
    variables = [variable("params/Embed_0/embedding", (11, 6), EMBED), variable("params/Dense_0/kernel", (6, 8), LECUN)]
    for block, rows, columns in (("Block_0", 8, 5), ("last", 5, 4)):
        path = f"params/{block}"
        variables += [variable(f"{path}/inner/kernel", (rows, columns), LECUN),
                      variable(f"{path}/inner/bias", (columns,), "jax.nn.initializers.zeros"),
                      variable(f"{path}/scale", (columns,), normal),
                      variable(f"{path}/LayerNorm_0/scale", (columns,), "jax.nn.initializers.ones"),
                      variable(f"{path}/LayerNorm_0/bias", (columns,), "jax.nn.initializers.zeros")]
    variables.append(variable("params/offset", (4,), {"class_name": "jax.nn.initializers.uniform", "config": {"scale": 0.5}}))
    return model("nested modules and parameters of a module's own", "flax-linen", seed, variables, values)


class NNXModel(nnx.Module):
    def __init__(self, rngs):
        self.embed = nnx.Embed(11, 6, rngs=rngs)
        self.first = nnx.Linear(6, 8, rngs=rngs)
        self.norm = nnx.BatchNorm(8, rngs=rngs)
        self.dropout = nnx.Dropout(0.5, rngs=rngs)
        self.last = nnx.Linear(8, 3, kernel_init=nnx.initializers.he_normal(), rngs=rngs)


def nnx_model(seed):
    made = NNXModel(nnx.Rngs(seed))
    values = {f"{layer}.{leaf}": np.asarray(getattr(getattr(made, layer), leaf).get_value())
              for layer, leaves in (("embed", ["embedding"]), ("first", ["kernel", "bias"]),
                                    ("norm", ["scale", "bias", "mean", "var"]), ("last", ["kernel", "bias"]))
              for leaf in leaves}
    zeros, ones = "jax.nn.initializers.zeros", "jax.nn.initializers.ones"
    # The dropout layer takes a key of the default stream: place 5.
    variables = [variable("embed.embedding", (11, 6), EMBED), variable("first.kernel", (6, 8), LECUN),
                 variable("first.bias", (8,), zeros), variable("norm.scale", (8,), ones), variable("norm.bias", (8,), zeros),
                 variable("norm.mean", (8,), zeros, kind="batch_stats"), variable("norm.var", (8,), ones, kind="batch_stats"),
                 variable("last.kernel", (8, 3), "jax.nn.initializers.he_normal", stream_index=6),
                 variable("last.bias", (3,), zeros)]
    return model("a dropout layer takes a key between", "flax-nnx", seed, variables, values)


def keras_objects():
    i = keras.initializers
    for made in (i.HeUniform(seed=7), i.HeNormal(), i.GlorotNormal(seed=keras.random.SeedGenerator(5)),
                 i.VarianceScaling(2.0, "fan_avg", "normal", seed=3, input_axes=[0], output_axes=[-1]),
                 i.RandomNormal(0.5, 2.0, seed=1), i.RandomUniform(), i.TruncatedNormal(0.0, 0.02, seed=2), i.LecunUniform(seed=4),
                 i.Constant(0.3), i.Constant(np.array([1.0, 2.0])), i.Constant(keras.ops.ones((2,))),
                 i.Orthogonal(2.0, seed=1), i.Identity(), i.Zeros(), i.Ones()):
        yield i.serialize(made)


def write(name, rows):
    with open(os.path.join(FOLDER, name), "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(item) for item in rows) + "\n]\n")
    print(name, len(rows))


if __name__ == "__main__":
    write("jax-more.json", list(functions()))
    write("flax.json", [linen(0), linen(123456789), nnx_model(0), nnx_model(7)])
    write("keras-objects.json", list(keras_objects()))
