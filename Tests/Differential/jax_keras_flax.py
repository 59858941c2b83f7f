"""Compares `nascent` with JAX, Keras 3 on JAX, and Flax on random cases, byte for byte.

    python -m venv venv && venv/bin/pip install -r requirements-jax.txt
    swift build -c release --product nascent
    venv/bin/python Tests/Differential/jax_keras_flax.py [--nascent PATH] [--cases N] [--seed S]

Prints one line a kind: what, dtype, cases, elements, differing elements; then a total. A case that differs (or that
the command refuses) is printed with the command that shows it, and the exit code is 1. The cases follow from --seed
and their number alone; --case I runs case I only.

Kinds: `jax` (jax.nn.initializers), `jax-original` (the same with jax_threefry_partitionable off), `keras`
(keras.initializers on the JAX backend), `flax-nnx` and `flax-linen` (whole models, by the digests of their variables).
float64 is compared with 64-bit types enabled, everything else without. XLA's bits depend on the CPU: x86-64 with AVX2
and FMA, without AVX512-FP16.
"""
import argparse
import ast
import collections
import concurrent.futures
import hashlib
import json
import math
import multiprocessing
import os
import random
import shlex
import struct
import subprocess
import sys
import tempfile

ITEM_SIZE = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}
DTYPES = ["float32", "float32", "float16", "bfloat16", "float64"]  # float32 twice: it is the default
MAXIMUM_ELEMENTS = 100_000
MAXIMUM_PRINTED = 20
KINDS = [("jax", 10), ("jax-original", 3), ("keras", 8), ("flax-nnx", 2), ("flax-linen", 2)]
PREFIX = "jax.nn.initializers."
PRESETS = ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal",
           "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal"]
FUNCTIONS = [("constant", 3), ("zeros", 1), ("ones", 1), ("uniform", 5), ("normal", 5), ("truncated_normal", 6),
             ("variance_scaling", 10), ("presets", 8), ("orthogonal", 3), ("delta_orthogonal", 2)]
CLASSES = [("Zeros", 1), ("Ones", 1), ("Constant", 2), ("Identity", 2), ("Orthogonal", 3), ("RandomUniform", 6),
           ("RandomNormal", 6), ("TruncatedNormal", 6), ("VarianceScaling", 8), ("GlorotUniform", 2), ("GlorotNormal", 2),
           ("HeUniform", 2), ("HeNormal", 2), ("LecunUniform", 2), ("LecunNormal", 2)]

# A case. `arguments` are those of `nascent`, without its output; `model` is a list of layers for the Flax kinds.
Case = collections.namedtuple("Case", "index kind name config shape dtype seed slice arguments model")
Outcome = collections.namedtuple("Outcome", "case elements differing failure")


# MARK: Drawing cases

def draw_number(r, dtype):
    """A finite parameter that is not zero."""
    kind = r.random()
    if kind < 0.15:
        return float(r.choice([-1, 1]) * r.randint(1, 40))
    if kind < 0.45 and dtype in ("float16", "bfloat16"):
        # Near the middle of two neighbouring halves, nearer than float32 can tell: one rounding or two matter.
        bits = 10 if dtype == "float16" else 7
        middle = 1 + (2 * r.randrange(2**bits) + 1) * 2.0 ** -(bits + 1)
        return r.choice([-1, 1]) * middle * (1 + r.choice([-1, 0, 1]) * 2.0 ** -r.randint(24, 45)) * 2.0 ** r.randint(-8, 4)
    if kind < 0.5:
        # Small enough that products are subnormal, which XLA sets to zero.
        return r.choice([-1, 1]) * 10 ** r.uniform(*{"float16": (-8, -4), "float64": (-312, -290)}.get(dtype, (-42, -30)))
    return r.choice([-1, 1]) * 10 ** r.uniform(-3, 1.5)


def draw_shape(r, ranks):
    rank = r.choice(ranks)
    total = r.uniform(0, math.log(MAXIMUM_ELEMENTS))
    cuts = sorted(r.uniform(0, total) for _ in range(max(rank - 1, 0)))
    ends = cuts + [total] if rank else []
    shape = [max(1, int(math.exp(end - start))) for start, end in zip([0.0] + cuts, ends)]
    r.shuffle(shape)
    return shape


def draw_seed(r):
    return r.choice([
        lambda: r.randint(0, 99), lambda: r.randint(-99, -1), lambda: r.randrange(2**31),
        lambda: r.choice([0, -1, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**40, -2**31, 2**63 - 1, -2**63]),
        lambda: r.randrange(-2**63, 2**63)])()


def draw_slice(r, count):
    if r.random() >= 1 / 3:
        return None
    ends = [r.choice([0, count, r.randint(0, count), r.randint(0, count)]) for _ in range(2)]
    return min(ends), max(ends)


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
    seed = draw_seed(r)
    if kind.startswith("flax"):
        return Case(index, kind, "model", {}, None, "float32", seed, None, None, draw_model(r))
    name, config, shape = draw_keras(r, dtype) if kind == "keras" else draw_function(r, dtype)
    if name.lower().endswith("orthogonal") and ITEM_SIZE[dtype] == 2:
        dtype = "float32"  # JAX has no QR in 16 bits
    count = math.prod(shape)
    part = draw_slice(r, count)
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


# MARK: The command

def run_nascent(program, arguments):
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise ValueError(f"exit code {done.returncode}: {(done.stderr or done.stdout).strip()[:400]}")
    return done.stdout


def read_npy(path):
    """The shape and the raw bytes; `descr` is the caller's to ignore (bfloat16 has none of NumPy's own)."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:6] != b"\x93NUMPY":
        raise ValueError("no .npy magic")
    width = 2 if data[6] == 1 else 4
    length = struct.unpack_from("<H" if width == 2 else "<I", data, 8)[0]
    header = ast.literal_eval(data[8 + width:8 + width + length].decode("utf-8"))
    return header["shape"], data[8 + width + length:]


# MARK: Comparing

def compare_sample(program, folder, case):
    import numpy as np
    output = os.path.join(folder, f"{case.index}.npy")
    run_nascent(program, [*case.arguments, "--output", output])
    shape, raw = read_npy(output)
    os.remove(output)
    whole = framework_values(case)
    expected = whole.reshape(-1)[case.slice[0]:case.slice[1]] if case.slice else whole
    if tuple(shape) != expected.shape:
        return Outcome(case, expected.size, max(expected.size, 1), f"shape {tuple(shape)}, {expected.shape} expected")
    if case.name.lower().endswith("orthogonal"):
        return compare_orthogonal(case, np.frombuffer(raw, expected.dtype).reshape(expected.shape), expected)
    bits = np.dtype(f"<u{ITEM_SIZE[case.dtype]}")
    a, b = np.frombuffer(raw, bits), np.frombuffer(np.ascontiguousarray(expected).tobytes(), bits)
    places = np.flatnonzero(a != b)
    if places.size == 0:
        return Outcome(case, expected.size, 0, None)
    i = int(places[0])
    value = np.frombuffer(raw, expected.dtype)[i]
    return Outcome(case, expected.size, int(places.size), f"{places.size} of {expected.size}, first at {i}: {value} "
                   f"({a[i]:#x}), framework {expected.reshape(-1)[i]} ({b[i]:#x})")


def compare_orthogonal(case, actual, expected):
    """Orthogonal matrices, up to the order of summation inside the QR: see tensorflow.py for the bound.

    |Q - Q_JAX| <= 2 m eps (1 + sqrt(2) k) |gain|, m rows, eps of the dtype, k the condition number of the normal matrix.
    """
    import numpy as np
    matrix_shape = case.shape[-2:] if case.name == "delta_orthogonal" else case.shape
    columns = matrix_shape[case.config.get("column_axis", -1)]
    rows = math.prod(matrix_shape) // columns
    condition = np.linalg.cond(normal_matrix(case, rows, columns))
    gain = abs(case.config.get("gain", case.config.get("scale", 1.0)))
    limit = 2 * max(rows, columns) * float(np.finfo(case.dtype).eps) * (1 + math.sqrt(2) * condition) * gain
    error = np.abs(actual.astype(np.float64) - expected.astype(np.float64))
    bad = int(np.count_nonzero(~(error <= limit)))
    return Outcome(case, expected.size, bad, f"off by {error.max():.3g}, allowed {limit:.3g}" if bad else None)


def compare_model(program, folder, case):
    expected = (linen_values if case.kind == "flax-linen" else nnx_values)(case)
    graph, store = (os.path.join(folder, f"{case.index}.{end}") for end in ("json", "db"))
    document = manifest(case)
    with open(graph, "w") as file:
        json.dump(document, file)
    report = json.loads(run_nascent(program, ["materialize", graph, "--store", store, "--json"]))
    found = {variable["name"]: variable["sha256"] for variable in report["variables"]}
    digests = {name: hashlib.sha256(value.tobytes()).hexdigest() for name, value in expected.items()}
    elements = sum(value.size for value in expected.values())
    wrong = sorted(name for name in digests.keys() | found.keys() if digests.get(name) != found.get(name))
    differing = sum(expected[name].size if name in expected else 1 for name in wrong)
    failure = f"{', '.join(wrong)} in {json.dumps(document)}" if wrong else None
    for path in (graph, store):
        if os.path.exists(path): os.remove(path)
    return Outcome(case, elements, differing, failure)


# MARK: Running

def start_worker(program, folder):
    global PROGRAM, OUTPUTS
    PROGRAM, OUTPUTS = program, folder
    os.environ["KERAS_BACKEND"] = "jax"
    os.environ["JAX_PLATFORMS"] = "cpu"


def run_case(case):
    try:
        compare = compare_model if case.kind.startswith("flax") else compare_sample
        return Outcome(*compare(PROGRAM, OUTPUTS, case))
    except Exception as error:
        count = max(math.prod(case.shape or ()), 1)
        return Outcome(case, count, count, f"{type(error).__name__}: {error}")


def main():
    parser = argparse.ArgumentParser(description="Compares `nascent` with JAX, Keras on JAX, and Flax, byte for byte.")
    parser.add_argument("--nascent", default=".build/release/nascent", help="the command (default: %(default)s)")
    parser.add_argument("--cases", type=int, default=3000, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the cases' draw (default: %(default)s)")
    parser.add_argument("--case", type=int, help="only this one")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: %(default)s)")
    options = parser.parse_args()
    program = os.path.abspath(options.nascent)
    if not os.access(program, os.X_OK):
        parser.error(f"{options.nascent} is no program; build it (swift build -c release --product nascent) or name it by --nascent")
    indices = range(options.cases) if options.case is None else [options.case]
    cases = [draw_case(options.seed, index) for index in indices]

    kinds = collections.defaultdict(lambda: [0, 0, 0])
    failures = []
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="nascent-differential-") as folder, concurrent.futures.ProcessPoolExecutor(
        options.jobs, context, start_worker, (program, folder)
    ) as pool:
        for done, outcome in enumerate(pool.map(run_case, cases, chunksize=8), 1):
            counts = kinds[outcome.case.kind, outcome.case.name, outcome.case.dtype]
            counts[0] += 1
            counts[1] += outcome.elements
            counts[2] += outcome.differing
            if outcome.failure:
                failures.append(outcome)
            if sys.stderr.isatty():
                print(f"\r{done} of {len(cases)}", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)

    line = "{:<13} {:<17} {:<9} {:>7} {:>12} {:>10}".format
    print(line("kind", "name", "dtype", "cases", "elements", "differing"))
    for key, counts in sorted(kinds.items()):
        print(line(*key, *counts))
    for outcome in failures[:MAXIMUM_PRINTED]:
        case = outcome.case
        shown = shlex.join([options.nascent, *case.arguments, "--output", "case.npy"]) if case.arguments else ""
        print(f"\ncase {case.index}: {outcome.failure}\n  {shown}\n  {case.kind} {case.name}(**{case.config!r}) seed {case.seed} "
              f"{case.shape!r} {case.dtype!r}")
    if len(failures) > MAXIMUM_PRINTED:
        print(f"\n… and {len(failures) - MAXIMUM_PRINTED} more cases")
    totals = [sum(counts[i] for counts in kinds.values()) for i in range(3)]
    print(line("total", f"{len(failures)} bad", "", *totals))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
