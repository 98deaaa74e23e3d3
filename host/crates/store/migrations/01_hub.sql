-- The task hub. Times are milliseconds since the epoch; execution ids are the 16 bytes of a GUID; payloads, events and
-- facts are JSON text, kept as it came.

CREATE TABLE module (
    id      INTEGER PRIMARY KEY,
    digest  BLOB    NOT NULL UNIQUE CHECK (length(digest) = 32),
    size    INTEGER NOT NULL,
    created INTEGER NOT NULL
) STRICT;

-- The bytes of a module in parts, so that no statement holds them whole.
CREATE TABLE module_part (
    module  INTEGER NOT NULL REFERENCES module (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    bytes   BLOB    NOT NULL,
    UNIQUE (module, ordinal)
) STRICT;

CREATE TABLE function (
    name    TEXT    NOT NULL PRIMARY KEY,
    kind    INTEGER NOT NULL CHECK (kind IN (0, 1)), -- orchestrator, activity
    module  INTEGER NOT NULL REFERENCES module (id),
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX function_module ON function (module);

-- One row an instance id: this row is what makes singletons. Payloads that end it or began it stand in its history.
CREATE TABLE instance (
    id            INTEGER PRIMARY KEY,
    instance_id   TEXT    NOT NULL UNIQUE,
    function      TEXT    NOT NULL,
    module        INTEGER REFERENCES module (id), -- that it is pinned to; none once it has ended
    execution     BLOB    NOT NULL CHECK (length(execution) = 16),
    next_sequence INTEGER NOT NULL,
    status        INTEGER NOT NULL, -- 0 pending, 1 running, 2 suspended; ended: 3 completed, 4 failed, 5 terminated
    created       INTEGER NOT NULL,
    last_updated  INTEGER NOT NULL,
    ready         INTEGER NOT NULL CHECK (ready IN (0, 1)), -- something waits that no turn has seen
    open_work     INTEGER NOT NULL,
    custom_status TEXT,
    parent        TEXT, -- the instance id of the one that called it, if one did
    CHECK ((module IS NULL) = (status >= 3))
) STRICT;

CREATE INDEX instance_module ON instance (module) WHERE module IS NOT NULL;

CREATE INDEX instance_parent ON instance (parent, instance_id) WHERE parent IS NOT NULL;

-- What recovery reads.
CREATE UNIQUE INDEX instance_unfinished ON instance (instance_id) WHERE ready > 0 OR open_work > 0;

-- Append only, but for whole executions. Its keys are never used again; the hub also counts its commits with them.
CREATE TABLE history (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    execution BLOB    NOT NULL,
    sequence  INTEGER NOT NULL, -- 1, 2, 3, with no gaps
    timestamp INTEGER NOT NULL,
    event     TEXT    NOT NULL
) STRICT;

CREATE UNIQUE INDEX history_place ON history (execution, sequence);

INSERT INTO sqlite_sequence (name, seq) VALUES ('history', 0);

CREATE TABLE log (
    execution BLOB    NOT NULL,
    ordinal   INTEGER NOT NULL, -- 0, 1, 2
    timestamp INTEGER NOT NULL,
    level     INTEGER NOT NULL, -- 0 trace, 1 debug, 2 info, 3 warn, 4 error
    message   TEXT    NOT NULL,
    PRIMARY KEY (execution, ordinal)
) STRICT;

-- Timers of live executions. No foreign key: checking one would read all timers whenever an instance is purged, and what
-- has ended has none.
CREATE TABLE timer (
    execution BLOB    NOT NULL,
    scheduled INTEGER NOT NULL, -- the sequence of the request
    fire_at   INTEGER NOT NULL,
    instance  INTEGER NOT NULL, -- instance.id
    PRIMARY KEY (execution, scheduled)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX timer_due ON timer (fire_at, execution, scheduled);

-- Messages from other instances that no turn has taken in. Its keys are never used again.
CREATE TABLE inbox (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    instance  INTEGER NOT NULL REFERENCES instance (id),
    execution BLOB, -- none: whichever is live
    fact      TEXT    NOT NULL
) STRICT;

CREATE INDEX inbox_instance ON inbox (instance);

-- Activities that outlive their executions.
CREATE TABLE orphan (
    execution BLOB    NOT NULL,
    scheduled INTEGER NOT NULL, -- the sequence of the request
    attempt   INTEGER NOT NULL, -- 1, 2, 3
    instance  INTEGER NOT NULL REFERENCES instance (id),
    name      TEXT    NOT NULL,
    input     TEXT    NOT NULL,
    PRIMARY KEY (execution, scheduled)
) STRICT;

CREATE INDEX orphan_instance ON orphan (instance);

-- Children that were asked for and are neither started nor refused.
CREATE TABLE child (
    execution   BLOB    NOT NULL, -- of the parent
    scheduled   INTEGER NOT NULL, -- the sequence of the request
    instance_id TEXT    NOT NULL, -- of the child
    function    TEXT    NOT NULL, -- as the code wrote it
    input       TEXT    NOT NULL,
    parent      TEXT    NOT NULL, -- who asked, as JSON
    PRIMARY KEY (execution, scheduled)
) STRICT, WITHOUT ROWID;
