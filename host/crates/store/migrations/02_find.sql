-- How instances are found. Each index ends in the row's id: so what was created within one millisecond has an order, too.

CREATE INDEX instance_status ON instance (status, created);
CREATE INDEX instance_function ON instance (function, status, created);
CREATE INDEX instance_ended ON instance (last_updated) WHERE status >= 3;

-- The tags of instances, as their histories' first events say. `created` is the instance's.
CREATE TABLE tag (
    name     TEXT    NOT NULL,
    value    TEXT    NOT NULL,
    created  INTEGER NOT NULL,
    instance INTEGER NOT NULL REFERENCES instance (id),
    PRIMARY KEY (name, value, created, instance)
) STRICT, WITHOUT ROWID;

CREATE INDEX tag_instance ON tag (instance);
