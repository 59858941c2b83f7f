-- What a file of version 2 lacks of the present version, before store.sql makes its new tables and views.
--
-- SQLite cannot hash: the program gives payloads their roots, and checkpoints their content digests. Recipes
-- keep digests of subtrees, not of chunks.

DROP VIEW uninitialized;

DROP VIEW variables;

ALTER TABLE payload ADD COLUMN root BLOB CHECK (length(root) = 32);

ALTER TABLE payload ADD COLUMN subtrees BLOB CHECK (length(subtrees) % 32 = 0);

ALTER TABLE payload ADD COLUMN skew REAL;

ALTER TABLE payload ADD COLUMN kurtosis REAL;

ALTER TABLE chunk ADD COLUMN moments BLOB CHECK (length(moments) = 64);

ALTER TABLE variable
ADD COLUMN verdict TEXT CHECK (verdict IN ('fits', 'deviates', 'not checked'));

ALTER TABLE variable ADD COLUMN deviation TEXT;
