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


def digest(array, dtype):
    if dtype == "bfloat16": array = (array.view(np.uint32) >> 16).astype(np.uint16)
    return hashlib.sha256(array.tobytes()).hexdigest()


def values(path):
    db = read_store.open_store(path)
    found = {}
    for checkpoint, in db.execute("SELECT name FROM checkpoint ORDER BY id"):
        found[checkpoint] = {}
        for name, dtype, _, _, alias, _, sha256, is_recipe, *_ in read_store.variables(db, checkpoint).values():
            if alias: sha256, is_recipe = read_store.variables(db, checkpoint)[alias][6:8]
            found[checkpoint][name] = (
                "declared" if sha256 is None else f"recipe {sha256.hex()}" if is_recipe
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
