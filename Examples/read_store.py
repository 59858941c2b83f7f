"""Reads a Nascent store and checks every digest: read_store.py S.db [CHECKPOINT [NAME [F.npy]]]"""
import hashlib, json, pathlib, sqlite3, sys

import numpy as np

VERSION, CHUNK = 1, 1 << 20
LIST = "SELECT name, dtype, shape, state, sha256 FROM variables WHERE checkpoint = ?"
VALUE = """SELECT v.dtype, v.shape, v.byte_count, p.id, p.dtype, p.sha256, p.is_recipe
    FROM checkpoint c JOIN variable named ON named.checkpoint_id = c.id
    JOIN variable v ON v.checkpoint_id = c.id AND v.name = coalesce(named.alias_of, named.name)
    LEFT JOIN payload p ON p.id = v.payload_id WHERE c.name = ? AND named.name = ?"""
CHUNKS = """SELECT number, byte_count, sha256, substr(bytes, block_offset + 1, byte_count)
    FROM chunk JOIN block ON block.id = block_id WHERE payload_id = ? ORDER BY number"""


def require(condition, message):
    if not condition: raise ValueError(message)


def open_store(path):
    db = sqlite3.connect(pathlib.Path(path).absolute().as_uri() + "?mode=ro", uri=True)
    application, version = db.execute(
        "SELECT * FROM pragma_application_id, pragma_user_version").fetchone()
    require(application == 0x4E415343, "this is not a Nascent store")
    require(version == VERSION, f"it has version {version}; this reads version {VERSION}")
    return db


def read(db, name, checkpoint="initial"):
    row = db.execute(VALUE, (checkpoint, name)).fetchone()
    require(row, "there is no such variable")
    dtype, shape, size, payload, stored_dtype, sha256, is_recipe = row
    require(not is_recipe, "only the recipe is stored; `nascent materialize` fills it in")
    require(sha256, "the variable has no value yet")
    data = bytearray()
    for number, length, digest, part in db.execute(CHUNKS, (payload,)):
        require(number * CHUNK == len(data) and length == len(part) == min(CHUNK, size - len(data))
            and hashlib.sha256(part).digest() == digest, f"chunk {len(data) // CHUNK} is damaged")
        data += part
    require((len(data), stored_dtype, hashlib.sha256(data).digest()) == (size, dtype, sha256),
            "the value is damaged")
    if dtype == "bfloat16":  # float32 holds it exactly.
        data, dtype = np.frombuffer(data, "<u2").astype("<u4") << 16, "float32"
    return np.frombuffer(data, np.dtype(dtype).newbyteorder("<")).reshape(json.loads(shape))


def main(path, checkpoint="initial", name=None, file=None):
    db = open_store(path)
    if name is None:
        rows = db.execute(LIST, (checkpoint,)).fetchall()
        require(rows, "there is no such checkpoint")
        for row in rows: print(*row, sep="\t")
    elif file: np.save(file, read(db, name, checkpoint))
    else: print(read(db, name, checkpoint))


if __name__ == "__main__":
    try: main(*sys.argv[1:])
    except (ValueError, TypeError, OSError, sqlite3.Error) as error:
        sys.exit(f"Cannot read {' '.join(sys.argv[1:])}: {error}")
