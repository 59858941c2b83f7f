-- Version 2 of the store: checkpoints of training. FORMAT.md says what each column means.

ALTER TABLE checkpoint ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';

ALTER TABLE variable
ADD COLUMN is_assigned INTEGER NOT NULL DEFAULT 0 CHECK (is_assigned IN (0, 1));

CREATE TABLE metric (
  checkpoint_id INTEGER NOT NULL REFERENCES checkpoint (id) ON DELETE CASCADE,
  name          TEXT    NOT NULL,
  value         REAL,
  PRIMARY KEY (checkpoint_id, name)
) STRICT, WITHOUT ROWID;

DROP VIEW variables;

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
  payload.not_finite AS not_finite,
  coalesce(source.is_assigned, 0) AS assigned
FROM variable
JOIN checkpoint ON checkpoint.id = variable.checkpoint_id
LEFT JOIN variable AS source
  ON source.checkpoint_id = variable.checkpoint_id
  AND source.name = coalesce(variable.alias_of, variable.name)
LEFT JOIN payload ON payload.id = source.payload_id
ORDER BY checkpoint.id, variable.position;

DROP VIEW checkpoints;

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
