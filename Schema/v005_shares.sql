-- Version 5 of the store: shares of several workers. FORMAT.md says what each column means.

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
