package soloist

// ActivityContext is what an activity may ask about its own call.
type ActivityContext struct{ host activityHost }

// FunctionName is the name that this activity was called under.
func (c *ActivityContext) FunctionName() string { return c.host.FunctionName() }

// InstanceID is that of the instance which called.
func (c *ActivityContext) InstanceID() string { return c.host.InstanceID() }

// TaskKey is the same over retries of one step, and never used again: an idempotency key.
func (c *ActivityContext) TaskKey() string { return c.host.TaskKey() }

// Attempt is 1 on the first attempt.
func (c *ActivityContext) Attempt() int { return int(c.host.Attempt()) }
