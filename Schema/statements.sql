-- The statements that the library runs: each begins after a line `-- name: …`. What stands after a line
-- `-- text: NAME` is put in the place of `{NAME}` in the statements that follow.

-- text: VARIABLE_SEAL
row_seal('nascent.variable-row/1', checkpoint.name, position, variable.name, variable.dtype, shape,
  variable.byte_count, initializer, initializer_version, seed_origin, graph_seed, variable.dialect,
  variable.fingerprint_version, fingerprint, variable.metadata, alias_of, is_assigned, verdict,
  deviation, variable.payload_id IS NOT NULL, payload.dtype, payload.byte_count, payload.is_recipe,
  payload.sha256, payload.root, payload.mean, payload.standard_deviation, payload.minimum,
  payload.maximum, payload.not_finite, payload.preview, payload.skew, payload.kurtosis,
  (SELECT row_seal('nascent.partial-row/1', piece.dtype, piece.byte_count, piece.is_recipe,
      piece.preview, (SELECT group_concat(hex(row_seal(number, byte_count, sha256, moments)), '')
        FROM (SELECT number, byte_count, sha256, moments FROM chunk
          WHERE payload_id = piece.id ORDER BY number)))
    FROM partial JOIN payload AS piece ON piece.id = partial.payload_id
    WHERE partial.variable_id = variable.id))

-- text: CHECKPOINT_SEAL
row_seal('nascent.checkpoint-row/1', checkpoint.name, step, seed, checkpoint.dialect,
  checkpoint.fingerprint_version, spec_fingerprint, content_digest, created_at, checkpoint.metadata,
  (SELECT group_concat(hex(row_seal(metric.name, metric.value)), '') FROM (
    SELECT name, value FROM metric WHERE checkpoint_id = checkpoint.id ORDER BY name) AS metric),
  (SELECT group_concat(total || '/' || number, ' ') FROM (
    SELECT total, number FROM share WHERE checkpoint_id = checkpoint.id ORDER BY total, number)))

-- text: STORED_VARIABLE
variable.id, position, variable.name, variable.dtype, shape, variable.byte_count, initializer,
  initializer_version, seed_origin, graph_seed, variable.dialect, variable.fingerprint_version,
  fingerprint, variable.metadata, alias_of, variable.payload_id, payload.sha256, payload.is_recipe,
  is_assigned, payload.root, variable.seal IS {VARIABLE_SEAL}

-- name: sealVariables
UPDATE variable SET seal = (
  SELECT {VARIABLE_SEAL}
  FROM checkpoint LEFT JOIN payload ON payload.id = variable.payload_id
  WHERE checkpoint.id = variable.checkpoint_id)
WHERE seal IS NULL

-- name: sealCheckpoints
UPDATE checkpoint SET seal = {CHECKPOINT_SEAL} WHERE seal IS NULL

-- name: firstUnprovenVariable
SELECT variable.name
FROM variable JOIN checkpoint ON checkpoint.id = variable.checkpoint_id
LEFT JOIN payload ON payload.id = variable.payload_id
WHERE checkpoint_id = ?1 AND variable.seal IS NOT {VARIABLE_SEAL}
ORDER BY position LIMIT 1

-- name: unprovenVariables
SELECT variable.id, variable.name
FROM variable JOIN checkpoint ON checkpoint.id = variable.checkpoint_id
LEFT JOIN payload ON payload.id = variable.payload_id
WHERE checkpoint_id = ?1 AND variable.seal IS NOT {VARIABLE_SEAL}

-- name: isCheckpointProven
SELECT seal IS {CHECKPOINT_SEAL} AND name = ?2 FROM checkpoint WHERE id = ?1

-- name: unsealCheckpoint
UPDATE checkpoint SET seal = NULL WHERE id = :id AND seal IS NOT NULL

-- name: unsealPartial
UPDATE variable SET seal = NULL
WHERE id = (SELECT variable_id FROM partial WHERE payload_id = ?1) AND seal IS NOT NULL

-- name: strayRows
WITH RECURSIVE owner (id) AS (
  SELECT min(checkpoint_id) FROM variable
  UNION ALL
  SELECT (SELECT min(checkpoint_id) FROM variable WHERE checkpoint_id > owner.id)
  FROM owner WHERE owner.id IS NOT NULL)
SELECT name FROM (
  SELECT 'variable' AS name WHERE EXISTS (
    SELECT 1 FROM owner WHERE id IS NOT NULL AND id NOT IN (SELECT id FROM checkpoint))
    OR EXISTS (SELECT 1 FROM variable WHERE checkpoint_id IS NULL)
  UNION ALL SELECT 'metric' WHERE EXISTS (
    SELECT 1 FROM metric WHERE checkpoint_id NOT IN (SELECT id FROM checkpoint))
  UNION ALL SELECT 'share' WHERE EXISTS (
    SELECT 1 FROM share WHERE checkpoint_id NOT IN (SELECT id FROM checkpoint))
  UNION ALL SELECT 'partial' WHERE EXISTS (
    SELECT 1 FROM partial WHERE variable_id NOT IN (SELECT id FROM variable)))
ORDER BY name

-- name: checkpointNames
SELECT name FROM checkpoint ORDER BY id

-- name: namesOfCheckpoint
SELECT name, fingerprint, alias_of FROM variable WHERE checkpoint_id = ?1

-- name: hasUnsealedRows
SELECT EXISTS (SELECT 1 FROM variable WHERE seal IS NULL)
  OR EXISTS (SELECT 1 FROM checkpoint WHERE seal IS NULL)

-- name: schemaObjects
SELECT type, name, tbl_name, sql FROM sqlite_master

-- name: checkTableCheckpoint
PRAGMA main.integrity_check(checkpoint)

-- name: checkTableVariable
PRAGMA main.integrity_check(variable)

-- name: checkTablePayload
PRAGMA main.integrity_check(payload)

-- name: checkTableChunk
PRAGMA main.integrity_check(chunk)

-- name: checkFile
PRAGMA main.integrity_check

-- name: sealOfCheckpoint
SELECT name, seed, dialect, spec_fingerprint, content_digest, fingerprint_version
FROM checkpoint WHERE id = ?1

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

-- name: renewCheckpoint
UPDATE checkpoint SET created_at = :now, seal = NULL WHERE id = :id

-- name: forgetStep
UPDATE checkpoint SET step = NULL, metadata = '{}', seal = NULL WHERE id = :id

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
    spec_fingerprint = :fingerprint, seal = NULL
WHERE id = :id AND (seed IS NOT :seed OR dialect IS NOT :dialect
  OR fingerprint_version IS NOT :version OR spec_fingerprint IS NOT :fingerprint)

-- name: clearContentDigest
UPDATE checkpoint SET content_digest = NULL, seal = NULL
WHERE id = :id AND content_digest IS NOT NULL

-- name: setContentDigest
UPDATE checkpoint SET content_digest = :digest, seal = NULL
WHERE id = :id AND content_digest IS NOT :digest

-- name: restoreContentDigest
UPDATE checkpoint SET content_digest = ?2 WHERE id = ?1

-- name: checkpointSummaries
SELECT name, step, seed, dialect, variables, materialized, bytes, spec_fingerprint,
  content_digest, created_at
FROM checkpoints

-- name: storedVariables
SELECT {STORED_VARIABLE}
FROM variable JOIN checkpoint ON checkpoint.id = variable.checkpoint_id
LEFT JOIN payload ON payload.id = variable.payload_id
WHERE checkpoint_id = ?1
ORDER BY position

-- name: storedVariable
SELECT {STORED_VARIABLE}
FROM variable JOIN checkpoint ON checkpoint.id = variable.checkpoint_id
LEFT JOIN payload ON payload.id = variable.payload_id
WHERE checkpoint_id = ?1 AND variable.name = ?2

-- name: presentVariables
SELECT variable.id, position, name, variable.byte_count, fingerprint, metadata, alias_of,
  payload.sha256, payload.is_recipe, is_assigned, payload.root, partial.payload_id,
  incomplete.is_recipe
FROM variable
LEFT JOIN payload ON payload.id = variable.payload_id
LEFT JOIN partial ON partial.variable_id = variable.id
LEFT JOIN payload AS incomplete ON incomplete.id = partial.payload_id
WHERE checkpoint_id = ?1

-- name: contentOfCheckpoint
SELECT name, variable.dtype, shape, root
FROM variable LEFT JOIN payload ON payload.id = variable.payload_id
WHERE checkpoint_id = ?1 AND alias_of IS NULL

-- name: shownVariables
SELECT name, shape, dtype, initializer, state, bytes, sha256, mean, standard_deviation, minimum,
  maximum, preview, alias_of, assigned, skew, kurtosis, verdict, deviation, not_finite
FROM variables WHERE checkpoint = :checkpoint

-- name: shownVariable
SELECT name, shape, dtype, initializer, state, bytes, sha256, mean, standard_deviation, minimum,
  maximum, preview, alias_of, assigned, skew, kurtosis, verdict, deviation, not_finite
FROM variables WHERE checkpoint = ?1 AND name = ?2

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
  verdict = NULL, deviation = NULL, seal = NULL

-- name: updateDescription
UPDATE variable SET position = :position, metadata = :metadata, seal = NULL WHERE id = :id

-- name: redeclareVariable
UPDATE variable SET fingerprint = ?2, payload_id = NULL, is_assigned = 0, verdict = NULL,
  deviation = NULL, seal = NULL
WHERE id = ?1

-- name: deleteVariable
DELETE FROM variable WHERE id = :id

-- name: deleteVariables
DELETE FROM variable WHERE checkpoint_id = :id

-- name: attachPayload
UPDATE variable
SET payload_id = ?1, is_assigned = ?4, verdict = ?5, deviation = ?6, seal = NULL
WHERE checkpoint_id = ?2 AND name = ?3

-- name: attachedPayload
SELECT payload_id, is_assigned, verdict, deviation, variable.seal IS {VARIABLE_SEAL}
FROM variable JOIN checkpoint ON checkpoint.id = variable.checkpoint_id
LEFT JOIN payload ON payload.id = variable.payload_id
WHERE checkpoint_id = ?1 AND variable.name = ?2 AND payload_id IS NOT NULL

-- name: insertPayload
INSERT INTO payload (dtype, byte_count, is_recipe, sha256, mean, standard_deviation, minimum, maximum,
  not_finite, preview, skew, kurtosis, root, subtrees)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
  ?14)

-- name: finishPayload
UPDATE payload
SET sha256 = ?2, mean = ?3, standard_deviation = ?4, minimum = ?5, maximum = ?6, not_finite = ?7,
    preview = ?8, skew = ?9, kurtosis = ?10, root = ?11, subtrees = ?12
WHERE id = ?1

-- name: restorePayload
INSERT INTO payload (id, dtype, byte_count, is_recipe) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (id) DO UPDATE SET
  dtype = excluded.dtype, byte_count = excluded.byte_count, is_recipe = excluded.is_recipe

-- name: setPayload
UPDATE variable SET payload_id = ?2 WHERE id = ?1

-- name: findPayload
SELECT id FROM payload
WHERE sha256 = ?1 AND mean IS ?2 AND standard_deviation IS ?3 AND minimum IS ?4 AND maximum IS ?5
  AND not_finite IS ?6 AND preview IS ?7 AND skew IS ?8 AND kurtosis IS ?9 AND root = ?10
  AND subtrees IS ?11 AND dtype = ?12 AND byte_count = ?13 AND is_recipe = ?14 AND id >= ?15
  AND (?16 OR NOT EXISTS (SELECT 1 FROM chunk WHERE payload_id = payload.id AND block_id < 0))
ORDER BY id LIMIT 1

-- name: payloadsOfCheckpoint
SELECT DISTINCT payload_id FROM variable WHERE checkpoint_id = ?1 AND payload_id IS NOT NULL

-- name: countUsesOfPayload
SELECT count(*) FROM variable WHERE payload_id = ?1

-- name: blocksOfPayload
SELECT DISTINCT block_id FROM chunk WHERE payload_id = ?1 AND block_id IS NOT NULL

-- name: deleteUnusedBlock
DELETE FROM block WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM chunk WHERE block_id = ?1)

-- name: deleteUnusedOuterBlock
DELETE FROM outer_block WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM chunk WHERE block_id = ?1)

-- name: deletePayload
DELETE FROM payload WHERE id = :id

-- name: deleteChunksOfPayload
DELETE FROM chunk WHERE payload_id = :id

-- name: deleteOrphanedChunks
DELETE FROM chunk WHERE payload_id > (SELECT coalesce(max(id), 0) FROM payload)

-- name: nextPayload
SELECT coalesce(max(id), 0) + 1 FROM payload

-- name: insertBlock
INSERT INTO block (bytes) VALUES (?1)

-- name: insertChunk
INSERT INTO chunk (payload_id, number, byte_count, sha256, block_id, block_offset, moments)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)

-- name: findChunk
SELECT block_id, block_offset FROM chunk
WHERE sha256 = ?1 AND byte_count = ?2 AND block_id >= 0 AND payload_id >= ?3
LIMIT 1

-- name: chunksOfPayload
SELECT number, byte_count, sha256, block_id, block_offset, moments
FROM chunk WHERE payload_id = ?1 AND number >= ?2 AND number <= ?3
ORDER BY number

-- name: digestsOfPayload
SELECT number, byte_count, sha256 FROM chunk
WHERE payload_id = ?1 AND number >= ?2 AND number <= ?3 ORDER BY number

-- name: subtreesOfPayload
SELECT subtrees FROM payload WHERE id = ?1

-- name: setProof
UPDATE payload SET root = ?2, subtrees = ?3 WHERE id = ?1

-- name: deleteUnusedRecipes
DELETE FROM payload
WHERE is_recipe = 1 AND (sha256 IS NOT NULL OR root IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM variable WHERE payload_id = payload.id)

-- name: replaceChunk
INSERT INTO chunk (payload_id, number, byte_count, sha256, block_id, block_offset)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (payload_id, number) DO UPDATE SET
  byte_count = excluded.byte_count, sha256 = excluded.sha256, block_id = excluded.block_id,
  block_offset = excluded.block_offset

-- name: moveChunks
UPDATE chunk SET block_id = ?5, block_offset = ?6
WHERE sha256 = ?1 AND byte_count = ?2 AND block_id = ?3 AND block_offset = ?4

-- name: deleteForeignChunks
DELETE FROM chunk WHERE payload_id = ?1 AND (number < 0 OR number >= ?2)

-- name: deleteUnusedPayloads
DELETE FROM payload
WHERE (sha256 IS NOT NULL OR root IS NOT NULL)
  AND id NOT IN (SELECT payload_id FROM variable WHERE payload_id IS NOT NULL)

-- name: deleteUnusedChunks
DELETE FROM chunk WHERE payload_id NOT IN (SELECT id FROM payload)

-- name: deleteUnusedBlocks
DELETE FROM block WHERE id NOT IN (SELECT block_id FROM chunk WHERE block_id IS NOT NULL)

-- name: deleteUnfinishedPayloads
DELETE FROM payload
WHERE sha256 IS NULL AND root IS NULL
  AND NOT EXISTS (SELECT 1 FROM partial WHERE payload_id = payload.id)

-- name: dataVersion
PRAGMA data_version

-- name: countUnusedPayloads
SELECT count(*) FROM payload
WHERE (sha256 IS NOT NULL OR root IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM variable WHERE payload_id = payload.id)

-- name: countUnfinishedPayloads
SELECT count(*) FROM payload
WHERE sha256 IS NULL AND root IS NULL
  AND NOT EXISTS (SELECT 1 FROM partial WHERE payload_id = payload.id)

-- name: setPreview
UPDATE payload SET preview = ?2 WHERE id = ?1

-- name: clearMoments
UPDATE chunk SET moments = NULL WHERE payload_id = ?1 AND moments IS NOT NULL

-- name: chunkNumbers
SELECT number FROM chunk WHERE payload_id = ?1 AND number >= ?2 AND number <= ?3 ORDER BY number

-- name: deleteChunks
DELETE FROM chunk WHERE payload_id = ?1 AND number >= ?2 AND number <= ?3

-- name: partials
SELECT name, partial.payload_id, variable.byte_count,
  (SELECT count(*) FROM chunk WHERE chunk.payload_id = partial.payload_id),
  whole.id IS NOT NULL AND whole.is_recipe <= payload.is_recipe, payload.is_recipe, payload.dtype
FROM partial
JOIN variable ON variable.id = partial.variable_id
JOIN payload ON payload.id = partial.payload_id
LEFT JOIN payload AS whole ON whole.id = variable.payload_id
WHERE checkpoint_id = ?1
ORDER BY position

-- name: partialOfVariable
SELECT variable.id, payload.is_recipe, partial.payload_id
FROM variable
LEFT JOIN payload ON payload.id = variable.payload_id
LEFT JOIN partial ON partial.variable_id = variable.id
WHERE checkpoint_id = ?1 AND name = ?2

-- name: insertPartial
INSERT INTO partial (variable_id, payload_id) VALUES (?1, ?2)

-- name: deletePartial
DELETE FROM partial WHERE payload_id = ?1

-- name: insertShare
INSERT OR IGNORE INTO share (checkpoint_id, total, number) VALUES (?1, ?2, ?3)

-- name: shares
SELECT total, number FROM share WHERE checkpoint_id = ?1 ORDER BY total, number

-- name: deleteShares
DELETE FROM share WHERE checkpoint_id = :id

-- name: placesOfChunks
SELECT payload.is_recipe, min(coalesce(block_id > 0, 0)), payload.preview
FROM payload LEFT JOIN chunk ON chunk.payload_id = payload.id
WHERE payload.id = ?1

-- name: countChunks
SELECT count(*) FROM chunk WHERE payload_id = ?1

-- name: checkpointHead
SELECT id, seed, dialect, fingerprint_version, spec_fingerprint FROM checkpoint WHERE name = ?1

-- name: trainingOfCheckpoint
SELECT step, metadata FROM checkpoint WHERE id = ?1

-- name: metricsOfCheckpoint
SELECT name, value FROM metric WHERE checkpoint_id = ?1 ORDER BY name

-- name: setTraining
UPDATE checkpoint SET step = :step, metadata = :metadata, seal = NULL WHERE id = :id

-- name: declarations
SELECT position, name, dtype, shape, byte_count, initializer, initializer_version, seed_origin,
  graph_seed, dialect, fingerprint_version, fingerprint, metadata, alias_of
FROM variable WHERE checkpoint_id = ?1
ORDER BY position

-- name: valuesOfCheckpoint
SELECT {STORED_VARIABLE}, partial.payload_id, incomplete.is_recipe, incomplete.preview, verdict,
  deviation
FROM variable JOIN checkpoint ON checkpoint.id = variable.checkpoint_id
LEFT JOIN payload ON payload.id = variable.payload_id
LEFT JOIN partial ON partial.variable_id = variable.id
LEFT JOIN payload AS incomplete ON incomplete.id = partial.payload_id
WHERE checkpoint_id = ?1 AND alias_of IS NULL
  AND (variable.payload_id IS NOT NULL OR partial.payload_id IS NOT NULL)
ORDER BY position

-- name: ownValue
SELECT fingerprint, variable.byte_count, variable.payload_id, payload.is_recipe, payload.root,
  partial.payload_id, incomplete.is_recipe
FROM variable
LEFT JOIN payload ON payload.id = variable.payload_id
LEFT JOIN partial ON partial.variable_id = variable.id
LEFT JOIN payload AS incomplete ON incomplete.id = partial.payload_id
WHERE checkpoint_id = ?1 AND name = ?2 AND alias_of IS NULL

-- name: payloadColumns
SELECT dtype, byte_count, is_recipe, sha256, mean, standard_deviation, minimum, maximum, not_finite,
  preview, skew, kurtosis, root, subtrees
FROM payload WHERE id = ?1

-- name: missingValues
SELECT name, variable.byte_count, partial.payload_id
FROM variable LEFT JOIN partial ON partial.variable_id = variable.id
WHERE checkpoint_id = ?1 AND alias_of IS NULL AND variable.payload_id IS NULL
ORDER BY position

-- name: beginPart
SAVEPOINT part

-- name: endPart
RELEASE part

-- name: undoPart
ROLLBACK TO part

-- name: shareTotals
SELECT total FROM share WHERE checkpoint_id = ?1 GROUP BY total ORDER BY count(*) DESC, total

-- name: insertPart
INSERT OR IGNORE INTO part (path) VALUES (?1)

-- name: findPart
SELECT id FROM part WHERE path = ?1

-- name: countOuterBlocks
SELECT count(*) FROM outer_block

-- name: outerBlock
SELECT part_id, path, block_id, file_offset
FROM outer_block JOIN part ON part.id = outer_block.part_id
WHERE outer_block.id = ?1

-- name: findOuterBlock
SELECT id FROM outer_block WHERE part_id = ?1 AND block_id IS ?2 AND file_offset IS ?3

-- name: insertOuterBlock
INSERT INTO outer_block (id, part_id, block_id, file_offset)
VALUES ((SELECT coalesce(min(id), 0) - 1 FROM outer_block), ?1, ?2, ?3)

-- name: deleteUnusedOuterBlocks
DELETE FROM outer_block WHERE id NOT IN (SELECT block_id FROM chunk WHERE block_id < 0)

-- name: outerFiles
SELECT path FROM part WHERE id IN (SELECT part_id FROM outer_block) ORDER BY id

-- name: databaseFile
SELECT file FROM pragma_database_list WHERE name = 'main'

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
