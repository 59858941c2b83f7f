"""Compares `nascent` with JAX, Keras 3 on JAX, and Flax on random cases, byte for byte.

    python -m venv venv && venv/bin/pip install -r requirements-jax.txt
    swift build -c release --product nascent
    venv/bin/python Tests/Differential/keras_jax_flax.py [--nascent PATH] [--cases N] [--seed S]

Prints one line a kind: what, dtype, cases, elements, differing elements; then a total. A case that differs (or that
the command refuses) is printed with the command that shows it, and the exit code is 1. The cases follow from --seed
and their number alone; --case I runs case I only.

Kinds: `jax` (jax.nn.initializers), `jax-original` (the same with jax_threefry_partitionable off), `keras`
(keras.initializers on the JAX backend), `flax-nnx` and `flax-linen` (whole models, by the digests of their variables).
float64 is compared with 64-bit types enabled, everything else without. XLA's bits depend on the CPU: x86-64 with AVX2
and FMA, without AVX512-FP16.
"""
import collections
import hashlib
import json
import math
import os
import random
import sys

import harness
from harness import DTYPES, ITEM_SIZE

MAXIMUM_ELEMENTS = 100_000
KINDS = [("jax", 10), ("jax-original", 3), ("keras", 8), ("flax-nnx", 2), ("flax-linen", 2)]
PREFIX = "jax.nn.initializers."
PRESETS = ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal",
           "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal"]
FUNCTIONS = [("constant", 3), ("zeros", 1), ("ones", 1), ("uniform", 5), ("normal", 5), ("truncated_normal", 6),
             ("variance_scaling", 10), ("presets", 8), ("orthogonal", 3), ("delta_orthogonal", 2)]
CLASSES = [("Zeros", 1), ("Ones", 1), ("Constant", 2), ("Identity", 2), ("Orthogonal", 3), ("RandomUniform", 6),
           ("RandomNormal", 6), ("TruncatedNormal", 6), ("VarianceScaling", 8), ("GlorotUniform", 2), ("GlorotNormal", 2),
           ("HeUniform", 2), ("HeNormal", 2), ("LecunUniform", 2), ("LecunNormal", 2)]


class Case(collections.namedtuple("Case", "index kind name config shape dtype seed slice arguments model")):
    """`arguments` are those of `nascent`, without its output; `model` is a list of layers for the Flax kinds."""

    def summary(self):
        key = (self.kind, self.name, self.dtype)
        if self.model: return key, 1, json.dumps(manifest(self))
        count = self.slice[1] - self.slice[0] if self.slice else math.prod(self.shape)
        call = f"{self.kind} {self.name}(**{self.config!r}) seed {self.seed} {self.shape!r} {self.dtype!r}"
        return key, count, f"{harness.sample_command(self.arguments)}\n  {call}"


# MARK: Drawing cases

def draw_number(r, dtype):
    """A finite parameter that is not zero."""
    if r.random() < 0.06:
        # Small enough that products are subnormal, which XLA sets to zero.
        return r.choice([-1, 1]) * 10 ** r.uniform(*{"float16": (-8, -4), "float64": (-312, -290)}.get(dtype, (-42, -30)))
    number = harness.draw_number(r, dtype)
    return float(number) if abs(number) <= 40 else number / 10


def draw_shape(r, ranks):
    return harness.draw_sizes(r, r.choice(ranks), MAXIMUM_ELEMENTS)


def draw_axes(r, rank):
    """in_axis, out_axis and batch_axis, each with other axes: a number or a list."""
    axes = list(range(rank))
    r.shuffle(axes)
    signed = lambda axis: axis - rank if r.random() < 0.5 else axis
    cut = r.randint(1, rank - 1)
    batch = r.randint(0, rank - cut - 1)
    parts = [axes[:r.randint(1, cut)], axes[cut:rank - batch][:r.randint(1, rank)], axes[rank - batch:]]
    parts = [[signed(axis) for axis in part] for part in parts]
    return [part[0] if len(part) == 1 and r.random() < 0.5 else part for part in parts]


def draw_function(r, dtype):
    """A function of jax.nn.initializers, its keyword arguments and a shape."""
    name = r.choices([name for name, _ in FUNCTIONS], [weight for _, weight in FUNCTIONS])[0]
    if name == "presets":
        name = r.choice(PRESETS)
    shape = draw_shape(r, [0, 1, 2, 3, 4])
    config = {}
    if name == "constant":
        config["value"] = draw_number(r, dtype)
        if shape and r.random() < 0.4:
            config["value"] = [draw_number(r, dtype) for _ in range(r.choice([1, min(shape[-1], 50)]))]
            shape[-1] = min(shape[-1], 50)
    elif name == "uniform" and r.random() < 0.8:
        config["scale"] = draw_number(r, dtype)
    elif name in ("normal", "truncated_normal") and r.random() < 0.8:
        config["stddev"] = draw_number(r, dtype)
    if name == "truncated_normal" and r.random() < 0.7:
        bounds = sorted(r.choice([-1, 1]) * r.uniform(0, 5) for _ in range(2))
        config["lower"], config["upper"] = bounds
    if name in PRESETS + ["variance_scaling"]:
        shape = draw_shape(r, [2, 2, 3, 4, 5])
        if name == "variance_scaling":
            config = {"scale": abs(draw_number(r, dtype)), "mode": r.choice(["fan_in", "fan_out", "fan_avg", "fan_geo_avg"]),
                      "distribution": r.choice(["uniform", "normal", "truncated_normal"])}
        if r.random() < 0.5:
            config["in_axis"], config["out_axis"], config["batch_axis"] = draw_axes(r, len(shape))
    if name.endswith("orthogonal"):
        shape = [min(size, 40) for size in draw_shape(r, [2, 3, 4])]
        if name[0] == "d":
            shape = [r.randint(1, 5) for _ in range(r.randint(1, 3))] + sorted(r.randint(1, 30) for _ in range(2))
        if r.random() < 0.7:
            config["scale"] = r.choice([-1, 1]) * r.uniform(0.1, 3)
        if r.random() < 0.5:
            config["column_axis"] = r.choice([-1, -2] if name[0] == "d" else range(-len(shape), len(shape)))
    return name, config, shape


def draw_keras(r, dtype):
    """A class of keras.initializers, its arguments and a shape."""
    name = r.choices([name for name, _ in CLASSES], [weight for _, weight in CLASSES])[0]
    number = lambda: draw_number(r, dtype)
    shape = draw_shape(r, [0, 1, 2, 2, 3, 4])
    config = {}
    if name == "Identity":
        shape, config = [r.randint(1, 50), r.randint(1, 50)], {"gain": number()}
    elif name == "Orthogonal":
        shape, config = [min(size, 40) for size in draw_shape(r, [2, 3, 4])], {"gain": r.uniform(0.1, 3)}
    elif name == "Constant":
        config = {"value": number()}
    elif name == "RandomUniform":
        low, high = sorted([number(), number()])
        config = {"minval": low, "maxval": high}
    elif name in ("RandomNormal", "TruncatedNormal"):
        config = {"mean": number() if r.random() < 0.6 else 0.0, "stddev": number() if r.random() < 0.3 else abs(number())}
    elif name == "VarianceScaling":
        config = {"scale": abs(number()), "mode": r.choice(["fan_in", "fan_out", "fan_avg"]),
                  "distribution": r.choice(["uniform", "truncated_normal", "untruncated_normal", "normal"])}
    if name not in ("Zeros", "Ones", "Constant", "Identity", "Orthogonal", "RandomUniform", "RandomNormal", "TruncatedNormal"):
        if len(shape) >= 2 and r.random() < 0.4:
            axes = list(range(-len(shape), len(shape)))
            config["input_axes"], config["output_axes"] = r.sample(axes, r.randint(1, 2)), r.sample(axes, r.randint(1, 2))
    return name, config, shape


def draw_model(r):
    """Layers of a plain model: (kind, name, parameters)."""
    layers, features = [], r.randint(1, 40)
    for place in range(r.randint(1, 5)):
        kind = r.choice(["dense", "dense", "conv", "norm", "embed"])
        out = r.randint(1, 60)
        bias = r.random() < 0.8
        layers.append((kind, features, out, r.randint(1, 4), bias))
        features = features if kind == "norm" else out
    return layers


def draw_case(run_seed, index):
    r = random.Random(f"{run_seed}/{index}")
    kind = r.choices([kind for kind, _ in KINDS], [weight for _, weight in KINDS])[0]
    dtype = r.choice(DTYPES)
    seed = harness.draw_seed(r)
    if kind.startswith("flax"):
        return Case(index, kind, "model", {}, None, "float32", seed, None, None, draw_model(r))
    name, config, shape = draw_keras(r, dtype) if kind == "keras" else draw_function(r, dtype)
    if name.lower().endswith("orthogonal") and ITEM_SIZE[dtype] == 2:
        dtype = "float32"  # JAX has no QR in 16 bits
    count = math.prod(shape)
    part = harness.draw_slice(r, count, 4)
    if kind == "keras":
        seed = r.choice([r.randrange(100), r.randrange(2**32), 2**32 - 1])
        random_class = name not in ("Zeros", "Ones", "Constant", "Identity")
        written = {**config, **({"seed": seed} if random_class else {})}
        if random_class and r.random() < 0.2:
            written["seed"] = {"module": "keras.random", "class_name": "SeedGenerator",
                               "config": {"seed": seed, "name": "seed_generator"}, "registered_name": None}
        document = {"module": "keras.initializers", "class_name": name, "config": written, "registered_name": None}
        arguments = ["sample", json.dumps(document), "--dialect", "jax"]
    else:
        arguments = ["sample", json.dumps({"class_name": PREFIX + name, "config": config}) if config else PREFIX + name,
                     f"--seed={seed}"]
        if kind == "jax-original" or r.random() < 0.5:
            arguments += ["--dialect", kind]
    arguments += ["--shape", ",".join(map(str, shape)), "--dtype", dtype]
    if part:
        arguments += ["--slice", f"{part[0]}:{part[1]}"]
    return Case(index, kind, name, config, tuple(shape), dtype, seed, part, arguments, None)


# MARK: The frameworks

def framework_values(case):
    import jax
    import numpy as np
    with jax.enable_x64(case.dtype == "float64"), jax.threefry_partitionable(case.kind != "jax-original"):
        if case.kind == "keras":
            import keras
            config = dict(case.config)
            if case.name not in ("Zeros", "Ones", "Constant", "Identity"):
                config["seed"] = case.seed
            return np.asarray(getattr(keras.initializers, case.name)(**config)(case.shape, dtype=case.dtype))
        config = {key: tuple(value) if isinstance(value, list) and key != "value" else value for key, value in case.config.items()}
        if "value" in config:
            config["value"] = np.array(config["value"])
            if config["value"].ndim == 0: config["value"] = float(config["value"])
        function = getattr(jax.nn.initializers, case.name)
        if case.name not in ("zeros", "ones"):
            function = function(**config)
        return np.asarray(function(jax.random.key(case.seed), case.shape, case.dtype))


def normal_matrix(case, rows, columns):
    import jax
    import numpy as np
    shape = (max(rows, columns), min(rows, columns))
    with jax.enable_x64(case.dtype == "float64"), jax.threefry_partitionable(case.kind != "jax-original"):
        key = jax.random.key(case.seed)
        if case.kind == "keras":
            key = jax.random.wrap_key_data(np.array([case.seed, 0], np.uint32))
        return np.asarray(jax.random.normal(key, shape, case.dtype)).astype(np.float64)


def linen_values(case):
    import flax.linen as nn
    import jax
    import jax.numpy as jnp
    import numpy as np
    class Model(nn.Module):
        @nn.compact
        def __call__(self, x):
            for kind, features, out, width, bias in case.model:
                if kind == "dense":
                    nn.Dense(out, use_bias=bias)(jnp.zeros((1, features)))
                elif kind == "conv":
                    nn.Conv(out, (width, width), use_bias=bias)(jnp.zeros((1, 8, 8, features)))
                elif kind == "norm":
                    nn.BatchNorm(use_running_average=True, use_bias=bias)(jnp.zeros((1, features)))
                else:
                    nn.Embed(out, features)(jnp.zeros((1,), int))
            return x

    variables = Model().init(jax.random.key(case.seed), jnp.zeros(()))
    flat = {}
    for collection, tree in variables.items():
        for module, leaves in tree.items():
            for leaf, value in leaves.items():
                flat[f"{collection}/{module}/{leaf}"] = np.asarray(value)
    return flat


def nnx_values(case):
    import numpy as np
    from flax import nnx
    rngs, flat = nnx.Rngs(case.seed), {}
    for place, (kind, features, out, width, bias) in enumerate(case.model):
        if kind == "dense":
            layer = nnx.Linear(features, out, use_bias=bias, rngs=rngs)
        elif kind == "conv":
            layer = nnx.Conv(features, out, (width, width), use_bias=bias, rngs=rngs)
        elif kind == "norm":
            layer = nnx.BatchNorm(features, use_bias=bias, rngs=rngs)
        else:
            layer = nnx.Embed(out, features, rngs=rngs)
        for leaf in ("kernel", "embedding", "scale", "bias", "mean", "var"):
            value = getattr(layer, leaf, None)
            if value is not None and getattr(value, "get_value", lambda: None)() is not None:
                flat[f"layers.{place}.{leaf}"] = np.asarray(value.get_value())
    return flat


def manifest(case):
    """The model as a graph: every variable with the initializer that the layer has by default."""
    numbers, variables = collections.Counter(), []
    for place, (kind, features, out, width, bias) in enumerate(case.model):
        layer = {"dense": "Dense", "conv": "Conv", "norm": "BatchNorm", "embed": "Embed"}[kind]
        module = f"{layer}_{numbers[layer]}" if case.kind == "flax-linen" else f"layers.{place}"
        numbers[layer] += 1
        rows = {"dense": [("kernel", [features, out], "lecun_normal")],
                "conv": [("kernel", [width, width, features, out], "lecun_normal")],
                "norm": [("scale", [features], "ones")],
                "embed": [("embedding", [out, features], "embed")]}[kind]
        if bias and kind != "embed":
            rows.append(("bias", [features if kind == "norm" else out], "zeros"))
        statistics = [("mean", [features], "zeros"), ("var", [features], "ones")] if kind == "norm" else []
        for leaf, shape, initializer in rows + statistics:
            is_parameter = (leaf, shape, initializer) in rows
            if case.kind == "flax-linen":
                name = f"{'params' if is_parameter else 'batch_stats'}/{module}/{leaf}"
            else:
                name = f"{module}.{leaf}"
            if initializer == "embed":
                config = {"scale": 1.0, "mode": "fan_in", "distribution": "normal", "out_axis": 0}
                initializer = {"class_name": PREFIX + "variance_scaling", "config": config}
            else:
                initializer = PREFIX + initializer
            variable = {"name": name, "shape": shape, "initializer": initializer}
            if not is_parameter:
                variable["kind"] = "batch_stats"
            variables.append(variable)
    return {"format": "nascent.graph/1", "seed": case.seed, "dialect": case.kind, "variables": variables}


# MARK: Comparing

def compare(case):
    return (compare_model if case.model else compare_sample)(case)


def compare_sample(case):
    import numpy as np
    key, count, shown = case.summary()
    shape, raw = harness.sample(case.index, case.arguments)
    expected = framework_values(case)
    if case.slice: expected = expected.reshape(-1)[case.slice[0]:case.slice[1]]
    if shape != expected.shape:
        raise ValueError(f"shape {shape}, {expected.shape} expected")
    if case.name.lower().endswith("orthogonal"):
        differing, failure = compare_orthogonal(case, np.frombuffer(raw, expected.dtype).reshape(shape), expected)
    else:
        differing, failure = harness.compare_bytes(raw, np.ascontiguousarray(expected).tobytes(), case.dtype)
    return harness.Outcome(case.index, key, count, differing, failure, shown)


def compare_orthogonal(case, found, expected):
    import numpy as np
    is_delta = case.name == "delta_orthogonal"
    sizes = case.shape[-2:] if is_delta else case.shape
    axis = case.config.get("column_axis", -1)
    columns = sizes[axis]
    rows = math.prod(sizes) // columns
    whole = None
    if not case.slice and not is_delta:
        whole = harness.tall(np.moveaxis(found, axis, -1).reshape(rows, columns))
    gain = case.config.get("gain", case.config.get("scale", 1.0))
    return harness.compare_orthogonal(found, expected, normal_matrix(case, rows, columns), gain, case.dtype, whole)


def compare_model(case):
    key, _, shown = case.summary()
    expected = (linen_values if case.kind == "flax-linen" else nnx_values)(case)
    graph, store = harness.temporary(case.index, "json"), harness.temporary(case.index, "db")
    with open(graph, "w") as file:
        json.dump(manifest(case), file)
    report = json.loads(harness.nascent("materialize", graph, "--store", store, "--json"))
    found = {variable["name"]: variable["sha256"] for variable in report["variables"]}
    digests = {name: hashlib.sha256(value.tobytes()).hexdigest() for name, value in expected.items()}
    elements = sum(value.size for value in expected.values())
    wrong = sorted(name for name in digests.keys() | found.keys() if digests.get(name) != found.get(name))
    differing = sum(expected[name].size if name in expected else 1 for name in wrong)
    for path in (graph, store):
        if os.path.exists(path): os.remove(path)
    return harness.Outcome(case.index, key, elements, differing, ", ".join(wrong) or None, shown)


def prepare():
    os.environ["KERAS_BACKEND"] = "jax"
    os.environ["JAX_PLATFORMS"] = "cpu"


if __name__ == "__main__":
    sys.exit(harness.run("JAX, Keras on JAX, and Flax, byte for byte", draw_case, compare, ("kind", "name", "dtype"),
                         ("numpy", "jax", "keras", "flax"), cases=500, prepare=prepare))
