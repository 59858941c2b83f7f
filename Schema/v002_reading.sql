-- What a connection that only reads adds to a file of version 2, to read it as one of the present version.
-- Nothing of it is written to the file.

CREATE TEMP VIEW variable AS SELECT *, NULL AS verdict, NULL AS deviation FROM main.variable;

CREATE TEMP VIEW payload AS SELECT *, NULL AS skew, NULL AS kurtosis FROM main.payload;

CREATE TEMP VIEW variables AS
SELECT *, NULL AS skew, NULL AS kurtosis, NULL AS verdict, NULL AS deviation FROM main.variables;
