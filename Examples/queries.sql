.print checkpoints
SELECT name, seed, dialect, variables, materialized, bytes FROM checkpoints;
.print
.print variables
SELECT name, shape, state, round(mean, 6) AS mean, round(standard_deviation, 6) AS deviation
FROM variables
LIMIT 5;
.print
.print runs
SELECT started_at, checkpoint, materialized, skipped, tool_version FROM runs;
.print
.print uninitialized
SELECT count(*) AS uninitialized FROM uninitialized;
