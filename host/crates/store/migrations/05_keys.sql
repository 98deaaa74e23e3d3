-- Keys of callers, by their digests: the keys themselves are nowhere.
CREATE TABLE key (
    name     TEXT    NOT NULL PRIMARY KEY,
    kind     INTEGER NOT NULL CHECK (kind IN (0, 1, 2)), -- master, system, function
    function TEXT CHECK (function IS NULL OR kind = 2), -- which one; none: all
    digest   BLOB    NOT NULL UNIQUE CHECK (length(digest) = 32), -- SHA-256
    created  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
