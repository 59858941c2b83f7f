"""What the scripts beside this one share: drawing cases, running the command, comparing bytes, counting.

A script gives `run` a function that draws case number i of a run, and a function that compares a case. Cases follow
from --seed and their number alone, so --case I runs case I of the same run.
"""
import argparse
import ast
import collections
import concurrent.futures
import importlib.util
import math
import multiprocessing
import os
import shlex
import struct
import subprocess
import sys
import tempfile
import time

ITEM_SIZE = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "int32": 4}
DTYPES = ["float32", "float32", "float16", "bfloat16", "float64"]  # float32 twice: it is the default
MAXIMUM_PRINTED = 20
SECONDS_BETWEEN_REPORTS = 30

# What came of a case. `key` is its line of the table, `failure` text for people or None, `shown` how to see it again.
Outcome = collections.namedtuple("Outcome", "index key elements differing failure shown")


# MARK: Drawing cases

def draw_number(r, dtype):
    """A finite parameter of moderate size that is not zero."""
    kind = r.random()
    if kind < 0.2:
        return r.choice([-1, 1]) * r.randint(1, 40)  # an integer in JSON and in Python
    if kind < 0.45 and dtype in ("float16", "bfloat16"):
        # Near the middle of two neighbouring halves, nearer than float32 can tell: one rounding or two matter.
        bits = 10 if dtype == "float16" else 7
        middle = 1 + (2 * r.randrange(2**bits) + 1) * 2.0 ** -(bits + 1)
        return r.choice([-1, 1]) * (middle + r.choice([-1, 0, 1]) * 2.0 ** -r.randint(24, 45)) * 2.0 ** r.randint(-6, 6)
    if kind < 0.6:
        return round(r.uniform(-2, 2), 2) or 0.25
    return r.choice([-1, 1]) * 10 ** r.uniform(-3, 2.5)


def draw_sizes(r, rank, maximum):
    """Axes whose product is uniform in its logarithm, and split at random places."""
    total = r.uniform(0, math.log(maximum))
    cuts = sorted(r.uniform(0, total) for _ in range(max(rank - 1, 0)))
    ends = cuts + [total] if rank else []
    shape = [max(1, int(math.exp(end - start))) for start, end in zip([0.0] + cuts, ends)]
    r.shuffle(shape)
    return shape


def draw_seed(r):
    return r.choice([
        lambda: r.randint(0, 99), lambda: r.randint(-99, -1), lambda: r.randrange(2**31),
        lambda: r.choice([0, -1, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**40, -2**31, 2**63 - 1, -2**63]),
        lambda: 2**40 + r.randint(-9, 9), lambda: r.randrange(-2**63, 2**63),
    ])()


def draw_slice(r, count, block):
    """A third of the cases; ends lie near multiples of a block and near the last one as often as not."""
    if r.random() >= 1 / 3:
        return None
    ends = []
    for _ in range(2):
        end, kind = r.randint(0, count), r.random()
        if kind < 0.25: end = r.choice([0, count])
        elif kind < 0.5: end = end // block * block + r.randint(0, 1)
        elif kind < 0.65: end = count - block + r.randint(-1, 1)
        ends.append(min(max(end, 0), count))
    return min(ends), max(ends)


# MARK: The command

def nascent(*arguments):
    """Standard output, or an exception with what the command says."""
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise ValueError(f"exit code {done.returncode}: {(done.stderr or done.stdout).strip()[:400]}")
    return done.stdout


def temporary(index, ending):
    return os.path.join(OUTPUTS, f"{index}.{ending}")


def sample(index, arguments):
    """The shape and the raw bytes that `nascent sample` writes."""
    output = temporary(index, "npy")
    try:
        nascent(*arguments, "--output", output)
        return read_npy(output)
    finally:
        if os.path.exists(output): os.remove(output)


def sample_command(arguments):
    return shlex.join(["nascent", *arguments, "--output", "case.npy"])


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
    return tuple(header["shape"]), data[start:]


# MARK: Comparing

def compare_bytes(found, expected, dtype):
    """How many elements of two byte strings differ, and a description of the first."""
    import numpy as np
    size = ITEM_SIZE[dtype]
    if found == expected: return 0, None
    if len(found) != len(expected):
        return max(len(expected) // size, 1), f"{len(found)} bytes, {len(expected)} expected"
    a, b = np.frombuffer(found, f"<u{size}"), np.frombuffer(expected, f"<u{size}")
    places = np.flatnonzero(a != b)
    i = int(places[0])
    return places.size, f"{places.size} of {a.size}, first at {i}: {a[i]:#x}, expected {b[i]:#x}"


def compare_orthogonal(found, expected, normals, gain, dtype, whole=None):
    """Orthogonal matrices, up to the order of summation inside the QR.

    A is the m x n matrix of normals (m >= n; its bits are compared by the functions of normals), eps the dtype's spacing
    at 1. Householder QR is backward stable: the computed Q is within O(m eps) of a matrix with orthonormal columns, and
    Q^T A within O(m eps) |a_j| of a triangle in column j (Higham, Accuracy and Stability of Numerical Algorithms, theorem
    19.4, whose m n worst case is m or less for errors that do not all agree in sign). With c = 2, twice what one rounding
    of each of m terms can add up to:
      1. |Q - Q_framework| <= c m eps (1 + sqrt(2) k) |gain|: both of them differ from the exact Q of A by their own
         c m eps / 2 and by what a change of A by that much moves it, at most sqrt(2) k times (Higham 19.9), where k is
         the condition number of A;
      2. |Q^T Q - gain^2 I| <= c m eps gain^2;
      3. Q^T A / gain below its diagonal <= c m eps |a_j|, and its diagonal > 0: the sign convention. A full-rank A has
         one Q only that meets 2 and 3, so these need no condition number.
    2 and 3 are asked of `whole`, the found matrix as m x n. LAPACK in double against TensorFlow, some 30 cases: 0.01 to
    18 % of these bounds.
    """
    import numpy as np
    if found.size == 0: return 0, None
    a, gain = np.asarray(normals).astype(np.float64), float(gain)
    bound = 2 * len(a) * float(np.finfo(dtype).eps)
    limit = bound * (1 + math.sqrt(2) * float(np.linalg.cond(a))) * abs(gain)
    error = np.abs(found.astype(np.float64) - np.asarray(expected).astype(np.float64))
    bad = int(np.count_nonzero(~(error <= limit)))
    if bad: return bad, f"off by {error.max():.3g}, allowed {limit:.3g}"
    if whole is None: return 0, None
    q = whole.astype(np.float64)
    gram = np.abs(q.T @ q - gain**2 * np.eye(q.shape[1]))
    if not np.all(gram <= bound * gain**2):
        return q.size, f"q^T q is off gain^2 I by {gram.max():.3g}, allowed {bound * gain**2:.3g}"
    triangle = q.T @ a / gain
    if not np.all(np.diag(triangle) > 0):
        return q.size, "sign convention: q^T a has a diagonal element that is not positive"
    below = np.abs(np.tril(triangle, -1)) / np.linalg.norm(a, axis=0)
    if not np.all(below <= bound):
        return q.size, f"q^T a is off a triangle by {below.max():.3g}, allowed {bound:.3g}"
    return 0, None


def tall(matrix):
    """A matrix with at least as many rows as columns, transposed where it is not."""
    return matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T


# MARK: Running

def start_worker(program, folder, prepare):
    global PROGRAM, OUTPUTS
    PROGRAM, OUTPUTS = program, folder
    if prepare: prepare()


def run_guarded(compare, case):
    """What `compare` gives, or the whole case as differing where either side refuses it."""
    try:
        return compare(case)
    except Exception as error:
        key, elements, shown = case.summary()
        return Outcome(case.index, key, elements, max(elements, 1), f"{type(error).__name__}: {error}", shown)


def run(what, draw_case, compare, headings, packages, cases=1500, prepare=None):
    """Draws cases, compares each in one of several processes, prints a line for each key, and returns the exit code.

    A case has an `index` and a `summary()` of key, elements and text that shows it; `draw_case` takes the run's seed and
    the index. All of it is pickled.
    """
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--nascent", default=".build/release/nascent", help="the command (default: %(default)s)")
    parser.add_argument("--cases", type=int, default=cases, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the cases' draw (default: %(default)s)")
    parser.add_argument("--case", type=int, help="only this one")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: %(default)s)")
    options = parser.parse_args()
    program = os.path.abspath(options.nascent)
    if not os.access(program, os.X_OK):
        parser.error(f"{options.nascent} is no program; build it (swift build -c release --product nascent) or name it by --nascent")
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        parser.error(f"not installed: {', '.join(missing)} (see the requirements files beside this script)")
    indices = range(options.cases) if options.case is None else [options.case]
    drawn = [draw_case(options.seed, index) for index in indices]
    print(what, flush=True)

    counts = collections.defaultdict(lambda: [0, 0, 0])
    failures, reported = [], time.monotonic()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="nascent-differential-") as folder, concurrent.futures.ProcessPoolExecutor(
        options.jobs, context, start_worker, (program, folder, prepare)
    ) as pool:
        for done, outcome in enumerate(pool.map(run_guarded, [compare] * len(drawn), drawn, chunksize=8), 1):
            count = counts[outcome.key]
            count[0] += 1
            count[1] += outcome.elements
            count[2] += outcome.differing
            if outcome.failure: failures.append(outcome)
            if time.monotonic() - reported > SECONDS_BETWEEN_REPORTS:
                reported = time.monotonic()
                print(f"{done} of {len(drawn)} cases, {len(failures)} bad", file=sys.stderr, flush=True)

    widths = [max(len(heading), *(len(key[i]) for key in counts)) for i, heading in enumerate(headings)]
    def line(texts, numbers):
        left = " ".join(text.ljust(width) for text, width in zip(texts, widths))
        print(left, " ".join(f"{number:>{width},}" if isinstance(number, int) else number.rjust(width)
                             for number, width in zip(numbers, (7, 12, 10))))
    line(headings, ("cases", "elements", "differing"))
    for key, count in sorted(counts.items()): line(key, count)
    for outcome in failures[:MAXIMUM_PRINTED]:
        print(f"\ncase {outcome.index}: {outcome.failure}\n  {outcome.shown}")
    if len(failures) > MAXIMUM_PRINTED:
        print(f"\n… and {len(failures) - MAXIMUM_PRINTED} more cases")
    line(["total"] + [""] * (len(headings) - 1), [sum(count[i] for count in counts.values()) for i in range(3)])
    print(f"{len(failures)} bad cases", flush=True)
    return 1 if failures else 0
