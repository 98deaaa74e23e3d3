package soloist

import "soloist/internal/wire"

// The interface durable: the host's, or in tests a scripted one.
type durableHost interface {
	CallActivity(name, input string, retry *wire.Retry) uint32
	CallOrchestrator(name, input string, id *string, retry *wire.Retry) uint32
	CallHTTP(request string, retry *wire.Retry) uint32
	CreateTimer(fireAt float64) uint32
	WaitForEvent(name string) uint32
	Cancel(task uint32)
	AwaitTask(task uint32) wire.Answer
	AwaitAny(tasks []uint32) uint32
	AwaitAll(tasks []uint32) []wire.Answer
	SendEvent(instanceID, name, data string)
	SetCustomStatus(status string)
	ContinueAsNew(input string, keepEvents bool)
	InstanceID() string
	FunctionName() string
	ParentInstanceID() *string
	CurrentTime() float64
	NewGUID() string
	IsReplaying() bool
	Log(level uint32, message string)
}

// The interface activity-context, likewise.
type activityHost interface {
	FunctionName() string
	InstanceID() string
	TaskKey() string
	Attempt() uint32
}
