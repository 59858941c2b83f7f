"""Opens stores with Datasette and pandas, as they come from PyPI, and the extension with the sqlite3 program.

    python -m venv venv && venv/bin/pip install -r requirements-sql.txt
    swift build -c release --product nascent
    swift build -c release --product NascentSQLite
    venv/bin/python Tests/Differential/sql.py [--build FOLDER]

Every view and table must open in Datasette, with as many rows as SQLite counts, and as text, JSON and CSV. pandas must
read the views with the types that one computes with, and the values of the extension `nascent_values` must be those of
the exported .npy file, bit for bit. Prints one line a check; a failure makes the exit code 1.
"""
import argparse
import csv
import io
import json
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

import numpy as np
import pandas

VIEWS = ["checkpoints", "variables", "uninitialized", "metrics", "runs"]
GRAPH = {
    "format": "nascent.graph/1",
    "seed": 42,
    "variables": [
        {"name": "dense/kernel", "shape": [300, 1000], "initializer": "he_uniform"},
        {"name": "dense/bias", "shape": [1000], "initializer": "zeros"},
        {"name": "half", "shape": [33, 7], "dtype": "float16", "initializer": "glorot_normal"},
        {"name": "wide", "shape": [100], "dtype": "float64", "initializer": "random_normal"},
        {"name": "count", "shape": [], "dtype": "int64", "initializer": "ones"},
        {"name": "later", "shape": [3], "initializer": "ones"},
    ],
    "tied": [["head/kernel", "dense/kernel"]],
}


class Checks:
    """Counts and prints."""

    def __init__(self):
        self.failures = 0

    def check(self, name, found, expected=True):
        is_right = found == expected
        self.failures += not is_right
        print(f"{'ok    ' if is_right else 'FAILED'} {name}" + ("" if is_right else f": {found!r}, expected {expected!r}"))


def datasette(store, path):
    run = subprocess.run(
        [sys.executable, "-m", "datasette", "--get", path, "--setting", "sql_time_limit_ms", "10000", str(store)],
        capture_output=True, text=True)
    return run.stdout if run.returncode == 0 else f"exit code {run.returncode}: {run.stderr}"


def check_datasette(checks, store):
    database = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    name = store.stem
    tables = [row[0] for row in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
    for table in VIEWS + tables:
        count = database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
        rows = json.loads(datasette(store, f"/{name}/{table}.json?_shape=array&_size=max"))
        checks.check(f"Datasette: {table} as JSON, {count} rows", len(rows), count)
        page = datasette(store, f"/{name}/{table}")
        checks.check(f"Datasette: {table} as a page", "<table" in page or count == 0)
    text = datasette(store, f"/{name}/variables.csv?_size=max")
    rows = list(csv.DictReader(io.StringIO(text)))
    checks.check("Datasette: variables as CSV", [row["name"] for row in rows],
                 [row[0] for row in database.execute("SELECT name FROM variables")])
    checks.check("Datasette: no view shows bytes", any(set(row) & {"bytes_", "$base64"} for row in rows), False)


def check_pandas(checks, store):
    database = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    variables = pandas.read_sql("SELECT * FROM variables", database).set_index("name")
    checks.check("pandas: the names in order", list(variables.index), [v["name"] for v in GRAPH["variables"]] + ["head/kernel"])
    checks.check("pandas: bytes are integers", str(variables["bytes"].dtype), "int64")
    checks.check("pandas: statistics are floats", str(variables["standard_deviation"].dtype), "float64")
    checks.check("pandas: what has no value has no statistics", bool(np.isnan(variables.loc["later", "mean"])))
    checks.check("pandas: the sum of bytes", int(variables.query("alias_of.isna()")["bytes"].sum()),
                 300 * 1000 * 4 + 1000 * 4 + 33 * 7 * 2 + 100 * 8 + 8 + 3 * 4)
    for view in VIEWS:
        frame = pandas.read_sql(f"SELECT * FROM {view}", database)
        checks.check(f"pandas: {view} has no bytes", any(isinstance(x, bytes) for x in frame.to_numpy().ravel()), False)


def sqlite(store, extension, query):
    """The one column of a query in the sqlite3 program; Python's own SQLite may have been built without extensions."""
    run = subprocess.run(["sqlite3", store, f".load {extension}", query], check=True, capture_output=True, text=True)
    return run.stdout.splitlines()


def check_extension(checks, store, extension, nascent, folder):
    for name in ["dense/kernel", "half", "wide"]:
        file = folder / "values.npy"
        subprocess.run([nascent, "export", store, file, "--only", name], check=True, capture_output=True)
        expected = np.load(file)
        bits = sqlite(store, extension, f"SELECT hex(ieee754_to_blob(value)) FROM nascent_values('{name}')")
        found = np.frombuffer(bytes.fromhex("".join(bits)), ">f8").astype(expected.dtype).reshape(expected.shape)
        checks.check(f"nascent_values: {name} is the exported array, bit for bit", found.tobytes() == expected.tobytes())
        text = sqlite(store, extension, f"SELECT nascent_stats(value) FROM nascent_values('{name}')")[0]
        found, values = json.loads(text), expected.astype(np.float64)
        # Sums of n terms in two orders: each may be wrong by n roundings of the largest partial sum.
        bound = 2 * values.size * 2.0**-53
        deviation = values.std()
        scaled = (values - values.mean()) / deviation
        checks.check(f"nascent_stats: {name} has NumPy's statistics", bool(
            found["count"] == values.size and found["minimum"] == values.min() and found["maximum"] == values.max()
            and abs(found["mean"] - values.mean()) <= bound * np.abs(values).mean()
            and abs(found["standard_deviation"] - deviation) <= bound * deviation
            and abs(found["skew"] - (scaled**3).mean()) <= 3 * bound * (np.abs(scaled) ** 3).mean()
            and abs(found["excess_kurtosis"] - ((scaled**4).mean() - 3)) <= 4 * bound * (scaled**4).mean()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=".build/release", help="the folder of the command and the extension")
    build = pathlib.Path(parser.parse_args().build).resolve()
    nascent = build / "nascent"
    extension = build / ("libNascentSQLite.dylib" if sys.platform == "darwin" else "libNascentSQLite.so")
    checks = Checks()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        manifest, store = folder / "graph.json", folder / "store.db"
        manifest.write_text(json.dumps(GRAPH))
        only = [option for v in GRAPH["variables"][:-1] for option in ("--only", v["name"])]
        subprocess.run([nascent, "materialize", manifest, "--store", store, "--quiet"] + only, check=True)
        check_datasette(checks, store)
        check_pandas(checks, store)
        check_extension(checks, store, extension, nascent, folder)
    print(f"\n{checks.failures} failures")
    sys.exit(checks.failures > 0)


if __name__ == "__main__":
    main()
