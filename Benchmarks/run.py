"""Runs Nascent and its peers in turn on this machine and writes one Markdown table of ratios.

    make bench            (from the project's root; it installs the peers into .build/benchmarks)
    python3 Benchmarks/run.py --python VENV/bin/python --only 'he_*' --rounds 3

Each round runs both sides of a row, one after the other; a side's figure is the median of the rounds, and the ratio is
the median of the rounds' ratios, so that a machine whose speed drifts does not decide it. Work inside a process is timed there
after a warm-up; whole processes are timed from outside, with the system's own account of their peak memory.
"""
import argparse
import datetime
import fnmatch
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "Benchmarks", "peers"))
import cost
import model

NASCENT = os.path.join(ROOT, ".build/release/nascent")
BENCHMARK = os.path.join(ROOT, "Benchmarks/.build/release/NascentBenchmark")
MIB = 1 << 20


class Side:
    """What one side of a row took: seconds, seconds of processor time (user and system), peak memory in bytes."""

    def __init__(self, seconds, processor, memory):
        self.seconds = seconds
        self.processor = processor
        self.memory = memory


def run(command, in_process):
    """Runs a command; its own timing where `in_process`, else the time from outside."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    output = process.stdout.read()
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed with {process.returncode}:\n{errors}")
    if in_process:
        seconds = statistics.median(json.loads(output.splitlines()[-1])["seconds"])
    return Side(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def ours(*arguments):
    return lambda: run([BENCHMARK, *map(str, arguments)], in_process=True)


def command(*arguments, before=None):
    def call():
        if before:
            before()
        return run([NASCENT, *map(str, arguments)], in_process=False)

    return call


class Bench:
    def __init__(self, options):
        self.options = options
        self.rows = []
        self.folder = tempfile.mkdtemp(prefix="nascent-benchmark-", dir=options.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def remove(self, name):
        for path in (self.path(name), self.path(name) + "-journal"):
            if os.path.exists(path):
                os.remove(path)

    def peer(self, script, *arguments, in_process=True, before=None):
        def call():
            if before:
                before()
            return run([self.options.python, os.path.join(ROOT, "Benchmarks/peers", script), *map(str, arguments)], in_process)

        return call

    def is_wanted(self, name):
        return not self.options.only or any(fnmatch.fnmatch(name, pattern) for pattern in self.options.only)

    def compare(self, name, work, mine, other, other_name, goal, bytes=None, memory=False):
        """A row whose ratio is the other side's time over ours: above 1 we are faster."""
        if not self.is_wanted(name):
            return
        pairs = []
        for _ in range(self.options.rounds):
            pairs.append((mine(), other()))
        ratio = statistics.median(b.seconds / a.seconds for a, b in pairs)
        a = statistics.median(pair[0].seconds for pair in pairs)
        b = statistics.median(pair[1].seconds for pair in pairs)
        figures = f"{ratio:.2f} ×"
        if memory:
            share = statistics.median(x.memory / y.memory for x, y in pairs)
            figures += f", memory {share:.2f} ×"
        mine_text, other_text = self.figure(a, bytes), f"{other_name}: {self.figure(b, bytes)}"
        if memory:
            mine_text += f", {self.memory(pairs, 0)}"
            other_text += f", {self.memory(pairs, 1)}"
        self.add(work, mine_text, other_text, figures, goal)

    def alone(self, name, work, mine, goal, bytes=None, memory=False, processor=False, note=""):
        """A row with a limit in absolute figures."""
        if not self.is_wanted(name):
            return None
        sides = [mine() for _ in range(self.options.rounds)]
        text = self.figure(statistics.median(side.seconds for side in sides), bytes)
        if processor:
            text += f", processor {self.figure(statistics.median(side.processor for side in sides), None)}"
        if memory:
            text += f", {max(side.memory for side in sides) / MIB:.0f} MiB"
        self.add(work, text, note or "–", "–", goal)
        return sides

    @staticmethod
    def memory(pairs, side):
        return f"{max(pair[side].memory for pair in pairs) / MIB:.0f} MiB"

    @staticmethod
    def figure(seconds, bytes):
        if bytes:
            return f"{bytes / seconds / 1e9:.2f} GB/s"
        return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"

    def add(self, *cells):
        self.rows.append(cells)
        print("| " + " | ".join(cells) + " |", flush=True)


def fill_rows(bench):
    size = 4096 * 4096
    for threads in (1, 2):
        peers = [("pytorch.py", "PyTorch", "≥ 4"), ("tensorflow_.py", "TensorFlow", "≥ 12")] if threads == 1 else [("pytorch.py", "PyTorch", "≥ 4")]
        for script, name, goal in peers:
            bench.compare(
                "he_uniform", f"he_uniform float32, warm memory, {threads} thread(s)",
                ours("fill", "--initializer", '"he_uniform"', "--threads", threads),
                bench.peer(script, "he_uniform", "--threads", threads), name, goal, bytes=4 * size)
    bench.compare(
        "he_uniform", "he_uniform float32: JAX has the machine's two threads, as have we",
        ours("fill", "--initializer", '"he_uniform"', "--threads", 2), bench.peer("jax_.py", "he_uniform"), "JAX", "–", bytes=4 * size)
    bench.compare(
        "he_uniform", "he_uniform float32: two threads against one",
        ours("fill", "--initializer", '"he_uniform"', "--threads", 2),
        ours("fill", "--initializer", '"he_uniform"', "--threads", 1), "one thread", "≥ 1.8", bytes=4 * size)
    for dtype in ("bfloat16", "float16"):
        bench.compare(
            f"he_uniform_{dtype}", f"he_uniform {dtype}, 1 thread",
            ours("fill", "--initializer", '"he_uniform"', "--dtype", dtype),
            bench.peer("pytorch.py", "he_uniform", "--dtype", dtype), "PyTorch", "≥ 6", bytes=2 * size)
    for script, name, goal in [("tensorflow_.py", "TensorFlow", "≥ 5"), ("pytorch.py", "PyTorch trunc_normal_", "≥ 10")]:
        bench.compare(
            "he_normal", "he_normal float32 (truncated), 1 thread", ours("fill", "--initializer", '"he_normal"'),
            bench.peer(script, "he_normal"), name, goal, bytes=4 * size)
    for script, name, goal in [("tensorflow_.py", "TensorFlow", "≥ 8"), ("pytorch.py", "PyTorch", "> 1")]:
        bench.compare(
            "normal", "normal float32, 1 thread", ours("fill", "--initializer", '"random_normal"'),
            bench.peer(script, "normal"), name, goal, bytes=4 * size)
    bench.compare(
        "orthogonal", "orthogonal 2048 × 2048 float32, 1 thread",
        ours("fill", "--initializer", '"orthogonal"', "--shape", "2048,2048", "--runs", 3),
        bench.peer("pytorch.py", "orthogonal", "--runs", 3), "PyTorch (LAPACK)", "≥ 1")
    for threads in (1, 2):
        bench.compare(
            "fresh", f"a fresh 1 GiB tensor, {threads} thread(s)", ours("fresh", "--threads", threads),
            ours("fresh", "--threads", threads, "--touch"), "first touch with huge pages, as many threads", "≥ 0.67", bytes=1 << 30)
    bench.compare(
        "fresh", "a fresh 1 GiB tensor, 2 threads", ours("fresh", "--threads", 2), ours("fresh", "--threads", 1, "--touch"),
        "first touch with huge pages, 1 thread", "≥ 0.67", bytes=1 << 30)


def store_rows(bench):
    gib = 1 << 30
    bench.compare(
        "materialize", "materialize 1 GiB in 64 tensors: made, hashed, durable",
        ours("materialize", "--file", bench.path("m.db"), "--runs", 1),
        ours("raw-write", "--file", bench.path("raw"), "--runs", 1), "raw write + fsync", "≥ 0.75", bytes=gib)
    bench.compare(
        "materialize", "the same", ours("materialize", "--file", bench.path("m.db"), "--runs", 1),
        bench.peer("safetensors_.py", 64, 4096 * 1024, "--file", bench.path("s"), "--runs", 1),
        "safetensors, saving ready data", "> 1", bytes=gib)
    small = 20_000 * 12_800 * 4
    bench.compare(
        "small", "materialize 20,000 tensors of 50 KiB",
        ours("materialize", "--file", bench.path("small.db"), "--variables", 20_000, "--shape", 12_800, "--runs", 1, "--keep"),
        bench.peer("safetensors_.py", 20_000, 12_800, "--file", bench.path("s"), "--runs", 1),
        "safetensors, saving ready data", "> 1", bytes=small)
    if bench.is_wanted("small"):
        size = os.path.getsize(bench.path("small.db"))
        bench.add("its file against its data", f"{size / small - 1:.1%} larger", "–", "–", "≤ 3 %")
        for name, work, extra in [("one tensor", "one tensor of 20,000, opening the store", []), ("slice", "a slice of one of 20,000, opening the store", ["--elements", 10])]:
            bench.alone(
                "small", work, ours("read-one", "--file", bench.path("small.db"), "--name", "layer19876/kernel", *extra), "< 5 ms")
        bench.alone("small", "run again, 20,000 variables skipped", ours("skip", "--file", bench.path("small.db")), "< 100 ms")
        bench.remove("small.db")
    bench.alone("plan", "declare 100,000 variables and plan them", ours("plan", "--runs", 3), "< 300 ms, ≤ 200 MiB", memory=True)
    if bench.is_wanted("read"):
        ours("materialize", "--file", bench.path("r.db"), "--runs", 1, "--keep")()
        bench.alone(
            "read", "read back 1 GiB, digests checked, cache warm, 2 threads", ours("read", "--file", bench.path("r.db")),
            "≥ 2.5 GB/s", bytes=gib)
        bench.remove("r.db")


def process_rows(bench):
    with open(bench.path("model.json"), "w") as file:
        json.dump(model.manifest(), file)
    bench.compare(
        "model", "a model of 1.3 billion parameters, init and store, as processes",
        command("materialize", bench.path("model.json"), "--store", bench.path("m.db"), "--quiet", before=lambda: bench.remove("m.db")),
        bench.peer("pytorch.py", "model", "--threads", 2, "--file", bench.path("m.safetensors"), in_process=False, before=lambda: bench.remove("m.safetensors")),
        "PyTorch init + safetensors", "≥ 5, ≤ 300 MiB", memory=True)
    bench.remove("m.safetensors")
    bytes = 4 * sum(product(variable["shape"]) for variable in model.manifest()["variables"])
    bench.compare(
        "model", "the same against the disk",
        command("materialize", bench.path("model.json"), "--store", bench.path("m.db"), "--quiet", before=lambda: bench.remove("m.db")),
        ours("raw-write", "--file", bench.path("raw"), "--mebibytes", bytes >> 20, "--runs", 1),
        "raw write + fsync of as many bytes", "≥ 0.75", bytes=bytes)
    bench.remove("m.db")
    bench.compare(
        "sample", "he_uniform of 4096 × 4096 into a file, as a process",
        command("sample", "he_uniform", "--shape", "4096,4096", "--seed", 1, "--output", bench.path("f.npy")),
        bench.peer("pytorch.py", "sample", "--file", bench.path("g.npy"), in_process=False),
        "PyTorch", "≥ 10, memory ≤ 0.2", memory=True)
    large = os.path.join(ROOT, "Examples/models/llama-2-7b.json")
    with open(large) as file:
        elements = sum(product(variable["shape"]) for variable in json.load(file)["variables"])
    if shutil.disk_usage(bench.folder).free > 4 * elements * 1.1:
        rounds, bench.options.rounds = bench.options.rounds, 1
        bench.alone(
            "large", "Llama-2-7B in float32 (27 GB), larger than memory, as a process",
            command("materialize", large, "--store", bench.path("l.db"), "--quiet", before=lambda: bench.remove("l.db")),
            "the rate and memory of 1 GiB", bytes=4 * elements, memory=True)
        bench.options.rounds = rounds
        bench.remove("l.db")
    else:
        print("Not enough space for Llama-2-7B: that row is left out.", file=sys.stderr)


def scaling_rows(bench):
    """Time and memory against model size, number of variables and threads."""
    if not bench.is_wanted("scaling"):
        return []
    rows = []

    def measure(label, count, elements, threads):
        manifest = {
            "format": "nascent.graph/1", "seed": 0,
            "variables": [{"name": f"v{i}", "shape": [elements], "initializer": "he_uniform"} for i in range(count)],
        }
        with open(bench.path("scale.json"), "w") as file:
            json.dump(manifest, file)
        call = command(
            "materialize", bench.path("scale.json"), "--store", bench.path("scale.db"), "--quiet", "--jobs", threads,
            before=lambda: bench.remove("scale.db"))
        sides = [call() for _ in range(bench.options.rounds)]
        bench.remove("scale.db")
        seconds = statistics.median(side.seconds for side in sides)
        size = 4 * count * elements
        rows.append((label, f"{size / 1e9:.1f} GB", f"{count:,}", str(threads), f"{seconds:.2f} s", f"{size / seconds / 1e9:.2f} GB/s", f"{max(side.memory for side in sides) / MIB:.0f} MiB"))
        print("| " + " | ".join(rows[-1]) + " |", flush=True)

    for gigabytes in (0.1, 1, 10):
        measure("size", 100, int(gigabytes * 1e9 / 4 / 100), 2)
    for count in (10, 1_000, 100_000):
        measure("variables", count, int(1e9 / 4 / count), 2)
    for threads in (1, 2):
        measure("threads", 64, 4096 * 1024, threads)
    return rows


def product(shape):
    result = 1
    for size in shape:
        result *= size
    return result


def processor():
    with open("/proc/cpuinfo") as file:
        text = file.read()
    names = [line.split(":")[1].strip() for line in text.splitlines() if line.startswith("model name")]
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    kinds = [flag for flag in ("avx2", "avx512f", "sha_ni") if flag in flags.split()]
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores, {', '.join(kinds)}"


def versions(python):
    names = ["torch", "tensorflow", "jax", "safetensors"]
    code = "import importlib.metadata as m, sys\nfor n in sys.argv[1:]:\n  try: print(n, m.version(n))\n  except m.PackageNotFoundError:\n    try: print(n, m.version(n + '-cpu'))\n    except m.PackageNotFoundError: print(n, 'is missing')"
    found = subprocess.run([python, "-c", code, *names], capture_output=True, text=True, check=True)
    return ", ".join(line.split("+")[0] for line in found.stdout.splitlines())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="a Python that has the peers")
    parser.add_argument("--only", nargs="*", help="names of rows, with * and ?")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", help="where files are written (default: the system's temporary folder)")
    parser.add_argument("--output", help="a Markdown file to write")
    options = parser.parse_args()
    bench = Bench(options)
    try:
        fill_rows(bench)
        store_rows(bench)
        process_rows(bench)
        cost.rows(bench, ours, command)
        scaling = scaling_rows(bench)
    finally:
        shutil.rmtree(bench.folder)
    lines = [
        f"Taken on {datetime.date.today()} in one run: {processor()}; {versions(options.python)}. "
        f"Medians of {options.rounds} rounds, both sides in turn. A ratio is the other's time over Nascent's: above 1 Nascent is faster.",
        "", "| Work | Nascent | Other | Ratio | Goal |", "|---|---|---|---|---|",
    ]
    lines += ["| " + " | ".join(row) + " |" for row in bench.rows]
    if scaling:
        lines += ["", "Whole processes that materialize he_uniform float32 into a new store:", "",
                  "| Against | Bytes | Variables | Threads | Time | Rate | Peak memory |", "|---|---|---|---|---|---|---|"]
        lines += ["| " + " | ".join(row) + " |" for row in scaling]
    text = "\n".join(lines) + "\n"
    if options.output:
        with open(options.output, "w") as file:
            file.write(text)
    print("\n" + text)


if __name__ == "__main__":
    main()
