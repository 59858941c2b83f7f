"""Reads a Nascent store and checks every seal and digest: read_store.py S.db [CHECKPOINT [NAME [F.npy]]]"""
import hashlib, json, pathlib, sqlite3, struct, sys

import numpy as np

VERSION, CHUNK = 1, 1 << 20
HEAD = "name step seed dialect fingerprint_version spec_fingerprint content_digest created_at metadata"
ROW = """position name dtype shape byte_count initializer initializer_version seed_origin graph_seed
    dialect fingerprint_version fingerprint metadata alias_of is_assigned verdict deviation"""
PAYLOAD = """dtype byte_count is_recipe sha256 root mean standard_deviation minimum maximum
    not_finite preview skew kurtosis"""
LIST = "SELECT name, dtype, shape, state, sha256 FROM variables WHERE checkpoint = ?"


def columns(table, names): return ", ".join(f"{table}.{name}" for name in names.split())


CHECKPOINT = f"""SELECT id, seal IS row_seal('nascent.checkpoint-row/1', {columns("c", HEAD)},
    (SELECT group_concat(hex(row_seal(name, value)), '') FROM
      (SELECT name, value FROM metric WHERE checkpoint_id = c.id ORDER BY name)),
    (SELECT group_concat(total || '/' || number, ' ') FROM
      (SELECT total, number FROM share WHERE checkpoint_id = c.id ORDER BY total, number)))
    FROM checkpoint c WHERE name = ?"""
VARIABLE = f"""SELECT v.seal IS row_seal('nascent.variable-row/1', c.name, {columns("v", ROW)},
    v.payload_id IS NOT NULL, {columns("p", PAYLOAD)},
    (SELECT row_seal('nascent.partial-row/1', i.dtype, i.byte_count, i.is_recipe, i.preview,
      (SELECT group_concat(hex(row_seal(number, byte_count, sha256, moments)), '') FROM
        (SELECT * FROM chunk WHERE payload_id = i.id ORDER BY number)))
      FROM partial JOIN payload i ON i.id = partial.payload_id WHERE partial.variable_id = v.id)),
    v.alias_of, v.dtype, v.shape, v.byte_count, p.id, p.dtype, p.sha256, p.root, p.is_recipe
    FROM variable v JOIN checkpoint c ON c.id = v.checkpoint_id LEFT JOIN payload p ON p.id = v.payload_id
    WHERE c.id = ? AND v.name = ?"""
CHUNKS = """SELECT number, byte_count, sha256, substr(bytes, block_offset + 1, byte_count)
    FROM chunk JOIN block ON block.id = block_id WHERE payload_id = ? ORDER BY number"""


def require(condition, message):
    if not condition: raise ValueError(message)


def sha256(*parts): return hashlib.sha256(b"".join(parts)).digest()


def encoded(value):
    if value is None: return b"\0"
    if isinstance(value, int): return b"\1" + struct.pack("<q", value)
    if isinstance(value, float): return b"\2" + struct.pack("<d", value)
    data = value.encode() if isinstance(value, str) else value
    return (b"\3" if isinstance(value, str) else b"\4") + struct.pack("<Q", len(data)) + data


def top(digests):
    if len(digests) < 2: return sha256(b"\0", digests[0]) if digests else sha256()
    left = 1 << (len(digests) - 1).bit_length() - 1
    return sha256(b"\1", top(digests[:left]), top(digests[left:]))


def open_store(path):
    db = sqlite3.connect(pathlib.Path(path).absolute().as_uri() + "?mode=ro", uri=True)
    application, version = db.execute(
        "SELECT * FROM pragma_application_id, pragma_user_version").fetchone()
    require(application == 0x4E415343, "this is not a Nascent store")
    require(version == VERSION, f"it has version {version}; this reads version {VERSION}")
    db.create_function("row_seal", -1, lambda *row: sha256(*map(encoded, row)), deterministic=True)
    return db


def find(db, name, checkpoint):
    head = db.execute(CHECKPOINT, (checkpoint,)).fetchone()
    require(head, "there is no such checkpoint")
    require(head[1], f"the row of checkpoint {checkpoint}, or of a metric, is damaged")
    row = db.execute(VARIABLE, (head[0], name)).fetchone()
    require(row, "there is no such variable")
    require(row[0], f"the row of {name}, or of its value, is damaged")
    return find(db, row[1], checkpoint) if row[1] else row[2:]


def read(db, name, checkpoint="initial"):
    dtype, shape, size, payload, stored_dtype, digest, root, is_recipe = find(db, name, checkpoint)
    require(not is_recipe, "only the recipe is stored; `nascent materialize` fills it in")
    require(digest, "the variable has no value yet")
    data, leaves = bytearray(), []
    for number, length, leaf, part in db.execute(CHUNKS, (payload,)):
        require(number * CHUNK == len(data) and length == len(part) == min(CHUNK, size - len(data))
            and sha256(part) == leaf, f"chunk {len(data) // CHUNK} is damaged")
        data += part
        leaves.append(leaf)
    require((len(data), stored_dtype, sha256(data)) == (size, dtype, digest), "the value is damaged")
    require(sha256(b"\2", struct.pack("<Q", size), top(leaves)) == root, "the digests are damaged")
    if dtype == "bfloat16":  # float32 holds it exactly.
        data, dtype = np.frombuffer(data, "<u2").astype("<u4") << 16, "float32"
    return np.frombuffer(data, np.dtype(dtype).newbyteorder("<")).reshape(json.loads(shape))


def main(path, checkpoint="initial", name=None, file=None):
    db = open_store(path)
    if name is None:
        rows = db.execute(LIST, (checkpoint,)).fetchall()
        require(rows, "there is no such checkpoint")
        for row in rows: find(db, row[0], checkpoint)
        for row in rows: print(*row, sep="\t")
    elif file: np.save(file, read(db, name, checkpoint))
    else: print(read(db, name, checkpoint))


if __name__ == "__main__":
    try: main(*sys.argv[1:])
    except (ValueError, TypeError, OSError, RecursionError, sqlite3.Error) as error:
        sys.exit(f"Cannot read {' '.join(sys.argv[1:])}: {error}")
