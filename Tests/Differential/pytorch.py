"""Compares `nascent` with the real PyTorch and with Keras on PyTorch on random cases, byte for byte.

    python -m venv venv && venv/bin/pip install -r requirements-pytorch.txt
    swift build -c release --product nascent
    venv/bin/python Tests/Differential/pytorch.py [--nascent PATH] [--cases N] [--seed S]

Three kinds of cases:
- torch: one function of torch.nn.init after torch.manual_seed, against `nascent sample torch.nn.init.…`;
- keras: one class of keras.initializers on the PyTorch backend, against `nascent sample … --dialect pytorch`;
- stream: a manifest of several variables without seeds of their own in the dialect pytorch, against the same
  functions called one after another after one torch.manual_seed: every variable's SHA-256.

Prints one line a kind: name, dtype, cases, elements, differing elements; then a total. A case that differs (or that
the command refuses) is printed with the command that shows it, and the exit code is 1. The cases follow from --seed
and their number alone; --case I runs case I only.

Needs a CPU with AVX2 and FMA: PyTorch's normals have other bits without.
"""
import os
import sys

# Keep the scripts beside this one out of the search path.
FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [path for path in sys.path if os.path.abspath(path) != FOLDER]
os.environ["KERAS_BACKEND"] = "torch"

import argparse
import ast
import collections
import concurrent.futures
import hashlib
import importlib.util
import json
import math
import multiprocessing
import random
import shlex
import struct
import subprocess
import tempfile

ITEM_SIZE = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "int32": 4}
DTYPES = ["float32", "float32", "float16", "bfloat16", "float64"]  # float32 twice: it is the default
MAXIMUM_ELEMENTS = 200_000
MAXIMUM_PRINTED = 20

TORCH = {"uniform_": 6, "normal_": 8, "trunc_normal_": 8, "constant_": 2, "ones_": 1, "zeros_": 1, "eye_": 1, "dirac_": 2,
         "xavier_uniform_": 3, "xavier_normal_": 3, "kaiming_uniform_": 6, "kaiming_normal_": 6, "orthogonal_": 3, "sparse_": 3}
KERAS = {"Zeros": 1, "Ones": 1, "Constant": 2, "Identity": 2, "RandomUniform": 6, "RandomNormal": 5, "TruncatedNormal": 6,
         "VarianceScaling": 8, "GlorotUniform": 2, "GlorotNormal": 2, "HeUniform": 2, "HeNormal": 2, "LecunUniform": 2,
         "LecunNormal": 2, "Orthogonal": 3}
SEEDLESS = {"constant_", "ones_", "zeros_", "eye_", "dirac_", "Zeros", "Ones", "Constant", "Identity"}
NONLINEARITIES = ["linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
                  "sigmoid", "tanh", "relu", "leaky_relu", "leaky_relu", "selu"]

# One call of a function: name, keyword arguments, shape, dtype.
Call = collections.namedtuple("Call", "name config shape dtype")
# `calls` is one call, or those of a stream; `slice` is (A, B) or None.
Case = collections.namedtuple("Case", "index kind calls seed slice arguments")
# What came of it. `failure` is text for people, or None.
Outcome = collections.namedtuple("Outcome", "case elements differing failure")


# MARK: Drawing cases

def draw_number(r, dtype):
    """A finite parameter of moderate size that is not zero."""
    kind = r.random()
    if kind < 0.2:
        return r.choice([-1, 1]) * r.randint(1, 40)  # an integer in JSON and in Python
    if kind < 0.45 and dtype in ("float16", "bfloat16"):
        # Near the middle of two neighbouring halves, nearer than float32 can tell.
        bits = 10 if dtype == "float16" else 7
        middle = 1 + (2 * r.randrange(2**bits) + 1) * 2.0 ** -(bits + 1)
        return r.choice([-1, 1]) * (middle + r.choice([-1, 1]) * 2.0**-40) * 2.0 ** r.randint(-6, 6)
    if kind < 0.6:
        return round(r.uniform(-2, 2), 2) or 0.25
    return r.choice([-1, 1]) * 10 ** r.uniform(-3, 2.5)


def draw_shape(r, name, maximum):
    if name in ("eye_", "sparse_", "Identity", "orthogonal_", "Orthogonal"):
        limit = 150 if "rthogonal" in name else 300
        shape = [int(math.exp(r.uniform(0, math.log(limit)))) for _ in range(2)]
        if "rthogonal" in name and r.random() < 0.3:
            inner = [r.randint(1, 3) for _ in range(r.randint(1, 3))]
            shape = [min(d, 40) for d in shape]
            shape = shape + inner if name == "orthogonal_" else inner + shape
        return shape
    ranks = [0, 1, 1, 2, 2, 2, 3, 4, 5]
    if name == "dirac_": ranks = [3, 4, 5]
    if name[:7] in ("xavier_", "kaiming"): ranks = [2, 2, 3, 4, 5]
    rank = r.choice(ranks)
    # A third of the tensors are short: PyTorch fills fewer than 16 elements otherwise, and the last 16 twice.
    limit = 40 if r.random() < 1 / 3 else maximum
    total = r.uniform(0, math.log(limit))
    cuts = sorted(r.uniform(0, total) for _ in range(max(rank - 1, 0)))
    ends = cuts + [total] if rank else []
    shape = [max(1, int(math.exp(end - start))) for start, end in zip([0.0] + cuts, ends)]
    r.shuffle(shape)
    # PyTorch refuses the Dirac function and Xavier without elements.
    if shape and r.random() < 0.02 and name not in ("dirac_", "xavier_uniform_", "xavier_normal_"):
        shape[r.randrange(len(shape))] = 0
    return shape


def draw_truncation(r, dtype):
    """Mean, deviation and bounds: bounds that keep all, most or little of the normal."""
    mean, std = (draw_number(r, dtype) if r.random() < 0.6 else 0.0), abs(draw_number(r, dtype))
    kind = r.random()
    if kind < 0.2:
        return {"std": r.choice([0.02, 0.01, 0.1])}
    if kind < 0.35:
        a, b = -r.uniform(9, 40), r.uniform(9, 40)
    elif kind < 0.75:
        a, b = -r.uniform(0.5, 3), r.uniform(0.5, 3)
    else:
        a = r.uniform(-3, 3)
        b = a + r.uniform(0.05, 0.7)
    a, b = mean + a * std, mean + b * std
    if r.random() < 0.3: return {"a": mean - std, "b": mean + std, "mean": mean, "std": std}
    return {"mean": mean, "std": std, "a": a, "b": b}


def draw_torch_config(r, name, dtype, shape):
    number = lambda: draw_number(r, dtype)
    if name in ("ones_", "zeros_", "eye_"): return {}
    if name == "constant_": return {"val": number()}
    if name == "dirac_":
        return {"groups": r.choice([g for g in range(1, shape[0] + 1) if shape[0] % g == 0])} if r.random() < 0.6 else {}
    if name == "sparse_":
        config = {"sparsity": r.choice([0.0, 1.0, 0.1, 0.5, r.random(), r.random()])}
        return {**config, "std": abs(number())} if r.random() < 0.5 else config
    if r.random() < 0.15: return {}
    if name == "uniform_":
        low, high = sorted([number(), number()])
        return {"a": low, "b": high if r.random() < 0.95 else low}
    if name == "normal_": return {"mean": number() if r.random() < 0.6 else 0.0, "std": abs(number())}
    if name == "trunc_normal_": return draw_truncation(r, dtype)
    if name[:7] == "xavier_": return {"gain": abs(number())}
    if name == "orthogonal_": return {"gain": number()}
    config = {"nonlinearity": r.choice(NONLINEARITIES), "mode": r.choice(["fan_in", "fan_out"])}
    if r.random() < 0.6: config["a"] = r.choice([math.sqrt(5), 0.01, 0, number()])
    return config


def draw_keras_config(r, name, dtype, count):
    number = lambda: draw_number(r, dtype)
    if name == "Constant": return {"value": number()}
    if name in ("Identity", "Orthogonal"): return {"gain": number()} if r.random() < 0.8 else {}
    if r.random() < 0.15: return {}
    if name == "RandomUniform":
        low, high = sorted([number(), number()])
        return {"minval": low, "maxval": high}
    if name in ("RandomNormal", "TruncatedNormal"):
        return {"mean": number() if r.random() < 0.6 else 0.0, "stddev": abs(number())}
    if name == "VarianceScaling":
        return {"scale": abs(number()), "mode": r.choice(["fan_in", "fan_out", "fan_avg"]),
                "distribution": r.choice(["uniform", "truncated_normal", "untruncated_normal"])}
    return {}


def draw_seed(r):
    return r.choice([
        lambda: r.randint(0, 99), lambda: r.randint(-99, -1), lambda: r.randrange(2**31),
        lambda: r.choice([0, -1, 2**31 - 1, 2**31, 2**32, 2**40, -2**31, 2**63 - 1, -2**63]),
        lambda: r.randrange(-2**63, 2**63),
    ])()


def draw_slice(r, count):
    """A third of the cases; ends lie near multiples of a block of 16 and near the last 16 as often as not."""
    if r.random() >= 1 / 3: return None
    ends = []
    for _ in range(2):
        end = r.randint(0, count)
        kind = r.random()
        if kind < 0.2: end = r.choice([0, count])
        elif kind < 0.4: end = min(count, end // 16 * 16 + r.randint(0, 1))
        elif kind < 0.6: end = max(0, count - 16 + r.randint(-1, 1))
        ends.append(min(end, count))
    return min(ends), max(ends)


def draw_call(r, kind, maximum=MAXIMUM_ELEMENTS):
    table = KERAS if kind == "keras" else TORCH
    name = r.choices(list(table), list(table.values()))[0]
    dtype = r.choice(DTYPES)
    if "rthogonal" in name: dtype = r.choice(["float32", "float64"])  # PyTorch has no QR in 16 bits
    if name in ("ones_", "zeros_", "eye_") and r.random() < 0.2: dtype = "int32"
    shape = draw_shape(r, name, maximum)
    config = (draw_keras_config(r, name, dtype, math.prod(shape)) if kind == "keras"
              else draw_torch_config(r, name, dtype, shape))
    return Call(name, config, tuple(shape), dtype)


def draw_case(run_seed, index):
    r = random.Random(f"{run_seed}/{index}")
    kind = r.choices(["torch", "keras", "stream"], [5, 3, 2])[0]
    seed = draw_seed(r)
    if kind == "stream":
        calls = [draw_call(r, kind, 20_000) for _ in range(r.randint(2, 12))]
        return Case(index, kind, calls, seed, None, None)
    call = draw_call(r, kind)
    part = draw_slice(r, math.prod(call.shape))
    config, arguments = dict(call.config), []
    if call.name not in SEEDLESS:
        if r.random() < 0.5: config["seed"] = seed
        else: arguments += [f"--seed={seed}"]
    name = call.name if kind == "keras" else "torch.nn.init." + call.name
    if kind == "keras": arguments += ["--dialect", "pytorch"]
    if call.dtype != "float32" or r.random() < 0.5: arguments += ["--dtype", call.dtype]
    if part: arguments += ["--slice", f"{part[0]}:{part[1]}"]
    initializer = json.dumps({"class_name": name, "config": config}) if config or r.random() < 0.5 else name
    shape = ",".join(map(str, call.shape))
    return Case(index, kind, [call], seed, part, ["sample", initializer, "--shape", shape] + arguments)


# MARK: Both sides

def torch_tensor(call):
    """What the function makes of a new tensor with the generator as it stands."""
    import torch
    tensor = torch.empty(call.shape, dtype=getattr(torch, call.dtype))
    if call.name in ("orthogonal_",) and tensor.numel() == 0: return tensor
    getattr(torch.nn.init, call.name)(tensor, **call.config)
    return tensor


def raw_bytes(tensor):
    import torch
    tensor = tensor.detach().contiguous()
    return (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy().tobytes()


def framework_tensor(case):
    import torch
    call = case.calls[0]
    if case.kind == "keras":
        import keras
        config = dict(call.config) if call.name in SEEDLESS else {**call.config, "seed": case.seed}
        return getattr(keras.initializers, call.name)(**config)(call.shape, dtype=call.dtype)
    torch.manual_seed(case.seed)
    return torch_tensor(call)


def read_npy(path):
    """The shape and the raw bytes; `descr` is the caller's to ignore (bfloat16 has none of NumPy's own)."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:6] != b"\x93NUMPY":
        raise ValueError("no .npy magic")
    width = 2 if data[6] == 1 else 4
    length = struct.unpack_from("<H" if width == 2 else "<I", data, 8)[0]
    start = 8 + width + length
    header = ast.literal_eval(data[8 + width:start].decode("utf-8"))
    if header["fortran_order"] and len(header["shape"]) > 1:
        raise ValueError("fortran_order is true")
    return header["shape"], data[start:]


def run_command(arguments):
    """Standard output, or an exception with what the command says."""
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise ValueError(f"exit code {done.returncode}: {(done.stderr or done.stdout).strip()[:400]}")
    return done.stdout


# MARK: Comparing

def compare_sample(case):
    """How many elements differ, and a description of the first that does."""
    import numpy as np
    call = case.calls[0]
    output = os.path.join(OUTPUTS, f"{case.index}.npy")
    try:
        run_command([*case.arguments, "--output", output])
        shape, raw = read_npy(output)
    finally:
        if os.path.exists(output): os.remove(output)
    tensor = framework_tensor(case)
    if case.slice: tensor = tensor.reshape(-1)[case.slice[0]:case.slice[1]]
    if tuple(shape) != tuple(tensor.shape):
        return max(tensor.numel(), 1), f"shape {tuple(shape)}, PyTorch's is {tuple(tensor.shape)}"
    if "rthogonal" in call.name:
        return compare_orthogonal(case, raw, tensor)
    expected = raw_bytes(tensor)
    if raw == expected: return 0, None
    if len(raw) != len(expected): return max(tensor.numel(), 1), f"{len(raw)} bytes, {len(expected)} expected"
    bits = np.dtype(f"<u{ITEM_SIZE[call.dtype]}")
    a, b = np.frombuffer(raw, bits), np.frombuffer(expected, bits)
    places = np.flatnonzero(a != b)
    i = int(places[0])
    return int(places.size), (f"{places.size} of {a.size}, first at {i}: {a[i]:#x}, PyTorch {b[i]:#x} "
                              f"({tensor.reshape(-1)[i].item()})")


def compare_orthogonal(case, raw, tensor):
    """Orthogonal matrices, up to the order of summation inside the QR; signs exactly.

    A is the m x n matrix of normals (m >= n), eps the dtype's spacing at 1. Householder QR is backward stable
    (Higham, Accuracy and Stability of Numerical Algorithms, theorem 19.4), so both results lie within 2 m eps
    (1 + sqrt(2) k) of each other, k the condition number of A (Higham 19.9).
    """
    import numpy as np
    import torch
    call = case.calls[0]
    dtype = np.dtype(call.dtype)
    expected, actual = tensor.detach().numpy().astype(np.float64), np.frombuffer(raw, dtype).reshape(tensor.shape).astype(np.float64)
    rows = call.shape[0] if case.kind == "torch" else math.prod(call.shape[:-1])
    columns = math.prod(call.shape) // max(rows, 1)
    if rows * columns == 0 or actual.size == 0: return 0, None
    torch.manual_seed(case.seed & 0xffffffff)
    shape = (rows, columns) if case.kind == "torch" else (max(rows, columns), min(rows, columns))
    a = torch.empty(shape, dtype=getattr(torch, call.dtype)).normal_().numpy().astype(np.float64)
    gain = abs(float(call.config.get("gain", 1.0)))
    limit = 2 * max(rows, columns) * float(np.finfo(dtype).eps) * (1 + math.sqrt(2) * float(np.linalg.cond(a))) * gain
    error = np.abs(actual - expected)
    bad = int(np.count_nonzero(~(error <= limit)))
    return (bad, f"differs from PyTorch by {error.max():.3g}, allowed {limit:.3g}") if bad else (0, None)


def compare_stream(case):
    """How many variables of a stream differ, counted by their elements."""
    import torch
    variables = [{"name": f"v{i}", "shape": call.shape, "dtype": call.dtype,
                  "initializer": {"class_name": "torch.nn.init." + call.name, "config": call.config}}
                 for i, call in enumerate(case.calls)]
    base = os.path.join(OUTPUTS, f"{case.index}")
    try:
        with open(base + ".json", "w") as file:
            json.dump({"seed": case.seed, "dialect": "pytorch", "variables": variables}, file)
        document = json.loads(run_command(["materialize", base + ".json", "--store", base + ".db", "--recipe-only", "--json", "--quiet"]))
    finally:
        for ending in (".json", ".db"):
            if os.path.exists(base + ending): os.remove(base + ending)
    found = {variable["name"]: variable["sha256"] for variable in document["variables"]}
    torch.manual_seed(case.seed)
    differing, failures = 0, []
    for i, call in enumerate(case.calls):
        digest = hashlib.sha256(raw_bytes(torch_tensor(call))).hexdigest()
        if call.name != "orthogonal_" and found[f"v{i}"] != digest:
            differing += max(math.prod(call.shape), 1)
            failures.append(f"v{i} {call}")
    return differing, "; ".join(failures) or None


# MARK: Running

def start_worker(program, folder):
    global PROGRAM, OUTPUTS
    PROGRAM, OUTPUTS = program, folder
    import torch
    import warnings
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)


def run_case(case):
    count = sum(math.prod(call.shape) for call in case.calls)
    if case.slice: count = case.slice[1] - case.slice[0]
    try:
        return Outcome(case, count, *(compare_stream if case.kind == "stream" else compare_sample)(case))
    except Exception as error:
        return Outcome(case, count, max(count, 1), f"{type(error).__name__}: {error}")


def describe(case, program):
    if case.kind == "stream":
        return f"seed {case.seed}, calls {[tuple(call) for call in case.calls]}"
    return shlex.join([program, *case.arguments, "--output", "case.npy"])


def main():
    parser = argparse.ArgumentParser(description="Compares `nascent` with PyTorch and Keras on PyTorch, byte for byte.")
    parser.add_argument("--nascent", default=".build/release/nascent", help="the command (default: %(default)s)")
    parser.add_argument("--cases", type=int, default=3000, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the cases' draw (default: %(default)s)")
    parser.add_argument("--case", type=int, help="only this one")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: %(default)s)")
    options = parser.parse_args()
    program = os.path.abspath(options.nascent)
    if not os.access(program, os.X_OK):
        parser.error(f"{options.nascent} is no program; build it (swift build -c release --product nascent) or name it by --nascent")
    missing = [name for name in ("numpy", "torch", "keras") if importlib.util.find_spec(name) is None]
    if missing:
        parser.error(f"not installed: {', '.join(missing)} (see requirements-pytorch.txt)")
    indices = range(options.cases) if options.case is None else [options.case]
    cases = [draw_case(options.seed, index) for index in indices]

    kinds = collections.defaultdict(lambda: [0, 0, 0])
    failures = []
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="nascent-differential-") as folder, concurrent.futures.ProcessPoolExecutor(
        options.jobs, context, start_worker, (program, folder)
    ) as pool:
        for done, outcome in enumerate(pool.map(run_case, cases, chunksize=8), 1):
            case = outcome.case
            name = "stream" if case.kind == "stream" else f"{case.kind} {case.calls[0].name}"
            kind = kinds[name, "mixed" if case.kind == "stream" else case.calls[0].dtype]
            kind[0] += 1
            kind[1] += outcome.elements
            kind[2] += outcome.differing
            if outcome.failure: failures.append(outcome)
            if sys.stderr.isatty():
                print(f"\r{done} of {len(cases)}", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)

    line = "{:<24} {:<9} {:>7} {:>12} {:>10}".format
    print(line("function", "dtype", "cases", "elements", "differing"))
    for (name, dtype), counts in sorted(kinds.items()):
        print(line(name, dtype, *counts))
    for outcome in failures[:MAXIMUM_PRINTED]:
        print(f"\ncase {outcome.case.index}: {outcome.failure}\n  {describe(outcome.case, options.nascent)}")
    if len(failures) > MAXIMUM_PRINTED:
        print(f"\n… and {len(failures) - MAXIMUM_PRINTED} more cases")
    totals = [sum(counts[i] for counts in kinds.values()) for i in range(3)]
    print(line("total", f"{len(failures)} bad", *totals))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
