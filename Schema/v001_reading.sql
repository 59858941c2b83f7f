-- What a connection that only reads adds to a file of version 1, to read it as one of version 2.
-- Nothing of it is written to the file.

CREATE TEMP VIEW checkpoint AS SELECT *, '{}' AS metadata FROM main.checkpoint;

CREATE TEMP VIEW variable AS SELECT *, 0 AS is_assigned FROM main.variable;

CREATE TEMP TABLE metric (checkpoint_id INTEGER, name TEXT, value REAL);

CREATE TEMP VIEW variables AS SELECT *, 0 AS assigned FROM main.variables;

CREATE TEMP VIEW checkpoints AS SELECT *, '{}' AS metadata FROM main.checkpoints;
