"""Reads a Nascent store and checks every seal and digest: read_store.py S.db [CHECKPOINT [NAME [F.npy]]]"""
import hashlib, json, pathlib, sqlite3, struct, sys

import numpy as np

VERSION, CHUNK = 1, 1 << 20
SEALED = """v.seal IS row_seal('nascent.variable-row/1', c.name, v.position, v.name, v.dtype, v.shape, v.byte_count,
    v.initializer, v.initializer_version, v.seed_origin, v.graph_seed, v.dialect, v.fingerprint_version, v.fingerprint,
    v.metadata, v.alias_of, v.is_assigned, v.verdict, v.deviation, v.payload_id IS NOT NULL, p.dtype, p.byte_count,
    p.is_recipe, p.sha256, p.root, p.mean, p.standard_deviation, p.minimum, p.maximum, p.not_finite, p.preview,
    p.skew, p.kurtosis)"""
ROWS = """FROM checkpoint c JOIN variable v ON v.checkpoint_id = c.id LEFT JOIN payload p ON p.id = v.payload_id
    WHERE c.name = ?"""
LIST = "SELECT name, dtype, shape, state, sha256 FROM variables WHERE checkpoint = ?"
VALUE = f"""SELECT {SEALED}, v.alias_of, v.dtype, v.shape, v.byte_count, p.id, p.dtype, p.sha256, p.is_recipe
    {ROWS} AND v.name = ?"""
CHUNKS = """SELECT number, byte_count, sha256, substr(bytes, block_offset + 1, byte_count)
    FROM chunk JOIN block ON block.id = block_id WHERE payload_id = ? ORDER BY number"""


def encoded(value):
    if value is None: return b"\0"
    if isinstance(value, int): return struct.pack("<Bq", 1, value)
    if isinstance(value, float): return struct.pack("<Bd", 2, value)
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<BQ", 3 if isinstance(value, str) else 4, len(data)) + data


def row_seal(*values): return hashlib.sha256(b"".join(map(encoded, values))).digest()


def require(condition, message):
    if not condition: raise ValueError(message)


def open_store(path):
    db = sqlite3.connect(pathlib.Path(path).absolute().as_uri() + "?mode=ro", uri=True)
    application, version = db.execute(
        "SELECT * FROM pragma_application_id, pragma_user_version").fetchone()
    require(application == 0x4E415343, "this is not a Nascent store")
    require(version == VERSION, f"it has version {version}; this reads version {VERSION}")
    db.create_function("row_seal", -1, row_seal, deterministic=True)
    return db


def read(db, name, checkpoint="initial"):
    row = db.execute(VALUE, (checkpoint, name)).fetchone()
    require(row, "there is no such variable")
    is_sealed, alias_of, dtype, shape, size, payload, stored_dtype, sha256, is_recipe = row
    require(is_sealed, "the variable's row is damaged")
    if alias_of is not None: return read(db, alias_of, checkpoint)
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
        for name, is_sealed in db.execute(f"SELECT v.name, {SEALED} {ROWS}", (checkpoint,)):
            require(is_sealed, f"the row of {name} is damaged")
        for row in rows: print(*row, sep="\t")
    elif file: np.save(file, read(db, name, checkpoint))
    else: print(read(db, name, checkpoint))


if __name__ == "__main__":
    try: main(*sys.argv[1:])
    except (ValueError, TypeError, OSError, sqlite3.Error) as error:
        sys.exit(f"Cannot read {' '.join(sys.argv[1:])}: {error}")
