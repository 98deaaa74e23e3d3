-- How many instances there are of each function in each state. The triggers keep it, so whatever changes an instance changes
-- its count in the same transaction; a turn that leaves the status as it was fires none of them.
CREATE TABLE tally (
    function  TEXT    NOT NULL,
    status    INTEGER NOT NULL,
    instances INTEGER NOT NULL CHECK (instances >= 0),
    PRIMARY KEY (function, status)
) STRICT, WITHOUT ROWID;

INSERT INTO tally (function, status, instances)
SELECT function, status, count(*) FROM instance GROUP BY function, status;

CREATE TRIGGER instance_begins AFTER INSERT ON instance BEGIN
    INSERT INTO tally (function, status, instances) VALUES (NEW.function, NEW.status, 1)
    ON CONFLICT DO UPDATE SET instances = instances + 1;
END;

CREATE TRIGGER instance_changes AFTER UPDATE OF function, status ON instance
WHEN NEW.status <> OLD.status OR NEW.function <> OLD.function BEGIN
    UPDATE tally SET instances = instances - 1 WHERE function = OLD.function AND status = OLD.status;
    INSERT INTO tally (function, status, instances) VALUES (NEW.function, NEW.status, 1)
    ON CONFLICT DO UPDATE SET instances = instances + 1;
END;

CREATE TRIGGER instance_goes AFTER DELETE ON instance BEGIN
    UPDATE tally SET instances = instances - 1 WHERE function = OLD.function AND status = OLD.status;
END;
