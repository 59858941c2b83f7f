-- A store, version 1 of the format. FORMAT.md says what each column means.

CREATE TABLE checkpoint (
  id                  INTEGER PRIMARY KEY,
  name                TEXT    NOT NULL UNIQUE,
  step                INTEGER,
  seed                INTEGER NOT NULL,
  dialect             TEXT    NOT NULL,
  fingerprint_version INTEGER NOT NULL,
  spec_fingerprint    BLOB    NOT NULL CHECK (length(spec_fingerprint) = 32),
  content_digest      BLOB    CHECK (length(content_digest) = 32),
  created_at          TEXT    NOT NULL,
  metadata            TEXT    NOT NULL DEFAULT '{}',
  seal                BLOB    CHECK (length(seal) = 32)
) STRICT;

-- Bytes of a tensor, shared by every variable that has the same. `sha256` and `root` are null while chunks
-- are missing; such a payload belongs to a row of `partial`, or to nobody, and the next writer removes it.
CREATE TABLE payload (
  id                 INTEGER PRIMARY KEY,
  dtype              TEXT    NOT NULL,
  byte_count         INTEGER NOT NULL CHECK (byte_count >= 0),
  is_recipe          INTEGER NOT NULL CHECK (is_recipe IN (0, 1)),
  sha256             BLOB    CHECK (length(sha256) = 32),
  mean               REAL,
  standard_deviation REAL,
  minimum            REAL,
  maximum            REAL,
  not_finite         INTEGER,
  preview            TEXT,
  root               BLOB    CHECK (length(root) = 32),
  subtrees           BLOB    CHECK (length(subtrees) % 32 = 0),
  skew               REAL,
  kurtosis           REAL
) STRICT;

CREATE INDEX payload_by_digest ON payload (sha256);

-- One chunk of a large tensor, or many small tensors one after another.
CREATE TABLE block (
  id    INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;

-- Where the chunks of a payload lie; a whole recipe has none. Of a chunk of a partial value, `moments` are what the
-- statistics of the whole are made of, as nobody may have all its bytes.
CREATE TABLE chunk (
  payload_id   INTEGER NOT NULL REFERENCES payload (id) ON DELETE CASCADE,
  number       INTEGER NOT NULL CHECK (number >= 0),
  byte_count   INTEGER NOT NULL CHECK (byte_count > 0),
  sha256       BLOB    NOT NULL CHECK (length(sha256) = 32),
  block_id     INTEGER REFERENCES block (id),
  block_offset INTEGER CHECK (block_offset >= 0),
  moments      BLOB    CHECK (length(moments) = 64),
  PRIMARY KEY (payload_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX chunk_by_digest ON chunk (sha256);
CREATE INDEX chunk_by_block ON chunk (block_id);

CREATE TABLE variable (
  id                  INTEGER PRIMARY KEY,
  checkpoint_id       INTEGER NOT NULL REFERENCES checkpoint (id) ON DELETE CASCADE,
  position            INTEGER NOT NULL,
  name                TEXT    NOT NULL,
  dtype               TEXT    NOT NULL,
  shape               TEXT    NOT NULL,
  byte_count          INTEGER NOT NULL CHECK (byte_count >= 0),
  initializer         TEXT    NOT NULL,
  initializer_version INTEGER NOT NULL,
  seed_origin         TEXT    NOT NULL CHECK (seed_origin IN ('none', 'own', 'graph')),
  graph_seed          INTEGER,
  dialect             TEXT    NOT NULL,
  fingerprint_version INTEGER NOT NULL,
  fingerprint         BLOB    NOT NULL CHECK (length(fingerprint) = 32),
  metadata            TEXT    NOT NULL,
  alias_of            TEXT,
  payload_id          INTEGER REFERENCES payload (id),
  is_assigned         INTEGER NOT NULL DEFAULT 0 CHECK (is_assigned IN (0, 1)),
  verdict             TEXT    CHECK (verdict IN ('fits', 'deviates', 'not checked')),
  deviation           TEXT,
  seal                BLOB    CHECK (length(seal) = 32),
  UNIQUE (checkpoint_id, name)
) STRICT;

CREATE INDEX variable_by_payload ON variable (payload_id);

-- What a transaction has changed and not sealed yet; empty where none is open.
CREATE INDEX variable_unsealed ON variable (id) WHERE seal IS NULL;

CREATE TABLE metric (
  checkpoint_id INTEGER NOT NULL REFERENCES checkpoint (id) ON DELETE CASCADE,
  name          TEXT    NOT NULL,
  value         REAL,
  PRIMARY KEY (checkpoint_id, name)
) STRICT, WITHOUT ROWID;

-- A value of which only some chunks are there. Its payload is incomplete and belongs to the variable.
CREATE TABLE partial (
  variable_id INTEGER PRIMARY KEY REFERENCES variable (id) ON DELETE CASCADE,
  payload_id  INTEGER NOT NULL UNIQUE REFERENCES payload (id)
) STRICT;

-- The shares that runs were asked for: number `number`, from 0, of `total`.
CREATE TABLE share (
  checkpoint_id INTEGER NOT NULL REFERENCES checkpoint (id) ON DELETE CASCADE,
  total         INTEGER NOT NULL CHECK (total > 0),
  number        INTEGER NOT NULL CHECK (number >= 0 AND number < total),
  PRIMARY KEY (checkpoint_id, total, number)
) STRICT, WITHOUT ROWID;

-- Other files that hold bytes of this store: the stores of a catalog, and model files.
CREATE TABLE part (
  id   INTEGER PRIMARY KEY,
  path TEXT NOT NULL UNIQUE
) STRICT;

-- Bytes that lie in another file: a block of a store, or all from a byte of a model file on. The key is negative, so that
-- it is none of `block`.
CREATE TABLE outer_block (
  id          INTEGER PRIMARY KEY CHECK (id < 0),
  part_id     INTEGER NOT NULL REFERENCES part (id),
  block_id    INTEGER,
  file_offset INTEGER CHECK (file_offset >= 0),
  CHECK ((block_id IS NULL) <> (file_offset IS NULL)),
  UNIQUE (part_id, block_id, file_offset)
) STRICT;

CREATE TABLE run (
  id           INTEGER PRIMARY KEY,
  checkpoint   TEXT    NOT NULL,
  started_at   TEXT    NOT NULL,
  finished_at  TEXT,
  materialized INTEGER NOT NULL DEFAULT 0,
  skipped      INTEGER NOT NULL DEFAULT 0,
  verified     INTEGER NOT NULL DEFAULT 0,
  replaced     INTEGER NOT NULL DEFAULT 0,
  failed       INTEGER NOT NULL DEFAULT 0,
  tool_version TEXT    NOT NULL
) STRICT;

-- The public face: no view shows a BLOB, digests are hexadecimal text.

CREATE VIEW variables AS
SELECT
  checkpoint.name AS checkpoint,
  variable.name AS name,
  variable.shape AS shape,
  variable.dtype AS dtype,
  variable.initializer AS initializer,
  CASE
    WHEN variable.alias_of IS NOT NULL THEN 'alias'
    WHEN variable.payload_id IS NULL THEN
      iif(
        EXISTS (SELECT 1 FROM partial WHERE partial.variable_id = variable.id), 'partial',
        'declared')
    WHEN payload.is_recipe THEN 'recipe'
    ELSE 'materialized'
  END AS state,
  variable.byte_count AS bytes,
  CASE WHEN payload.sha256 IS NOT NULL THEN lower(hex(payload.sha256)) END AS sha256,
  payload.mean AS mean,
  payload.standard_deviation AS standard_deviation,
  payload.minimum AS minimum,
  payload.maximum AS maximum,
  payload.preview AS preview,
  variable.alias_of AS alias_of,
  variable.metadata AS metadata,
  lower(hex(variable.fingerprint)) AS fingerprint,
  payload.not_finite AS not_finite,
  coalesce(source.is_assigned, 0) AS assigned,
  payload.skew AS skew,
  payload.kurtosis AS kurtosis,
  source.verdict AS verdict,
  source.deviation AS deviation
FROM variable
JOIN checkpoint ON checkpoint.id = variable.checkpoint_id
LEFT JOIN variable AS source
  ON source.checkpoint_id = variable.checkpoint_id
  AND source.name = coalesce(variable.alias_of, variable.name)
LEFT JOIN payload ON payload.id = source.payload_id
ORDER BY checkpoint.id, variable.position;

CREATE VIEW uninitialized AS
SELECT checkpoint, name, shape, dtype, initializer
FROM variables
WHERE state IN ('declared', 'partial');

CREATE VIEW checkpoints AS
SELECT
  checkpoint.name AS name,
  checkpoint.step AS step,
  checkpoint.seed AS seed,
  checkpoint.dialect AS dialect,
  count(variable.id) AS variables,
  count(payload.id) FILTER (WHERE NOT payload.is_recipe) AS materialized,
  coalesce(sum(variable.byte_count) FILTER (WHERE NOT payload.is_recipe), 0) AS bytes,
  lower(hex(checkpoint.spec_fingerprint)) AS spec_fingerprint,
  CASE
    WHEN checkpoint.content_digest IS NOT NULL THEN lower(hex(checkpoint.content_digest))
  END AS content_digest,
  checkpoint.created_at AS created_at,
  checkpoint.fingerprint_version AS fingerprint_version,
  checkpoint.metadata AS metadata
FROM checkpoint
LEFT JOIN variable ON variable.checkpoint_id = checkpoint.id AND variable.alias_of IS NULL
LEFT JOIN payload ON payload.id = variable.payload_id
GROUP BY checkpoint.id
ORDER BY checkpoint.id;

CREATE VIEW metrics AS
SELECT
  checkpoint.name AS checkpoint,
  checkpoint.step AS step,
  metric.name AS name,
  metric.value AS value
FROM metric
JOIN checkpoint ON checkpoint.id = metric.checkpoint_id
ORDER BY checkpoint.step, checkpoint.id, metric.name;

CREATE VIEW shares AS
SELECT checkpoint.name AS checkpoint, share.number AS number, share.total AS total
FROM share JOIN checkpoint ON checkpoint.id = share.checkpoint_id
ORDER BY checkpoint.id, share.total, share.number;

CREATE VIEW partial_values AS
SELECT
  checkpoint.name AS checkpoint,
  variable.name AS name,
  (SELECT count(*) FROM chunk WHERE chunk.payload_id = partial.payload_id) AS chunks,
  (variable.byte_count + 1048575) / 1048576 AS chunk_count
FROM partial
JOIN variable ON variable.id = partial.variable_id
JOIN checkpoint ON checkpoint.id = variable.checkpoint_id
ORDER BY checkpoint.id, variable.position;

CREATE VIEW runs AS
SELECT
  started_at, finished_at, checkpoint, materialized, skipped, verified, replaced, failed,
  tool_version
FROM run
ORDER BY id;
