-- Version 3 of the store: trees of digests. FORMAT.md says what each column means.
--
-- SQLite cannot hash: what older files hold gets its roots, and their checkpoints content digests, from
-- the program that brings them to this version. Recipes keep digests of subtrees, not of chunks.

ALTER TABLE payload ADD COLUMN root BLOB CHECK (length(root) = 32);

ALTER TABLE payload ADD COLUMN subtrees BLOB CHECK (length(subtrees) % 32 = 0);
