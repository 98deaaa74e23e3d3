//go:build wasip1

package abi

import (
	"runtime"
	"unsafe"

	"soloist/internal/wire"
)

// Durable is the interface durable, as the host gives it.
type Durable struct{}

//go:wasmimport soloist:orchestration/durable@0.1.0 call-activity
func callActivity(name, input string, hasRetry, maxAttempts uint32, first, backoff float64,
	hasInterval uint32, interval float64, hasRetryTimeout uint32, retryTimeout float64,
	hasAttemptTimeout uint32, attemptTimeout float64) uint32

//go:wasmimport soloist:orchestration/durable@0.1.0 call-orchestrator
func callOrchestrator(arguments unsafe.Pointer) uint32

//go:wasmimport soloist:orchestration/durable@0.1.0 call-http
func callHTTP(request string, hasRetry, maxAttempts uint32, first, backoff float64,
	hasInterval uint32, interval float64, hasRetryTimeout uint32, retryTimeout float64,
	hasAttemptTimeout uint32, attemptTimeout float64) uint32

//go:wasmimport soloist:orchestration/durable@0.1.0 create-timer
func createTimer(fireAt float64) uint32

//go:wasmimport soloist:orchestration/durable@0.1.0 wait-for-event
func waitForEvent(name string) uint32

//go:wasmimport soloist:orchestration/durable@0.1.0 cancel
func cancel(task uint32)

//go:wasmimport soloist:orchestration/durable@0.1.0 await-task
func awaitTask(task uint32, into unsafe.Pointer)

//go:wasmimport soloist:orchestration/durable@0.1.0 await-any
func awaitAny(tasks unsafe.Pointer, length uint32) uint32

//go:wasmimport soloist:orchestration/durable@0.1.0 await-all
func awaitAll(tasks unsafe.Pointer, length uint32, into unsafe.Pointer)

//go:wasmimport soloist:orchestration/durable@0.1.0 send-event
func sendEvent(instanceID, name, data string)

//go:wasmimport soloist:orchestration/durable@0.1.0 set-custom-status
func setCustomStatus(status string)

//go:wasmimport soloist:orchestration/durable@0.1.0 continue-as-new
func continueAsNew(input string, keepEvents uint32)

//go:wasmimport soloist:orchestration/durable@0.1.0 instance-id
func instanceID(into unsafe.Pointer)

//go:wasmimport soloist:orchestration/durable@0.1.0 function-name
func functionName(into unsafe.Pointer)

//go:wasmimport soloist:orchestration/durable@0.1.0 parent-instance-id
func parentInstanceID(into unsafe.Pointer)

//go:wasmimport soloist:orchestration/durable@0.1.0 current-time
func currentTime() float64

//go:wasmimport soloist:orchestration/durable@0.1.0 new-guid
func newGUID(into unsafe.Pointer)

//go:wasmimport soloist:orchestration/durable@0.1.0 is-replaying
func isReplaying() uint32

//go:wasmimport soloist:orchestration/durable@0.1.0 log
func log(level uint32, message string)

// An option<milliseconds>.
type length struct {
	has uint32
	_   uint32
	ms  float64
}

func lengthOf(ms float64) length {
	if ms == 0 {
		return length{}
	}
	return length{has: 1, ms: ms}
}

// An option<retry-policy>.
type retry struct {
	has            uint32
	_              uint32
	maxAttempts    uint32
	_              uint32
	first, backoff float64
	interval       length
	retryTimeout   length
	attemptTimeout length
}

func retryOf(given *wire.Retry) retry {
	if given == nil {
		return retry{}
	}
	return retry{
		has:            1,
		maxAttempts:    given.MaxAttempts,
		first:          given.FirstRetryInterval,
		backoff:        given.BackoffCoefficient,
		interval:       lengthOf(given.MaxRetryInterval),
		retryTimeout:   lengthOf(given.RetryTimeout),
		attemptTimeout: lengthOf(given.AttemptTimeout),
	}
}

// The parameters of call-orchestrator are too many to be given one by one.
type child struct {
	name, input text
	id          optionalText
	_           uint32
	retry       retry
}

// CallActivity asks for an activity.
func (Durable) CallActivity(name, input string, given *wire.Retry) uint32 {
	r := retryOf(given)
	return callActivity(name, input, r.has, r.maxAttempts, r.first, r.backoff, r.interval.has, r.interval.ms,
		r.retryTimeout.has, r.retryTimeout.ms, r.attemptTimeout.has, r.attemptTimeout.ms)
}

// CallOrchestrator asks for a child.
func (Durable) CallOrchestrator(name, input string, id *string, given *wire.Retry) uint32 {
	arguments := child{name: textOf(name), input: textOf(input), id: optionalTextOf(id), retry: retryOf(given)}
	task := callOrchestrator(unsafe.Pointer(&arguments))
	// As numbers they hold nothing.
	runtime.KeepAlive(name)
	runtime.KeepAlive(input)
	runtime.KeepAlive(id)
	return task
}

// CallHTTP asks for an HTTP request.
func (Durable) CallHTTP(request string, given *wire.Retry) uint32 {
	r := retryOf(given)
	return callHTTP(request, r.has, r.maxAttempts, r.first, r.backoff, r.interval.has, r.interval.ms,
		r.retryTimeout.has, r.retryTimeout.ms, r.attemptTimeout.has, r.attemptTimeout.ms)
}

// CreateTimer asks to be woken.
func (Durable) CreateTimer(fireAt float64) uint32 { return createTimer(fireAt) }

// WaitForEvent asks for an event.
func (Durable) WaitForEvent(name string) uint32 { return waitForEvent(name) }

// Cancel gives up a task.
func (Durable) Cancel(task uint32) { cancel(task) }

// AwaitTask parks the guest.
func (Durable) AwaitTask(task uint32) wire.Answer {
	host.Lock()
	defer host.Unlock()
	var said answer
	awaitTask(task, unsafe.Pointer(&said))
	defer reset()
	return said.read()
}

// AwaitAny parks the guest. There must be a task.
func (Durable) AwaitAny(tasks []uint32) uint32 {
	return awaitAny(unsafe.Pointer(unsafe.SliceData(tasks)), uint32(len(tasks)))
}

// AwaitAll parks the guest.
func (Durable) AwaitAll(tasks []uint32) []wire.Answer {
	host.Lock()
	defer host.Unlock()
	var said text
	awaitAll(unsafe.Pointer(unsafe.SliceData(tasks)), uint32(len(tasks)), unsafe.Pointer(&said))
	defer reset()
	answers := make([]wire.Answer, said.length)
	if said.length == 0 {
		return answers
	}
	list := unsafe.Slice((*answer)(unsafe.Add(unsafe.Pointer(nil), said.at)), said.length)
	for i := range list {
		answers[i] = list[i].read()
	}
	return answers
}

// SendEvent raises an event elsewhere.
func (Durable) SendEvent(instanceID, name, data string) { sendEvent(instanceID, name, data) }

// SetCustomStatus shows something.
func (Durable) SetCustomStatus(status string) { setCustomStatus(status) }

// ContinueAsNew ends this execution when the export returns.
func (Durable) ContinueAsNew(input string, keepEvents bool) {
	keep := uint32(0)
	if keepEvents {
		keep = 1
	}
	continueAsNew(input, keep)
}

// InstanceID is that of this instance.
func (Durable) InstanceID() string { return ask(instanceID) }

// FunctionName is what this orchestrator was started under.
func (Durable) FunctionName() string { return ask(functionName) }

// ParentInstanceID is nil if nobody called this instance.
func (Durable) ParentInstanceID() *string {
	host.Lock()
	defer host.Unlock()
	var said optionalText
	parentInstanceID(unsafe.Pointer(&said))
	defer reset()
	return said.pointer()
}

// CurrentTime is in milliseconds.
func (Durable) CurrentTime() float64 { return currentTime() }

// NewGUID is another one each time.
func (Durable) NewGUID() string { return ask(newGUID) }

// IsReplaying is for diagnostics.
func (Durable) IsReplaying() bool { return isReplaying() != 0 }

// Log writes a line. Levels are those of the WIT, trace being 0.
func (Durable) Log(level uint32, message string) { log(level, message) }

// Calls an import that answers a text.
func ask(question func(into unsafe.Pointer)) string {
	host.Lock()
	defer host.Unlock()
	var said text
	question(unsafe.Pointer(&said))
	defer reset()
	return said.String()
}
