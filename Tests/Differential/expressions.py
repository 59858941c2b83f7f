"""Compares expressions over variables, as `nascent materialize` stores them, with NumPy on random graphs.

    python -m venv venv && venv/bin/pip install -r Tests/Differential/requirements.txt
    swift build -c release --product nascent
    venv/bin/python Tests/Differential/expressions.py [--nascent PATH] [--cases N] [--seed S]

Each case is a manifest of a few variables that initializers make and of expressions over them and over each other.
It is materialized, the bytes are read with sqlite3, and every expression is evaluated with NumPy from the stored
bytes of what it reads. All must be equal bit for bit (any NaN equals any other), but for the factors of QR
and singular value decompositions, which must have their properties to a bound that follows from the rounding unit.
Prints how many values of each operation were compared; a case that differs is printed, and the exit code is 1.
The cases follow from --seed and their number alone.
"""
import argparse
import collections
import json
import math
import os
import random
import sqlite3
import subprocess
import sys
import tempfile

import ml_dtypes
import numpy as np

np.seterr(all="ignore")
FLOATS = ["float16", "bfloat16", "float32", "float64"]
INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


def dtype(name):
    return np.dtype(ml_dtypes.bfloat16) if name == "bfloat16" else np.dtype(name)


def is_float(name):
    return name in FLOATS


def cast(x, old, new):
    if old == "float64" and new == "bfloat16":
        # ml_dtypes passes through float32; rounding that to odd first makes two roundings one.
        y = x.astype(np.float32)
        bits = y.view(np.uint32).copy()
        inexact = (y.astype(np.float64) != x) & np.isfinite(y) & ~np.isnan(x)
        bits[inexact & (np.abs(y.astype(np.float64)) > np.abs(x))] -= 1
        bits[inexact] |= 1
        return bits.view(np.float32).astype(ml_dtypes.bfloat16)
    if new == "bool":
        return x != 0
    if not is_float(old) and new in ("float16", "bfloat16"):
        return x.astype(np.float32).astype(dtype(new))
    if old == "bfloat16" and not is_float(new):
        return x.astype(np.float32).astype(dtype(new))
    return x.astype(dtype(new))


def combine(op, name, x, y):
    if name in ("float16", "bfloat16"):
        x, y = x.astype(np.float32), y.astype(np.float32)
    return {"add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide}[op](x, y).astype(dtype(name))


def norm(x, name, axes):
    axes = sorted(a % x.ndim for a in axes)
    kept = [a for a in range(x.ndim) if a not in axes]
    flat = np.transpose(x, kept + axes).astype(np.float64).reshape([x.shape[a] for a in kept] + [math.prod(x.shape[a] for a in axes)])
    if flat.shape[-1] == 0:
        total = np.zeros(flat.shape[:-1])
    else:
        total = np.cumsum(flat * flat, axis=-1)[..., -1]  # a running sum: one after another
    shape = [1 if a in axes else n for a, n in enumerate(x.shape)]
    return cast(np.sqrt(total).reshape(shape), "float64", name)


def matmul(x, y, name):
    x, y = x.astype(np.float64), y.astype(np.float64)
    total = np.zeros((x.shape[0], y.shape[1]))
    for k in range(x.shape[1]):
        total = total + x[:, k:k + 1] * y[k:k + 1, :]
    return cast(total, "float64", name)


def evaluate(e, values):
    """The value and the dtype's name of an expression."""
    if isinstance(e, str):
        return values[e]
    if "constant" in e:
        return np.array(e["constant"], dtype=np.float64).astype(dtype(e["dtype"])), e["dtype"]
    op = e["op"]
    args = [evaluate(a, values) for a in e["of"]]
    x, name = args[0]
    if op == "cast": return (x if e["dtype"] == name else cast(x, name, e["dtype"])), e["dtype"]
    if op == "scale":
        factor = cast(np.array(e["by"], dtype=np.float64), "float64", name)
        return combine("multiply", name, x, factor), name
    if op == "negate": return np.negative(x).astype(dtype(name)), name
    if op == "sqrt":
        wide = x.astype(np.float32) if name in ("float16", "bfloat16") else x
        return np.sqrt(wide).astype(dtype(name)), name
    if op in ("add", "subtract", "multiply", "divide"):
        for y, _ in args[1:]:
            x = combine(op, name, x, y)
        return x, name
    if op == "reshape": return x.reshape(e["shape"]), name
    if op == "transpose": return np.transpose(x, e.get("axes")), name
    if op == "slice":
        index = [slice(None)] * x.ndim
        for r in e["ranges"]:
            index[r["axis"]] = slice(r["from"], r["to"], r["step"])
        return x[tuple(index)], name
    if op == "concatenate": return np.concatenate([a for a, _ in args], axis=e["axis"]), name
    if op == "stack": return np.stack([a for a, _ in args], axis=e["axis"]), name
    if op == "pad":
        width = [(0, 0)] * x.ndim
        for p in e["paddings"]:
            width[p["axis"] % x.ndim] = (p["before"], p["after"])
        return np.pad(x, width, constant_values=np.array(e["value"]).astype(dtype(name))), name
    if op == "broadcast": return np.broadcast_to(x, e["shape"]), name
    if op == "repeat": return np.repeat(x, e["count"], axis=e["axis"]), name
    if op == "norm": return norm(x, name, e["axes"]), name
    if op == "matmul": return matmul(x, args[1][0], name), name
    if op == "zeros_like": return np.zeros(x.shape, dtype(name)), name
    if op == "ones_like": return np.ones(x.shape, dtype(name)), name
    raise ValueError(op)


class Case:
    """A random graph: entries of a manifest, with shapes and dtypes on the way."""

    def __init__(self, r):
        self.r, self.types, self.entries = r, {}, []
        for i in range(r.randint(1, 4)):
            self.base(f"v{i}")

    def base(self, name):
        r = self.r
        shape = [r.choice([0, 1, 2, 3, 4, 5, 6, 7, 40]) if r.random() < 0.95 else 3000 for _ in range(r.randint(0, 3))]
        if math.prod(shape) > 200_000: shape = [7, 3000]
        if r.random() < 0.2:
            kind, initializer = r.choice(INTEGERS), None
            limit = 100 if kind == "int8" else 200
            count = math.prod(shape)
            if count > 500: shape, count = [5, 4], 20
            initializer = {"class_name": "Constant", "config": {"value": [r.randint(0, limit) for _ in range(count)] if count else 0}}
        else:
            kind = r.choice(FLOATS)
            choice = r.choice(["random_normal", "random_uniform", "truncated_normal", "orthogonal"])
            if choice == "orthogonal":
                shape = [r.randint(1, 40), r.randint(1, 40)]
                if kind == "bfloat16": kind = "float32"
            initializer = choice
        self.types[name] = (shape, kind)
        self.entries.append({"name": name, "shape": shape, "dtype": kind, "initializer": initializer})

    def add(self, name, depth):
        for _ in range(100):
            e, shape, kind = self.expression(depth)
            if math.prod(shape) <= 300_000 and len(shape) <= 6: break
        else:
            return
        self.types[name] = (list(shape), kind)
        self.entries.append({"name": name, "expression": e})

    def expression(self, depth):
        r = self.r
        if depth == 0:
            name = r.choice(list(self.types))
            return name, *self.types[name]
        e, shape, kind = self.expression(depth - 1)
        shape, op = list(shape), r.choice(OPERATIONS)
        def made(parameters=None, operands=None, new=None, other=None):
            return {"op": op, "of": operands or [e], **(parameters or {})}, shape if new is None else new, other or kind
        def partner():
            same = [n for n, t in self.types.items() if t == (shape, kind)]
            if same and r.random() < 0.6: return r.choice(same)
            if r.random() < 0.5: return {"op": "negate", "of": [e]}
            return {"op": "broadcast", "of": [{"constant": 3, "dtype": kind}], "shape": shape}
        number, floating, axis = kind != "bool", is_float(kind), r.randrange(len(shape)) if shape else None
        if op == "cast":
            other = r.choice(FLOATS + ["bool"]) if floating else r.choice(FLOATS + INTEGERS + ["bool"])
            return made({"dtype": other}, other=other)
        if op == "scale" and floating: return made({"by": r.choice([0.5, -1.7, 1e-3, 3.0])})
        if op == "negate" and number: return made()
        if op == "sqrt" and floating: return made(operands=[{"op": "multiply", "of": [e, e]}])
        if op in ("add", "multiply") and number: return made(operands=[e, partner(), e][:r.randint(2, 3)])
        if op == "subtract" and number: return made(operands=[partner(), e])
        if op == "divide" and floating: return made(operands=[e, partner()])
        if op == "reshape":
            n = math.prod(shape)
            f = r.choice([d for d in (1, 2, 3, 4, 5, 8) if n % d == 0]) if n else 0
            new = [f, n // f] if n else [0, 2]
            return made({"shape": new}, new=new)
        if op == "transpose":
            if r.random() < 0.4: return made(new=shape[::-1])
            axes = r.sample(range(len(shape)), len(shape))
            return made({"axes": axes}, new=[shape[a] for a in axes])
        if op == "slice":
            new, ranges = list(shape), []
            for a in range(len(shape)):
                if r.random() < 0.6:
                    low = r.randint(0, shape[a]); high = r.randint(low, shape[a]); step = r.randint(1, 3)
                    ranges.append({"axis": a - (len(shape) if r.random() < 0.5 else 0), "from": low, "to": high, "step": step})
                    new[a] = len(range(low, high, step))
            return made({"ranges": ranges}, new=new)
        if op == "concatenate" and shape:
            new = list(shape); new[axis] *= 2
            return made({"axis": axis}, [partner() if number else e, e], new=new)
        if op == "stack":
            place = r.randint(0, len(shape))
            return made({"axis": place}, [e, e], new=shape[:place] + [2] + shape[place:])
        if op == "pad" and shape:
            new, before, after = list(shape), r.randint(0, 2), r.randint(0, 2)
            new[axis] += before + after
            return made({"paddings": [{"axis": axis, "before": before, "after": after}], "value": 1.0}, new=new)
        if op == "broadcast":
            new = [r.randint(1, 3)] + [r.randint(1, 4) if n == 1 else n for n in shape]
            return made({"shape": new}, new=new)
        if op == "repeat" and shape:
            count = r.randint(0, 3); new = list(shape); new[axis] *= count
            return made({"axis": axis, "count": count}, new=new)
        if op == "norm" and floating and shape:
            axes = r.sample(range(len(shape)), r.randint(1, len(shape)))
            return made({"axes": axes}, new=[1 if a in axes else n for a, n in enumerate(shape)])
        if op == "matmul" and floating and len(shape) == 2 and shape[0] <= 100:
            return made(operands=[e, {"op": "transpose", "of": [e]}], new=[shape[0], shape[0]])
        if op in ("zeros_like", "ones_like"): return made()
        return e, shape, kind


OPERATIONS = ["cast", "scale", "negate", "sqrt", "add", "multiply", "subtract", "divide", "reshape", "transpose", "transpose",
              "slice", "slice", "concatenate", "stack", "pad", "broadcast", "repeat", "norm", "matmul", "zeros_like", "ones_like"]


def read(db, name):
    kind, shape, payload = db.execute("SELECT dtype, shape, payload_id FROM variable WHERE name = ?", (name,)).fetchone()
    data = b"".join(row[0] for row in db.execute(
        """SELECT substr(bytes, block_offset + 1, byte_count) FROM chunk JOIN block ON block.id = block_id
           WHERE payload_id = ? ORDER BY number""", (payload,)))
    return np.frombuffer(data, dtype(kind)).reshape(json.loads(shape)), kind


def equal(x, y):
    if x.shape != y.shape or x.dtype != y.dtype: return False
    if x.dtype.kind in "iub": return np.array_equal(x, y)
    word = np.dtype(f"u{x.dtype.itemsize}")
    same = np.asarray(x, order="C").view(word) == np.asarray(y, order="C").view(word)
    return bool(np.all(same | (np.isnan(x) & np.isnan(y))))


def materialize(nascent, manifest, folder):
    graph, store = os.path.join(folder, "graph.json"), os.path.join(folder, "s.db")
    if os.path.exists(store): os.remove(store)
    with open(graph, "w") as file: json.dump(manifest, file)
    subprocess.run([nascent, "materialize", graph, "--store", store, "--quiet"], check=True)
    return sqlite3.connect(f"file:{store}?mode=ro", uri=True)


def operations(e, found):
    if isinstance(e, dict) and "op" in e:
        found[e["op"]] += 1
        for a in e["of"]: operations(a, found)


def decompositions(nascent, r, folder, count):
    """QR and singular values: each factor has its properties. Returns the number of matrices that fail."""
    failures = 0
    for _ in range(count):
        m, n, kind = r.randint(1, 60), r.randint(1, 60), r.choice(["float32", "float64"])
        parts = ["qr_q", "qr_r", "svd_u", "svd_s", "svd_vt"]
        manifest = {"seed": r.randrange(2**31), "variables": [
            {"name": "a", "shape": [m, n], "dtype": kind, "initializer": "random_normal"},
            *[{"name": p, "expression": {"op": p, "of": "a"}} for p in parts]]}
        with materialize(nascent, manifest, folder) as db:
            a, *factors = [read(db, name)[0].astype(np.float64) for name in ["a"] + parts]
        q, upper, u, s, vt = factors
        k, unit = min(m, n), 2.0**-24 if kind == "float32" else 2.0**-53
        bound = 10 * (k + 1) * unit * (np.linalg.norm(a) + math.sqrt(k))  # ten units a step, relative to the norm
        errors = [np.linalg.norm(q @ upper - a), np.linalg.norm(q.T @ q - np.eye(k)), np.linalg.norm(np.tril(upper, -1)),
                  np.linalg.norm((u * s) @ vt - a), np.linalg.norm(u.T @ u - np.eye(k)), np.linalg.norm(vt @ vt.T - np.eye(k)),
                  np.linalg.norm(s - np.linalg.svd(a, compute_uv=False))]
        signs = all(c[np.argmax(np.abs(c))] > 0 for c in u.T) and np.all(np.diag(upper) >= 0) and np.all(np.diff(s) <= 0)
        if max(errors) > bound or not signs:
            print(f"differs: {m} x {n} {kind} {errors} bound {bound}", file=sys.stderr)
            failures += 1
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nascent", default=".build/release/nascent")
    parser.add_argument("--cases", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    r = random.Random(options.seed)
    uses, values, elements, differing = collections.Counter(), 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.cases):
            case = Case(r)
            for i in range(r.randint(3, 8)):
                case.add(f"e{i}", r.randint(1, 4))
            manifest = {"seed": r.randrange(2**31), "variables": case.entries}
            with materialize(options.nascent, manifest, folder) as db:
                stored = {}
                for entry in case.entries:
                    found, kind = read(db, entry["name"])
                    if "expression" in entry:
                        expected, name = evaluate(entry["expression"], stored)
                        operations(entry["expression"], uses)
                        values, elements = values + 1, elements + found.size
                        if name != kind or not equal(found, np.asarray(expected, order="C")):
                            differing += 1
                            print(f"case {number}, {entry['name']} differs: {json.dumps(manifest)}", file=sys.stderr)
                    stored[entry["name"]] = (found, kind)
        matrices = max(options.cases // 4, 1)
        failed = decompositions(options.nascent, r, folder, matrices)
    for name, count in sorted(uses.items()):
        print(f"{name:12} {count:6} uses")
    print(f"{options.cases} graphs, {values} expressions, {elements} elements: {differing} differ from NumPy")
    print(f"{matrices} matrices decomposed: {failed} outside of their bounds")
    sys.exit(1 if differing or failed else 0)


if __name__ == "__main__":
    main()
