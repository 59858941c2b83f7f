-- Version 1 of the store. FORMAT.md says what each column means.

CREATE TABLE checkpoint (
  id                  INTEGER PRIMARY KEY,
  name                TEXT    NOT NULL UNIQUE,
  step                INTEGER,
  seed                INTEGER NOT NULL,
  dialect             TEXT    NOT NULL,
  fingerprint_version INTEGER NOT NULL,
  spec_fingerprint    BLOB    NOT NULL CHECK (length(spec_fingerprint) = 32),
  content_digest      BLOB    CHECK (length(content_digest) = 32),
  created_at          TEXT    NOT NULL
) STRICT;

-- Bytes of a tensor, shared by every variable that has the same. `sha256` is null while the chunks
-- are still being written; such a payload belongs to nobody and the next writer removes it.
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
  preview            TEXT
) STRICT;

CREATE INDEX payload_by_digest ON payload (sha256);

-- About 1 MiB of bytes: one chunk of a large tensor, or many small tensors one after another.
CREATE TABLE block (
  id    INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;

-- Where the chunks of a payload lie. A recipe's chunks have a digest and no place.
CREATE TABLE chunk (
  payload_id   INTEGER NOT NULL REFERENCES payload (id) ON DELETE CASCADE,
  number       INTEGER NOT NULL CHECK (number >= 0),
  byte_count   INTEGER NOT NULL CHECK (byte_count > 0),
  sha256       BLOB    NOT NULL CHECK (length(sha256) = 32),
  block_id     INTEGER REFERENCES block (id),
  block_offset INTEGER CHECK (block_offset >= 0),
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
  UNIQUE (checkpoint_id, name)
) STRICT;

CREATE INDEX variable_by_payload ON variable (payload_id);

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
    WHEN variable.payload_id IS NULL THEN 'declared'
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
  payload.not_finite AS not_finite
FROM variable
JOIN checkpoint ON checkpoint.id = variable.checkpoint_id
LEFT JOIN variable AS source
  ON source.checkpoint_id = variable.checkpoint_id
  AND source.name = coalesce(variable.alias_of, variable.name)
LEFT JOIN payload ON payload.id = source.payload_id
ORDER BY checkpoint.id, variable.position;

CREATE VIEW uninitialized AS
SELECT checkpoint, name, shape, dtype, initializer FROM variables WHERE state = 'declared';

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
  checkpoint.fingerprint_version AS fingerprint_version
FROM checkpoint
LEFT JOIN variable ON variable.checkpoint_id = checkpoint.id AND variable.alias_of IS NULL
LEFT JOIN payload ON payload.id = variable.payload_id
GROUP BY checkpoint.id
ORDER BY checkpoint.id;

CREATE VIEW runs AS
SELECT
  started_at, finished_at, checkpoint, materialized, skipped, verified, replaced, failed,
  tool_version
FROM run
ORDER BY id;
