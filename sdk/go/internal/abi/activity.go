//go:build wasip1

package abi

import "unsafe"

// Activity is the interface activity-context, as the host gives it.
type Activity struct{}

//go:wasmimport soloist:orchestration/activity-context@0.1.0 function-name
func activityFunctionName(into unsafe.Pointer)

//go:wasmimport soloist:orchestration/activity-context@0.1.0 instance-id
func activityInstanceID(into unsafe.Pointer)

//go:wasmimport soloist:orchestration/activity-context@0.1.0 task-key
func activityTaskKey(into unsafe.Pointer)

//go:wasmimport soloist:orchestration/activity-context@0.1.0 attempt
func activityAttempt() uint32

// FunctionName is what this activity was called under.
func (Activity) FunctionName() string { return ask(activityFunctionName) }

// InstanceID is that of the instance which called.
func (Activity) InstanceID() string { return ask(activityInstanceID) }

// TaskKey is the same over retries.
func (Activity) TaskKey() string { return ask(activityTaskKey) }

// Attempt is 1 on the first one.
func (Activity) Attempt() uint32 { return activityAttempt() }
