-- Version 3 of the store: shares of several workers. FORMAT.md says what each column means.

-- A value of which only some chunks are there. Its payload is incomplete and belongs to the variable.
CREATE TABLE partial (
  variable_id INTEGER PRIMARY KEY REFERENCES variable (id) ON DELETE CASCADE,
  payload_id  INTEGER NOT NULL UNIQUE REFERENCES payload (id)
) STRICT;

-- The shares that runs were asked for: number `number`, from 0, of `total`.
CREATE TABLE share (
  checkpoint_id INTEGER NOT NULL REFERENCES checkpoint (id) ON DELETE CASCADE,
  total         INTEGER NOT NULL CHECK (total > 0),
  number        INTEGER NOT NULL CHECK (number >= 0 AND number < total),
  PRIMARY KEY (checkpoint_id, total, number)
) STRICT, WITHOUT ROWID;

-- Of a chunk of a partial value: the moments of its elements, so that the statistics of the whole can be told
-- where nobody has all bytes.
ALTER TABLE chunk ADD COLUMN moments BLOB CHECK (length(moments) = 64);

CREATE VIEW shares AS
SELECT checkpoint.name AS checkpoint, share.number AS number, share.total AS total
FROM share JOIN checkpoint ON checkpoint.id = share.checkpoint_id
ORDER BY checkpoint.id, share.total, share.number;

CREATE VIEW partial_values AS
SELECT
  checkpoint.name AS checkpoint,
  variable.name AS name,
  (SELECT count(*) FROM chunk WHERE chunk.payload_id = partial.payload_id) AS chunks,
  (variable.byte_count + 1048575) / 1048576 AS chunk_count
FROM partial
JOIN variable ON variable.id = partial.variable_id
JOIN checkpoint ON checkpoint.id = variable.checkpoint_id
ORDER BY checkpoint.id, variable.position;

-- Other stores that hold blocks of this one, in a catalog.
CREATE TABLE part (
  id   INTEGER PRIMARY KEY,
  path TEXT NOT NULL UNIQUE
) STRICT;

-- A block that lies in another store. Its key is negative, so that it is none of `block`.
CREATE TABLE outer_block (
  id       INTEGER PRIMARY KEY CHECK (id < 0),
  part_id  INTEGER NOT NULL REFERENCES part (id),
  block_id INTEGER NOT NULL,
  UNIQUE (part_id, block_id)
) STRICT;
