-- Earlier executions of instances that are kept, oldest first. Their histories and logs stay where they are; no list reads them.
CREATE TABLE earlier (
    instance   INTEGER NOT NULL REFERENCES instance (id),
    number     INTEGER NOT NULL, -- 1, 2, 3; those that went leave a gap at the front
    execution  BLOB    NOT NULL CHECK (length(execution) = 16),
    function   TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    ending     INTEGER NOT NULL, -- 3 completed, 4 failed, 5 terminated, 6 continued as new
    started    INTEGER NOT NULL,
    ended      INTEGER NOT NULL,
    events     INTEGER NOT NULL,
    PRIMARY KEY (instance, number)
) STRICT, WITHOUT ROWID;
