-- Version 3 of the store: the form of values, and whether they are what their initializer promises.
-- FORMAT.md says what each column means.

ALTER TABLE payload ADD COLUMN skew REAL;

ALTER TABLE payload ADD COLUMN kurtosis REAL;

ALTER TABLE variable
ADD COLUMN verdict TEXT CHECK (verdict IN ('fits', 'deviates', 'not checked'));

ALTER TABLE variable ADD COLUMN deviation TEXT;

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

DROP VIEW uninitialized;

CREATE VIEW uninitialized AS
SELECT checkpoint, name, shape, dtype, initializer
FROM variables
WHERE state IN ('declared', 'partial');
