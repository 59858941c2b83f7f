"""Compares `nascent sample` with TensorFlow's init_ops_v2 on random cases, byte for byte.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    swift build -c release --product nascent
    venv/bin/python Tests/Differential/tensorflow.py [--nascent PATH] [--cases N] [--seed S]

Prints one line a kind: class, dtype, cases, elements, differing elements; then a total. A case that differs
(or that the command refuses) is printed with the command that shows it, and the exit code is 1.
The cases follow from --seed and their number alone; --case I runs case I only.

Kept out of the cases, because TensorFlow's answer is no function of the call:
- parameters of -0.0: eager TensorFlow caches scalars by Python equality, so that 0.0 and -0.0 give whichever came first;
- subnormal float32, bfloat16 and float64 results: TensorFlow's threads flush them to zero;
- infinite bounds, whose NaNs have a sign that depends on the CPU.
"""
import os
import sys

# This file has the name of the package it imports: keep its folder out of the search path.
FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [path for path in sys.path if os.path.abspath(path) != FOLDER]

import argparse
import ast
import collections
import concurrent.futures
import importlib.util
import json
import math
import multiprocessing
import random
import shlex
import struct
import subprocess
import tempfile

ITEM_SIZE = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}
DTYPES = ["float32", "float32", "float16", "bfloat16", "float64"]  # float32 twice: it is the default
MAXIMUM_ELEMENTS = 200_000
MAXIMUM_PRINTED = 20

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

# A case. `arguments` are those of `nascent sample`, without --output; `slice` is (A, B) or None.
Case = collections.namedtuple("Case", "index name config shape dtype slice arguments")
# What came of it. `failure` is text for people, or None.
Outcome = collections.namedtuple("Outcome", "case elements differing failure")


# MARK: Drawing cases

def draw_number(r, dtype):
    """A finite parameter of moderate size that is not zero."""
    kind = r.random()
    if kind < 0.2:
        return r.choice([-1, 1]) * r.randint(1, 40)  # an integer in JSON and in Python
    if kind < 0.45 and dtype in ("float16", "bfloat16"):
        # Near the middle of two neighbouring halves, nearer than float32 can tell: TensorFlow rounds to float32 first,
        # then to the half, so these come out otherwise than by one rounding.
        bits = 10 if dtype == "float16" else 7
        middle = 1 + (2 * r.randrange(2**bits) + 1) * 2.0 ** -(bits + 1)
        return r.choice([-1, 1]) * (middle + r.choice([-1, 1]) * 2.0**-40) * 2.0 ** r.randint(-6, 6)
    if kind < 0.6:
        return round(r.uniform(-2, 2), 2) or 0.25
    return r.choice([-1, 1]) * 10 ** r.uniform(-3, 2.5)


def draw_shape(r, name):
    if name in ("Identity", "Orthogonal"):
        limit = 300 if name == "Identity" else 150
        shape = [int(math.exp(r.uniform(0, math.log(limit)))) for _ in range(2)]
        if name == "Orthogonal" and r.random() < 0.3:
            shape = [r.randint(1, 3) for _ in range(r.randint(1, 3))] + [min(d, 40) for d in shape]
    else:
        rank = r.choice([0, 1, 1, 2, 2, 2, 3, 4, 5])
        # The product is uniform in its logarithm, and split at random places.
        total = r.uniform(0, math.log(MAXIMUM_ELEMENTS))
        cuts = sorted(r.uniform(0, total) for _ in range(max(rank - 1, 0)))
        ends = cuts + [total] if rank else []
        shape = [max(1, int(math.exp(end - start))) for start, end in zip([0.0] + cuts, ends)]
        r.shuffle(shape)
    if shape and r.random() < 0.02:
        shape[r.randrange(len(shape))] = 0
    return tuple(shape)


def draw_seed(r):
    return r.choice([
        lambda: r.randint(0, 99), lambda: r.randint(-99, -1), lambda: r.randrange(2**31),
        lambda: r.choice([0, -1, 2**31 - 1, 2**31, 2**32, 2**40, -2**31, 2**63 - 1, -2**63]),
        lambda: 2**40 + r.randint(-9, 9), lambda: r.randrange(-2**63, 2**63),
    ])()


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


def draw_slice(r, count):
    """A third of the cases; ends lie near multiples of a Philox block and of a rejection group as often as not."""
    if r.random() >= 1 / 3:
        return None
    ends = []
    for _ in range(2):
        end = r.randint(0, count)
        if r.random() < 0.3: end = r.choice([0, count])
        elif r.random() < 0.3: end = min(count, end // 4 * 4 + r.randint(0, 1))
        ends.append(end)
    return min(ends), max(ends)


def draw_case(run_seed, index):
    r = random.Random(f"{run_seed}/{index}")
    name, identifiers, _, _ = r.choices(CLASSES, [weight for *_, weight in CLASSES])[0]
    dtype = r.choice(DTYPES)
    if name == "Orthogonal" and ITEM_SIZE[dtype] == 2:
        dtype = r.choice(["float32", "float64"])  # TensorFlow has no QR in bfloat16, and one of few digits in float16
    shape = draw_shape(r, name)
    count = math.prod(shape)
    config = draw_config(r, name, dtype, count)
    part = draw_slice(r, count)
    arguments = []
    if name not in SEEDLESS:
        seed = draw_seed(r)
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


# MARK: Both sides

def tensorflow_values(case):
    from tensorflow.python.ops import init_ops_v2
    return getattr(init_ops_v2, FUNCTION[case.name])(**case.config)(case.shape, case.dtype).numpy()


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


def nascent_values(program, case, folder):
    """The shape and the raw bytes, or text that says why there are none."""
    output = os.path.join(folder, f"{case.index}.npy")
    try:
        done = subprocess.run([program, *case.arguments, "--output", output], capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            return f"exit code {done.returncode}: {(done.stderr or done.stdout).strip()[:400]}"
        return read_npy(output)
    except (OSError, ValueError, KeyError, SyntaxError, struct.error, subprocess.TimeoutExpired) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        if os.path.exists(output):
            os.remove(output)


# MARK: Comparing

def compare(case, shape, raw):
    """How many elements differ, and a description of the first that does."""
    import numpy as np
    expected = tensorflow_values(case)
    if case.slice:
        expected = expected.reshape(-1)[case.slice[0]:case.slice[1]]
    size = ITEM_SIZE[case.dtype]
    if tuple(shape) != expected.shape:
        return max(expected.size, 1), f"shape {tuple(shape)}, TensorFlow's is {expected.shape}"
    if len(raw) != expected.size * size:
        return max(expected.size, 1), f"{len(raw)} bytes, {expected.size * size} expected"
    actual = np.frombuffer(raw, dtype=expected.dtype).reshape(expected.shape)
    if case.name == "Orthogonal":
        return compare_orthogonal(case, actual, expected)
    bits = np.dtype(f"<u{size}")
    a, b = np.frombuffer(raw, bits), np.frombuffer(np.ascontiguousarray(expected).tobytes(), bits)
    places = np.flatnonzero(a != b)
    if places.size == 0:
        return 0, None
    i = int(places[0])
    return int(places.size), (f"{places.size} of {expected.size}, first at {i}: "
                              f"{actual.reshape(-1)[i]} ({a[i]:#x}), TensorFlow {expected.reshape(-1)[i]} ({b[i]:#x})")


def compare_orthogonal(case, actual, expected):
    """Orthogonal matrices, up to the order of summation inside the QR.

    A is the m x n matrix of normals (m >= n; its bits are TensorFlow's, as RandomNormal's are compared above), eps the
    dtype's spacing at 1. Householder QR is backward stable: the computed Q is within O(m eps) of a matrix with
    orthonormal columns, and Q^T A within O(m eps) |a_j| of a triangle in column j (Higham, Accuracy and Stability of
    Numerical Algorithms, theorem 19.4, whose m n worst case is m or less for errors that do not all agree in sign).
    With c = 2, twice what one rounding of each of m terms can add up to:
      1. |Q^T Q - gain^2 I| <= c m eps gain^2;
      2. Q^T A / gain below its diagonal <= c m eps |a_j|, and its diagonal > 0: the sign convention. A full-rank A has
         one Q only that meets 1 and 2, so these need no condition number;
      3. |Q - Q_TensorFlow| <= c m eps (1 + sqrt(2) k) |gain|: both of them differ from the exact Q of A by their own
         c m eps / 2 and by what a change of A by that much moves it, at most sqrt(2) k times (Higham 19.9), where k is
         the condition number of A.
    A slice is compared by 3 alone. LAPACK in double against TensorFlow, some 30 cases: 0.01 to 18 % of these bounds.
    """
    import numpy as np
    from tensorflow.python.ops import init_ops_v2
    rows, columns = math.prod(case.shape[:-1]), case.shape[-1]
    if rows * columns == 0 or actual.size == 0:
        return 0, None
    m, n = max(rows, columns), min(rows, columns)
    a = init_ops_v2.RandomNormal(0.0, 1.0, seed=case.config["seed"])((m, n), case.dtype).numpy().astype(np.float64)
    gain = float(case.config.get("gain", 1.0))
    bound = 2 * m * float(np.finfo(case.dtype).eps)
    error = np.abs(actual.astype(np.float64) - expected.astype(np.float64))
    limit = bound * (1 + math.sqrt(2) * float(np.linalg.cond(a))) * abs(gain)
    bad = int(np.count_nonzero(~(error <= limit)))
    if bad:
        return bad, f"differs from TensorFlow by {error.max():.3g}, allowed {limit:.3g}"
    if case.slice:
        return 0, None
    q = actual.reshape(rows, columns).astype(np.float64)
    q = q.T if rows < columns else q
    gram = np.abs(q.T @ q - gain**2 * np.eye(n))
    if not np.all(gram <= bound * gain**2):
        return int(actual.size), f"q^T q is off gain^2 I by {gram.max():.3g}, allowed {bound * gain**2:.3g}"
    triangle = q.T @ a / gain
    if not np.all(np.diag(triangle) > 0):
        return int(actual.size), "sign convention: q^T a has a diagonal element that is not positive"
    below = np.abs(np.tril(triangle, -1)) / np.linalg.norm(a, axis=0)
    if not np.all(below <= bound):
        return int(actual.size), f"q^T a is off a triangle by {below.max():.3g}, allowed {bound:.3g}"
    return 0, None


# MARK: Running

def start_worker(program, folder):
    global PROGRAM, OUTPUTS
    PROGRAM, OUTPUTS = program, folder
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


def run_case(case):
    count = case.slice[1] - case.slice[0] if case.slice else math.prod(case.shape)
    values = nascent_values(PROGRAM, case, OUTPUTS)
    if isinstance(values, str):
        return Outcome(case, count, max(count, 1), values)
    try:
        return Outcome(case, count, *compare(case, *values))
    except Exception as error:  # TensorFlow refuses: the case is at fault
        return Outcome(case, count, max(count, 1), f"TensorFlow: {type(error).__name__}: {error}")


def main():
    parser = argparse.ArgumentParser(description="Compares `nascent sample` with TensorFlow, byte for byte.")
    parser.add_argument("--nascent", default=".build/release/nascent", help="the command (default: %(default)s)")
    parser.add_argument("--cases", type=int, default=2000, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the cases' draw (default: %(default)s)")
    parser.add_argument("--case", type=int, help="only this one")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: %(default)s)")
    options = parser.parse_args()
    program = os.path.abspath(options.nascent)
    if not os.access(program, os.X_OK):
        parser.error(f"{options.nascent} is no program; build it (swift build -c release --product nascent) or name it by --nascent")
    indices = range(options.cases) if options.case is None else [options.case]
    missing = [name for name in ("numpy", "tensorflow") if importlib.util.find_spec(name) is None]
    if missing:
        parser.error(f"not installed: {', '.join(missing)} (see requirements.txt)")
    cases = [draw_case(options.seed, index) for index in indices]

    kinds = collections.defaultdict(lambda: [0, 0, 0])
    failures = []
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="nascent-differential-") as folder, concurrent.futures.ProcessPoolExecutor(
        options.jobs, context, start_worker, (program, folder)
    ) as pool:
        for done, outcome in enumerate(pool.map(run_case, cases, chunksize=8), 1):
            kind = kinds[outcome.case.name, outcome.case.dtype]
            kind[0] += 1
            kind[1] += outcome.elements
            kind[2] += outcome.differing
            if outcome.failure:
                failures.append(outcome)
            if sys.stderr.isatty():
                print(f"\r{done} of {len(cases)}", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)

    line = "{:<16} {:<9} {:>7} {:>12} {:>10}".format
    print(line("class", "dtype", "cases", "elements", "differing"))
    for (name, dtype), counts in sorted(kinds.items()):
        print(line(name, dtype, *counts))
    for outcome in failures[:MAXIMUM_PRINTED]:
        case = outcome.case
        print(f"\ncase {case.index}: {outcome.failure}\n"
              f"  {shlex.join([options.nascent, *case.arguments, '--output', 'case.npy'])}\n"
              f"  init_ops_v2.{FUNCTION[case.name]}(**{case.config!r})({case.shape!r}, {case.dtype!r})")
    if len(failures) > MAXIMUM_PRINTED:
        print(f"\n… and {len(failures) - MAXIMUM_PRINTED} more cases")
    totals = [sum(counts[i] for counts in kinds.values()) for i in range(3)]
    print(line("total", f"{len(failures)} bad", *totals))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
