-- Executions that nothing names any more and whose histories and logs are too long to go in one commit: they go in parts.
CREATE TABLE litter (
    execution BLOB NOT NULL PRIMARY KEY CHECK (length(execution) = 16)
) STRICT, WITHOUT ROWID;
