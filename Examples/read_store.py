"""Reads a Nascent store with sqlite3 and NumPy alone, as Schema/FORMAT.md describes it.

    python3 Examples/read_store.py S.db [--checkpoint C]                      lists the variables
    python3 Examples/read_store.py S.db NAME [--checkpoint C] [--save F.npy]  prints a value, or saves it

Every digest is checked; bfloat16 becomes float32, which holds it exactly.
"""
import argparse
import hashlib
import json
import pathlib
import sqlite3
import sys

import numpy as np

NEWEST, CHUNK = 3, 1 << 20
VARIABLES = """SELECT v.name, v.dtype, v.shape, v.byte_count, v.alias_of, p.id, p.sha256, p.is_recipe, p.dtype, p.byte_count
    FROM variable v JOIN checkpoint c ON c.id = v.checkpoint_id LEFT JOIN payload p ON p.id = v.payload_id
    WHERE c.name = ? ORDER BY v.position"""
CHUNKS = """SELECT number, chunk.byte_count, sha256, substr(bytes, block_offset + 1, chunk.byte_count)
    FROM chunk LEFT JOIN block ON block.id = block_id WHERE payload_id = ? ORDER BY number"""


def require(condition, message):
    if not condition: raise ValueError(message)


def open_store(path):
    db = sqlite3.connect(pathlib.Path(path).absolute().as_uri() + "?mode=ro", uri=True)
    require(db.execute("PRAGMA application_id").fetchone()[0] == 0x4E415343, "this is not a Nascent store")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    require(1 <= version <= NEWEST, f"the store has version {version}, and this reader knows versions up to {NEWEST}")
    return db


def variables(db, checkpoint="initial"):
    rows = {row[0]: row for row in db.execute(VARIABLES, (checkpoint,))}
    require(rows, f"the store has no variables in a checkpoint {checkpoint!r}")
    return rows


def read(db, name, checkpoint="initial"):
    rows = variables(db, checkpoint)
    require(name in rows, f"checkpoint {checkpoint!r} has no variable {name!r}")
    _, dtype, shape, size, _, payload, sha256, is_recipe, stored_dtype, stored_size = rows[rows[name][4] or name]
    require(sha256, f"variable {name!r} is declared and has no value yet")
    require(not is_recipe, f"of variable {name!r} only the recipe is stored; `nascent materialize` fills it in")
    require((dtype, size) == (stored_dtype, stored_size), f"variable {name!r} is damaged: another type or size")
    data = bytearray()
    for number, length, digest, part in db.execute(CHUNKS, (payload,)):
        require(number * CHUNK == len(data) and length == len(part or b"") == min(CHUNK, size - len(data))
                and hashlib.sha256(part).digest() == digest, f"chunk {number} of variable {name!r} is damaged")
        data += part
    require(len(data) == size and hashlib.sha256(data).digest() == sha256, f"variable {name!r} is damaged")
    elements = np.frombuffer(data, np.dtype("uint16" if dtype == "bfloat16" else dtype).newbyteorder("<"))
    if dtype == "bfloat16": elements = (elements.astype(np.uint32) << 16).view(np.float32)
    return elements.reshape(json.loads(shape))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for option in ("store", "name"): parser.add_argument(option, nargs="?" if option == "name" else None)
    parser.add_argument("--checkpoint", default="initial")
    parser.add_argument("--save", help="a .npy file to write")
    options = parser.parse_args()
    try:
        db = open_store(options.store)
        if options.name is None:
            for name, dtype, shape, _, alias, _, sha256, is_recipe, *_ in variables(db, options.checkpoint).values():
                state = f"alias of {alias}" if alias else "recipe" if is_recipe else sha256.hex() if sha256 else "declared"
                print(name, dtype, shape, state, sep="\t")
        elif options.save: np.save(options.save, read(db, options.name, options.checkpoint))
        else: print(read(db, options.name, options.checkpoint))
    except (ValueError, TypeError, OSError, sqlite3.Error) as error:
        sys.exit(f"Cannot read {options.store}: {error}")


if __name__ == "__main__":
    main()
