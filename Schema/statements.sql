-- The statements that the library runs: each begins after a line `-- name: …`.

-- name: findCheckpoint
SELECT id, spec_fingerprint FROM checkpoint WHERE name = :name

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
  alias_of, payload_id, payload.sha256, payload.is_recipe
FROM variable LEFT JOIN payload ON payload.id = variable.payload_id
WHERE checkpoint_id = :checkpoint
ORDER BY position

-- name: shownVariables
SELECT name, shape, dtype, initializer, state, bytes, sha256, mean, standard_deviation, minimum,
  maximum, preview, alias_of
FROM variables WHERE checkpoint = :checkpoint

-- name: putVariable
INSERT INTO variable (checkpoint_id, position, name, dtype, shape, byte_count, initializer,
  initializer_version, seed_origin, graph_seed, dialect, fingerprint_version, fingerprint, metadata,
  alias_of, payload_id)
VALUES (:checkpoint, :position, :name, :dtype, :shape, :bytes, :initializer, :initializerVersion,
  :seedOrigin, :graphSeed, :dialect, :version, :fingerprint, :metadata, :aliasOf, NULL)
ON CONFLICT (checkpoint_id, name) DO UPDATE SET
  position = excluded.position, dtype = excluded.dtype, shape = excluded.shape,
  byte_count = excluded.byte_count, initializer = excluded.initializer,
  initializer_version = excluded.initializer_version, seed_origin = excluded.seed_origin,
  graph_seed = excluded.graph_seed, dialect = excluded.dialect,
  fingerprint_version = excluded.fingerprint_version, fingerprint = excluded.fingerprint,
  metadata = excluded.metadata, alias_of = excluded.alias_of, payload_id = NULL

-- name: updateDescription
UPDATE variable SET position = :position, metadata = :metadata WHERE id = :id

-- name: deleteVariable
DELETE FROM variable WHERE id = :id

-- name: attachPayload
UPDATE variable SET payload_id = :payload WHERE checkpoint_id = :checkpoint AND name = :name

-- name: insertPayload
INSERT INTO payload (dtype, byte_count, is_recipe) VALUES (:dtype, :bytes, :isRecipe)

-- name: finishPayload
UPDATE payload
SET sha256 = :sha256, mean = :mean, standard_deviation = :deviation, minimum = :minimum,
    maximum = :maximum, not_finite = :notFinite, preview = :preview
WHERE id = :id

-- name: findPayload
SELECT id FROM payload
WHERE sha256 = :sha256 AND dtype = :dtype AND is_recipe = :isRecipe AND id >= :first
ORDER BY id LIMIT 1

-- name: deletePayload
DELETE FROM payload WHERE id = :id

-- name: nextPayload
SELECT coalesce(max(id), 0) + 1 FROM payload

-- name: insertBlock
INSERT INTO block (bytes) VALUES (:bytes)

-- name: insertChunk
INSERT INTO chunk (payload_id, number, byte_count, sha256, block_id, block_offset)
VALUES (:payload, :number, :bytes, :sha256, :block, :offset)

-- name: findChunk
SELECT block_id, block_offset FROM chunk
WHERE sha256 = :sha256 AND byte_count = :bytes AND block_id IS NOT NULL AND payload_id >= :first
LIMIT 1

-- name: chunksOfPayload
SELECT number, byte_count, sha256, block_id, block_offset
FROM chunk WHERE payload_id = :payload AND number >= :first AND number <= :last
ORDER BY number

-- name: bytesOfBlock
SELECT substr(bytes, :offset + 1, :bytes) FROM block WHERE id = :block

-- name: deleteUnusedPayloads
DELETE FROM payload
WHERE id NOT IN (SELECT payload_id FROM variable WHERE payload_id IS NOT NULL)

-- name: deleteUnusedBlocks
DELETE FROM block WHERE id NOT IN (SELECT block_id FROM chunk WHERE block_id IS NOT NULL)

-- name: countUnusedPayloads
SELECT count(*) FROM payload
WHERE id NOT IN (SELECT payload_id FROM variable WHERE payload_id IS NOT NULL)

-- name: insertRun
INSERT INTO run (checkpoint, started_at, tool_version) VALUES (:checkpoint, :now, :toolVersion)

-- name: finishRun
UPDATE run
SET finished_at = :now, materialized = :materialized, skipped = :skipped, verified = :verified,
    replaced = :replaced, failed = :failed
WHERE id = :id
