-- What a connection that only reads adds to a file of version 1, to read it as one of the present version.
-- Nothing of it is written to the file.

CREATE TEMP VIEW checkpoint AS SELECT *, '{}' AS metadata FROM main.checkpoint;

CREATE TEMP VIEW variable AS
SELECT *, 0 AS is_assigned, NULL AS verdict, NULL AS deviation FROM main.variable;

CREATE TEMP VIEW payload AS SELECT *, NULL AS skew, NULL AS kurtosis FROM main.payload;

CREATE TEMP TABLE metric (checkpoint_id INTEGER, name TEXT, value REAL);

CREATE TEMP VIEW variables AS
SELECT *, 0 AS assigned, NULL AS skew, NULL AS kurtosis, NULL AS verdict, NULL AS deviation
FROM main.variables;

CREATE TEMP VIEW checkpoints AS SELECT *, '{}' AS metadata FROM main.checkpoints;
