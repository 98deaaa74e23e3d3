-- Functions of which only so many instances may be live at once.

-- Where a live instance without a slot stands in the queue of its function; 0 once it has got one, until it has begun.
ALTER TABLE instance ADD COLUMN queue_place INTEGER;

CREATE UNIQUE INDEX instance_queue ON instance (function, queue_place) WHERE queue_place > 0;

-- The functions with a limit: how many of their instances may hold a slot, whether others wait, and how many hold one.
CREATE TABLE slot (
    function TEXT    NOT NULL PRIMARY KEY,
    most     INTEGER NOT NULL CHECK (most > 0),
    queues   INTEGER NOT NULL CHECK (queues IN (0, 1)),
    held     INTEGER NOT NULL CHECK (held >= 0)
) STRICT, WITHOUT ROWID;
