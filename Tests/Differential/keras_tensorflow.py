"""Compares `nascent sample` with TensorFlow's init_ops_v2 on random cases, byte for byte.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    swift build -c release --product nascent
    venv/bin/python Tests/Differential/keras_tensorflow.py [--nascent PATH] [--cases N] [--seed S]

Prints one line a kind: class, dtype, cases, elements, differing elements; then a total. A case that differs
(or that the command refuses) is printed with the command that shows it, and the exit code is 1.
The cases follow from --seed and their number alone; --case I runs case I only.

Kept out of the cases, because TensorFlow's answer is no function of the call:
- parameters of -0.0: eager TensorFlow caches scalars by Python equality, so that 0.0 and -0.0 give whichever came first;
- subnormal float32, bfloat16 and float64 results: TensorFlow's threads flush them to zero;
- infinite bounds, whose NaNs have a sign that depends on the CPU.
"""
import collections
import json
import math
import os
import random
import sys

import harness
from harness import DTYPES, ITEM_SIZE, draw_number

MAXIMUM_ELEMENTS = 200_000

# Keras class name, identifiers of it, name in init_ops_v2, weight in the draw.
CLASSES = [
    ("Zeros", ["zeros", "zero"], "Zeros", 1),
    ("Ones", ["ones", "one"], "Ones", 1),
    ("Constant", [], "Constant", 4),
    ("Identity", ["identity"], "Identity", 2),
    ("Orthogonal", ["orthogonal"], "Orthogonal", 3),
    ("RandomUniform", ["random_uniform", "uniform"], "RandomUniform", 6),
    ("RandomNormal", ["random_normal", "normal"], "RandomNormal", 6),
    ("TruncatedNormal", ["truncated_normal"], "TruncatedNormal", 6),
    ("VarianceScaling", ["variance_scaling"], "VarianceScaling", 8),
    ("GlorotUniform", ["glorot_uniform"], "GlorotUniform", 2),
    ("GlorotNormal", ["glorot_normal"], "GlorotNormal", 2),
    ("HeUniform", ["he_uniform"], "he_uniform", 2),
    ("HeNormal", ["he_normal"], "he_normal", 2),
    ("LecunUniform", ["lecun_uniform"], "lecun_uniform", 2),
    ("LecunNormal", ["lecun_normal"], "lecun_normal", 2),
]
SEEDLESS = {"Zeros", "Ones", "Constant", "Identity"}
FUNCTION = {name: function for name, _, function, _ in CLASSES}


class Case(collections.namedtuple("Case", "index name config shape dtype slice arguments")):
    """`arguments` are those of `nascent sample`, without --output; `slice` is (A, B) or None."""

    def summary(self):
        count = self.slice[1] - self.slice[0] if self.slice else math.prod(self.shape)
        call = f"init_ops_v2.{FUNCTION[self.name]}(**{self.config!r})({self.shape!r}, {self.dtype!r})"
        return (self.name, self.dtype), count, f"{harness.sample_command(self.arguments)}\n  {call}"


# MARK: Drawing cases

def draw_shape(r, name):
    if name in ("Identity", "Orthogonal"):
        limit = 300 if name == "Identity" else 150
        shape = [int(math.exp(r.uniform(0, math.log(limit)))) for _ in range(2)]
        if name == "Orthogonal" and r.random() < 0.3:
            shape = [r.randint(1, 3) for _ in range(r.randint(1, 3))] + [min(d, 40) for d in shape]
    else:
        shape = harness.draw_sizes(r, r.choice([0, 1, 1, 2, 2, 2, 3, 4, 5]), MAXIMUM_ELEMENTS)
    if shape and r.random() < 0.02:
        shape[r.randrange(len(shape))] = 0
    return tuple(shape)


def draw_config(r, name, dtype, count):
    number = lambda: draw_number(r, dtype)
    if name == "Constant":
        kind = r.random()
        if 1 <= count <= 300 and kind < 0.5:
            return {"value": [number() for _ in range(count)]}
        return {"value": [number()] if kind > 0.95 else number()}
    if name in ("Identity", "Orthogonal"):
        return {"gain": number()} if r.random() < 0.8 else {}
    if r.random() < 0.15:
        return {}
    if name == "RandomUniform":
        low, high = number(), number()
        if r.random() < 0.05: high = low
        elif r.random() < 0.9 and low > high: low, high = high, low
        return {"minval": low, "maxval": high}
    if name in ("RandomNormal", "TruncatedNormal"):
        return {"mean": number() if r.random() < 0.6 else 0.0, "stddev": number() if r.random() < 0.3 else abs(number())}
    if name == "VarianceScaling":
        return {"scale": abs(number()), "mode": r.choice(["fan_in", "fan_out", "fan_avg"]),
                "distribution": r.choice(["uniform", "truncated_normal", "untruncated_normal", "normal", "Uniform"])}
    return {}


def draw_case(run_seed, index):
    r = random.Random(f"{run_seed}/{index}")
    name, identifiers, _, _ = r.choices(CLASSES, [weight for *_, weight in CLASSES])[0]
    dtype = r.choice(DTYPES)
    if name == "Orthogonal" and ITEM_SIZE[dtype] == 2:
        dtype = r.choice(["float32", "float64"])  # TensorFlow has no QR in bfloat16, and one of few digits in float16
    shape = draw_shape(r, name)
    count = math.prod(shape)
    config = draw_config(r, name, dtype, count)
    part = harness.draw_slice(r, count, 4)  # the size of a Philox block and of a rejection group
    arguments = []
    if name not in SEEDLESS:
        seed = harness.draw_seed(r)
        if config == {} or r.random() < 0.5:
            arguments += r.choice([["--seed", str(seed)], [f"--seed={seed}"]])
            initializer_config = dict(config)
        else:
            initializer_config = {**config, "seed": seed}
        config = {**config, "seed": seed}
    else:
        initializer_config = dict(config)
    if initializer_config == {} and identifiers and r.random() < 0.6:
        initializer = r.choice(identifiers + [name])
    else:
        document = {"class_name": name, "config": initializer_config}
        if r.random() < 0.3:  # as keras.initializers.serialize writes it
            document = {"module": "keras.initializers", **document, "registered_name": None}
        initializer = json.dumps(document)
    if dtype != "float32" or r.random() < 0.5:
        arguments += ["--dtype", dtype]
    if part:
        arguments += ["--slice", f"{part[0]}:{part[1]}"]
    arguments = ["sample", initializer, "--shape", ",".join(map(str, shape))] + arguments
    return Case(index, name, config, shape, dtype, part, arguments)


# MARK: Comparing

def tensorflow_values(case):
    from tensorflow.python.ops import init_ops_v2
    return getattr(init_ops_v2, FUNCTION[case.name])(**case.config)(case.shape, case.dtype).numpy()


def compare(case):
    import numpy as np
    key, count, shown = case.summary()
    shape, raw = harness.sample(case.index, case.arguments)
    expected = tensorflow_values(case)
    if case.slice:
        expected = expected.reshape(-1)[case.slice[0]:case.slice[1]]
    if shape != expected.shape:
        raise ValueError(f"shape {shape}, TensorFlow's is {expected.shape}")
    if case.name == "Orthogonal":
        differing, failure = compare_orthogonal(case, np.frombuffer(raw, expected.dtype).reshape(shape), expected)
    else:
        differing, failure = harness.compare_bytes(raw, np.ascontiguousarray(expected).tobytes(), case.dtype)
    return harness.Outcome(case.index, key, count, differing, failure, shown)


def compare_orthogonal(case, found, expected):
    from tensorflow.python.ops import init_ops_v2
    rows, columns = math.prod(case.shape[:-1]), case.shape[-1]
    if rows * columns == 0: return 0, None
    shape = max(rows, columns), min(rows, columns)
    normals = init_ops_v2.RandomNormal(0.0, 1.0, seed=case.config["seed"])(shape, case.dtype).numpy()
    whole = None if case.slice else harness.tall(found.reshape(rows, columns))
    return harness.compare_orthogonal(found, expected, normals, case.config.get("gain", 1.0), case.dtype, whole)


def prepare():
    # The libraries greet on standard error while they load.
    errors, silence = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    try:
        import tensorflow as tf
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.zeros([1])
    finally:
        os.dup2(errors, 2)


if __name__ == "__main__":
    sys.exit(harness.run("TensorFlow's initializers, byte for byte", draw_case, compare, ("class", "dtype"),
                         ("numpy", "tensorflow"), prepare=prepare))
