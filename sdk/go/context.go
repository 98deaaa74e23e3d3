package soloist

import (
	"fmt"
	"time"
)

// Context is all that an orchestrator can do. Everything here is recorded in history and replayed from it.
//
// What has a type of its own as answer is a function that takes the context: [CallActivity], [CallOrchestrator],
// [WaitForEvent], [WaitForEventWithin], [AwaitAll], [TryAwaitAll]. What is given to an activity, a child, an event, the status
// or the next execution must fit JSON, or the orchestrator fails with [InvalidOutput].
type Context struct {
	continued bool
}

// Level is how loud a log line is.
type Level uint32

// From the least to the most.
const (
	Trace Level = iota
	Debug
	Info
	Warn
	Error
)

// Events says what becomes of the events that have happened and were not waited for when an execution ends in the next.
type Events int

const (
	// KeepEvents hands them to the next execution.
	KeepEvents Events = iota
	// DropEvents forgets them. Later ones are carried over all the same.
	DropEvents
)

// CallActivity asks for an activity, which the host tries again when it fails if there is a retry policy.
//
//	greeting, err := soloist.CallActivity[string](ctx, "say-hello", "Tokyo").Wait()
func CallActivity[T any](_ *Context, name string, input any, retry ...RetryPolicy) *Task[T] {
	return &Task[T]{durable.CallActivity(name, mustEncode(input), retryOf(retry))}
}

// CallOrchestrator asks for a child: an instance of another orchestrator, under an ID that the host derives from this
// execution, unless an [InstanceID] is among the options.
//
// A child that nobody awaits runs to its end. One that fails answers with its own failure; one that is terminated with
// Terminated; to cancel the task terminates it.
func CallOrchestrator[T any](_ *Context, name string, input any, options ...ChildOption) *Task[T] {
	var all childOptions
	for _, option := range options {
		option.addTo(&all)
	}
	return &Task[T]{durable.CallOrchestrator(name, mustEncode(input), all.id, all.retry)}
}

// WaitForEvent waits for an event that somebody raises or has raised. Names compare without regard to ASCII case.
//
// The k-th wait of a name gets the k-th event of that name. A wait that you give up must be cancelled, or it takes the next
// event with it; [WaitForEventWithin] sees to that.
func WaitForEvent[T any](_ *Context, name string) *Task[T] {
	return &Task[T]{durable.WaitForEvent(name)}
}

// WaitForEventWithin waits for an event, but not longer than limit: nil if time was up first. It leaves nothing behind:
// whichever of the wait and the timer loses is cancelled.
func WaitForEventWithin[T any](ctx *Context, name string, limit time.Duration) (*T, error) {
	event := WaitForEvent[T](ctx, name)
	timer := ctx.CreateTimerAfter(limit)
	if ctx.AwaitAny(event, timer) == timer {
		event.Cancel()
		return nil, nil
	}
	timer.Cancel()
	data, err := event.Wait()
	if err != nil {
		return nil, err
	}
	return &data, nil
}

// CallHTTP asks the host to send an HTTP request, once its asking is recorded: to a host that the operator lists in
// allow_hosts of this orchestrator's function.
//
// Any status is an answer. One of 202 with a Location is followed, by durable timers; no redirect is. After a crash the
// request may be sent a second time: send a header such as idempotency-key with a [Context.NewGUID] where that matters. With
// a retry policy it is sent again when it fails, or is answered by 408, 429 or 5xx.
func (c *Context) CallHTTP(request HTTPRequest, retry ...RetryPolicy) *Task[HTTPResponse] {
	return &Task[HTTPResponse]{durable.CallHTTP(mustEncode(request), retryOf(retry))}
}

// CreateTimer asks to be woken at a moment. One that is past is answered at once.
func (c *Context) CreateTimer(fireAt time.Time) *Task[struct{}] {
	whole := fireAt.UnixMilli()
	if fireAt.Nanosecond()%int(time.Millisecond) != 0 {
		whole++
	}
	return &Task[struct{}]{durable.CreateTimer(float64(whole))}
}

// CreateTimerAfter asks to be woken after a length of time, counted from [Context.CurrentTime].
func (c *Context) CreateTimerAfter(length time.Duration) *Task[struct{}] {
	return c.CreateTimer(c.CurrentTime().Add(length))
}

// AwaitAny parks the guest until one of tasks is answered, and returns the one whose answer stands earliest in history. To
// wait for it then returns at once.
//
//	switch ctx.AwaitAny(event, timer) {
//	case event:
//		timer.Cancel()
//	case timer:
//		event.Cancel()
//	}
func (c *Context) AwaitAny(tasks ...Awaitable) Awaitable {
	ids := make([]uint32, len(tasks))
	for i, task := range tasks {
		ids[i] = task.ID()
	}
	return tasks[c.awaitAny(ids)]
}

func (c *Context) awaitAny(ids []uint32) int {
	if len(ids) == 0 {
		panic("the first of no tasks would never come: give AwaitAny at least one")
	}
	return int(durable.AwaitAny(ids))
}

// SendEvent raises an event at another instance, exactly once. One that does not exist, or has ended, does not get it.
func (c *Context) SendEvent(instanceID, name string, data any) {
	durable.SendEvent(instanceID, name, mustEncode(data))
}

// SetCustomStatus sets what the status of this instance shows as customStatus: at most 16 KiB of JSON.
func (c *Context) SetCustomStatus(status any) { durable.SetCustomStatus(mustEncode(status)) }

// ContinueAsNew ends this execution when the orchestrator returns, and starts the next with input and an empty history.
//
// What it returns is an error to return with; it is never recorded.
//
//	return 0, ctx.ContinueAsNew(count + 1)
func (c *Context) ContinueAsNew(input any, events ...Events) error {
	drop := len(events) > 0 && events[len(events)-1] == DropEvents
	durable.ContinueAsNew(mustEncode(input), !drop)
	c.continued = true
	return Fail("ContinuedAsNew", "this execution goes on in the next")
}

// InstanceID is the ID that this instance was started with.
func (c *Context) InstanceID() string { return durable.InstanceID() }

// FunctionName is the name that this orchestrator was started under.
func (c *Context) FunctionName() string { return durable.FunctionName() }

// ParentInstanceID is the instance that called this one, or "".
func (c *Context) ParentInstanceID() string {
	if id := durable.ParentInstanceID(); id != nil {
		return *id
	}
	return ""
}

// CurrentTime is orchestration time: the moment of the last answer that this orchestrator has consumed, in UTC.
func (c *Context) CurrentTime() time.Time {
	return time.UnixMicro(int64(durable.CurrentTime() * 1000)).UTC()
}

// NewGUID is a new version 5 UUID, derived from the execution and a counter.
func (c *Context) NewGUID() string { return durable.NewGUID() }

// IsReplaying is true while this call repeats what an earlier run recorded. For diagnostics only: an orchestrator that decides
// by it fails as non-deterministic.
func (c *Context) IsReplaying() bool { return durable.IsReplaying() }

// Log writes a line to the instance's log, once however often it is replayed.
func (c *Context) Log(level Level, message string) { durable.Log(uint32(level), message) }

// Tracef logs every detail.
func (c *Context) Tracef(format string, arguments ...any) {
	c.Log(Trace, fmt.Sprintf(format, arguments...))
}

// Debugf logs what a developer wants to see.
func (c *Context) Debugf(format string, arguments ...any) {
	c.Log(Debug, fmt.Sprintf(format, arguments...))
}

// Infof logs what an operator wants to see.
func (c *Context) Infof(format string, arguments ...any) {
	c.Log(Info, fmt.Sprintf(format, arguments...))
}

// Warnf logs that something is odd.
func (c *Context) Warnf(format string, arguments ...any) {
	c.Log(Warn, fmt.Sprintf(format, arguments...))
}

// Errorf logs that something failed.
func (c *Context) Errorf(format string, arguments ...any) {
	c.Log(Error, fmt.Sprintf(format, arguments...))
}
