-- The statements that the library runs: each begins after a line `-- name: …`.

-- name: schemaObjects
SELECT type, name, tbl_name, sql FROM sqlite_master

-- name: findCheckpoint
SELECT id, content_digest FROM checkpoint WHERE name = :name

-- name: insertSavedCheckpoint
INSERT INTO checkpoint (name, step, seed, dialect, fingerprint_version, spec_fingerprint, metadata,
  created_at)
VALUES (:name, :step, :seed, :dialect, :version, :fingerprint, :metadata, :now)

-- name: savedCheckpoints
SELECT id, name, step, metadata, content_digest, created_at
FROM checkpoint WHERE step IS NOT NULL
ORDER BY step, id

-- name: forgetStep
UPDATE checkpoint SET step = NULL, metadata = '{}' WHERE id = :id

-- name: deleteCheckpoint
DELETE FROM checkpoint WHERE id = :id

-- name: insertMetric
INSERT INTO metric (checkpoint_id, name, value) VALUES (:id, :name, :value)

-- name: metrics
SELECT checkpoint_id, name, value FROM metric

-- name: deleteMetrics
DELETE FROM metric WHERE checkpoint_id = :id

-- name: insertCheckpoint
INSERT INTO checkpoint (name, seed, dialect, fingerprint_version, spec_fingerprint, created_at)
VALUES (:name, :seed, :dialect, :version, :fingerprint, :now)

-- name: updateCheckpoint
UPDATE checkpoint
SET seed = :seed, dialect = :dialect, fingerprint_version = :version,
    spec_fingerprint = :fingerprint
WHERE id = :id

-- name: clearContentDigest
UPDATE checkpoint SET content_digest = NULL WHERE id = :id AND content_digest IS NOT NULL

-- name: setContentDigest
UPDATE checkpoint SET content_digest = :digest WHERE id = :id AND content_digest IS NOT :digest

-- name: checkpointSummaries
SELECT name, step, seed, dialect, variables, materialized, bytes, spec_fingerprint,
  content_digest, created_at
FROM checkpoints

-- name: storedVariables
SELECT variable.id, position, name, variable.dtype, shape, variable.byte_count, initializer,
  initializer_version, seed_origin, graph_seed, dialect, fingerprint_version, fingerprint, metadata,
  alias_of, payload_id, payload.sha256, payload.is_recipe, is_assigned
FROM variable LEFT JOIN payload ON payload.id = variable.payload_id
WHERE checkpoint_id = ?1
ORDER BY position

-- name: storedVariable
SELECT variable.id, position, name, variable.dtype, shape, variable.byte_count, initializer,
  initializer_version, seed_origin, graph_seed, dialect, fingerprint_version, fingerprint, metadata,
  alias_of, payload_id, payload.sha256, payload.is_recipe, is_assigned
FROM variable LEFT JOIN payload ON payload.id = variable.payload_id
WHERE checkpoint_id = ?1 AND name = ?2

-- name: presentVariables
SELECT variable.id, position, name, variable.byte_count, fingerprint, metadata, alias_of,
  payload.sha256, payload.is_recipe, is_assigned
FROM variable LEFT JOIN payload ON payload.id = variable.payload_id
WHERE checkpoint_id = ?1

-- name: contentOfCheckpoint
SELECT name, variable.dtype, shape, sha256
FROM variable LEFT JOIN payload ON payload.id = variable.payload_id
WHERE checkpoint_id = ?1 AND alias_of IS NULL

-- name: shownVariables
SELECT name, shape, dtype, initializer, state, bytes, sha256, mean, standard_deviation, minimum,
  maximum, preview, alias_of, assigned, skew, kurtosis, verdict, deviation, not_finite
FROM variables WHERE checkpoint = :checkpoint

-- name: putVariable
INSERT INTO variable (checkpoint_id, position, name, dtype, shape, byte_count, initializer,
  initializer_version, seed_origin, graph_seed, dialect, fingerprint_version, fingerprint, metadata,
  alias_of, payload_id)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, NULL)
ON CONFLICT (checkpoint_id, name) DO UPDATE SET
  position = excluded.position, dtype = excluded.dtype, shape = excluded.shape,
  byte_count = excluded.byte_count, initializer = excluded.initializer,
  initializer_version = excluded.initializer_version, seed_origin = excluded.seed_origin,
  graph_seed = excluded.graph_seed, dialect = excluded.dialect,
  fingerprint_version = excluded.fingerprint_version, fingerprint = excluded.fingerprint,
  metadata = excluded.metadata, alias_of = excluded.alias_of, payload_id = NULL, is_assigned = 0,
  verdict = NULL, deviation = NULL

-- name: updateDescription
UPDATE variable SET position = :position, metadata = :metadata WHERE id = :id

-- name: deleteVariable
DELETE FROM variable WHERE id = :id

-- name: deleteVariables
DELETE FROM variable WHERE checkpoint_id = :id

-- name: attachPayload
UPDATE variable SET payload_id = ?1, is_assigned = ?4, verdict = ?5, deviation = ?6
WHERE checkpoint_id = ?2 AND name = ?3

-- name: attachedPayload
SELECT payload_id, is_assigned, verdict, deviation FROM variable
WHERE checkpoint_id = ?1 AND name = ?2 AND payload_id IS NOT NULL

-- name: insertPayload
INSERT INTO payload (dtype, byte_count, is_recipe, sha256, mean, standard_deviation, minimum, maximum,
  not_finite, preview, skew, kurtosis)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)

-- name: finishPayload
UPDATE payload
SET sha256 = ?2, mean = ?3, standard_deviation = ?4, minimum = ?5, maximum = ?6, not_finite = ?7,
    preview = ?8, skew = ?9, kurtosis = ?10
WHERE id = ?1

-- name: findPayload
SELECT id FROM payload
WHERE sha256 = ?1 AND dtype = ?2 AND is_recipe = ?3 AND id >= ?4
ORDER BY id LIMIT 1

-- name: payloadsOfCheckpoint
SELECT DISTINCT payload_id FROM variable WHERE checkpoint_id = ?1 AND payload_id IS NOT NULL

-- name: countUsesOfPayload
SELECT count(*) FROM variable WHERE payload_id = ?1

-- name: blocksOfPayload
SELECT DISTINCT block_id FROM chunk WHERE payload_id = ?1 AND block_id IS NOT NULL

-- name: deleteUnusedBlock
DELETE FROM block WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM chunk WHERE block_id = ?1)

-- name: deletePayload
DELETE FROM payload WHERE id = :id

-- name: deleteChunksOfPayload
DELETE FROM chunk WHERE payload_id = :id

-- name: nextPayload
SELECT coalesce(max(id), 0) + 1 FROM payload

-- name: insertBlock
INSERT INTO block (bytes) VALUES (?1)

-- name: insertChunk
INSERT INTO chunk (payload_id, number, byte_count, sha256, block_id, block_offset)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)

-- name: findChunk
SELECT block_id, block_offset FROM chunk
WHERE sha256 = ?1 AND byte_count = ?2 AND block_id IS NOT NULL AND payload_id >= ?3
LIMIT 1

-- name: chunksOfPayload
SELECT number, byte_count, sha256, block_id, block_offset
FROM chunk WHERE payload_id = ?1 AND number >= ?2 AND number <= ?3
ORDER BY number

-- name: deleteUnusedPayloads
DELETE FROM payload
WHERE sha256 IS NOT NULL
  AND id NOT IN (SELECT payload_id FROM variable WHERE payload_id IS NOT NULL)

-- name: deleteUnusedChunks
DELETE FROM chunk WHERE payload_id NOT IN (SELECT id FROM payload)

-- name: deleteUnusedBlocks
DELETE FROM block WHERE id NOT IN (SELECT block_id FROM chunk WHERE block_id IS NOT NULL)

-- name: deleteUnfinishedPayloads
DELETE FROM payload WHERE sha256 IS NULL

-- name: dataVersion
PRAGMA data_version

-- name: countUnusedPayloads
SELECT count(*) FROM payload
WHERE sha256 IS NOT NULL AND NOT EXISTS (SELECT 1 FROM variable WHERE payload_id = payload.id)

-- name: countUnfinishedPayloads
SELECT count(*) FROM payload WHERE sha256 IS NULL

-- name: shownRuns
SELECT started_at, finished_at, checkpoint, materialized, skipped, verified, replaced, failed, tool_version
FROM runs

-- name: insertRun
INSERT INTO run (checkpoint, started_at, tool_version) VALUES (:checkpoint, :now, :toolVersion)

-- name: finishRun
UPDATE run
SET finished_at = :now, materialized = :materialized, skipped = :skipped, verified = :verified,
    replaced = :replaced, failed = :failed
WHERE id = :id
