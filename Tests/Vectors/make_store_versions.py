"""Writes Tests/Vectors/store-versions.json: the SHA-256 of every value in the stores of each version.

    python3 Tests/Vectors/make_store_versions.py

The values are read by Examples/read_store.py. A store that is listed once is not read again: later versions must find what
the first one found.
"""
import hashlib
import json
import pathlib
import sys

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1] / "Examples"))

import read_store

VARIABLES = "SELECT name, dtype, sha256, coalesce(alias_of, name), state FROM variables WHERE checkpoint = ?"


def digest(array, dtype):
    if dtype == "bfloat16": array = (array.view(np.uint32) >> 16).astype(np.uint16)
    return hashlib.sha256(array.tobytes()).hexdigest()


def values(path):
    db = read_store.open_store(path)
    found = {}
    for checkpoint, in db.execute("SELECT name FROM checkpoint ORDER BY id"):
        found[checkpoint] = {}
        rows = db.execute(VARIABLES, (checkpoint,)).fetchall()
        states = {name: state for name, *_, state in rows}
        for name, dtype, sha256, source, _ in rows:
            state = states[source]
            found[checkpoint][name] = (
                state if state == "declared" else f"recipe {sha256}" if state == "recipe"
                else digest(read_store.read(db, name, checkpoint), dtype))
    return found


def main():
    file = FOLDER / "store-versions.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    for path in sorted(FOLDER.glob("store-v*.sqlite")):
        if path.name not in known: known[path.name] = values(path)
    file.write_text(json.dumps(known, indent=1) + "\n")


if __name__ == "__main__":
    main()
