package soloist

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"

	"soloist/internal/wire"
)

// Error types of this package's own failures. Those of the host are, among others, Canceled, Terminated and Trap.
const (
	// InvalidInput: the input is not what the function takes.
	InvalidInput = "InvalidInput"
	// InvalidOutput: what the function returned, or gave to the host, cannot be written as JSON.
	InvalidOutput = "InvalidOutput"
	// InvalidAnswer: a task was answered with something else than its caller expects.
	InvalidAnswer = "InvalidAnswer"
	// UnknownFunction: the component was deployed under a name that it does not serve.
	UnknownFunction = "UnknownFunction"
)

// Failure says why a step, or a whole orchestration, failed. It is part of history.
//
// As an error it is always a pointer:
//
//	var failure *soloist.Failure
//	if errors.As(err, &failure) && failure.ErrorType == "PaymentDeclined" {
type Failure struct {
	// ErrorType is stable and machine-readable, such as PaymentDeclined.
	ErrorType string
	// Message is one sentence for a person.
	Message string
	// Details is a stack trace, inner errors: anything that helps, or nothing.
	Details string
	// NonRetriable is true if a retry policy must not try again.
	NonRetriable bool
}

// Fail makes a failure that a retry policy may try again. For the rest, write a &Failure{...}.
func Fail(errorType, format string, arguments ...any) *Failure {
	return &Failure{ErrorType: errorType, Message: fmt.Sprintf(format, arguments...)}
}

// Error is the type and the message.
func (f *Failure) Error() string { return f.ErrorType + ": " + f.Message }

// How a failure is written as JSON.
type failureJSON struct {
	ErrorType    string  `json:"errorType"`
	Message      string  `json:"message"`
	Details      *string `json:"details"`
	NonRetriable bool    `json:"nonRetriable"`
}

// MarshalJSON writes all four, details as null where there are none.
func (f Failure) MarshalJSON() ([]byte, error) {
	return json.Marshal(failureJSON{f.ErrorType, f.Message, f.detailsOrNil(), f.NonRetriable})
}

// UnmarshalJSON needs only type and message.
func (f *Failure) UnmarshalJSON(text []byte) error {
	var read failureJSON
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	*f = Failure{ErrorType: read.ErrorType, Message: read.Message, NonRetriable: read.NonRetriable}
	if read.Details != nil {
		f.Details = *read.Details
	}
	return nil
}

func (f *Failure) detailsOrNil() *string {
	if f.Details == "" {
		return nil
	}
	return &f.Details
}

// FailureOf is the failure that an error becomes when it leaves a function.
//
// A *Failure stays what it is. One that is wrapped, as by fmt.Errorf with %w, keeps its type, its details and whether it may
// be tried again; the message is that of the whole. Any other error's type is what a method ErrorType() string says, or else
// the name of its Go type, past what only wraps or only says a text: "PathError", and "Error" where there is no better name.
func FailureOf(err error) *Failure {
	if failure, is := err.(*Failure); is {
		return failure
	}
	var inner *Failure
	if errors.As(err, &inner) {
		return &Failure{inner.ErrorType, err.Error(), inner.Details, inner.NonRetriable}
	}
	var typed interface {
		error
		ErrorType() string
	}
	if errors.As(err, &typed) {
		return &Failure{ErrorType: typed.ErrorType(), Message: err.Error()}
	}
	return &Failure{ErrorType: errorType(err), Message: err.Error()}
}

func errorType(err error) string {
	for ; err != nil; err = errors.Unwrap(err) {
		named := reflect.TypeOf(err)
		for named.Kind() == reflect.Pointer {
			named = named.Elem()
		}
		switch path := named.PkgPath(); {
		case path == "runtime":
			return "RuntimeError"
		// Unexported there: they have no name for others.
		case path == "errors" || path == "fmt" || named.Name() == "":
		default:
			// Without the parameters of a generic type.
			name, _, _ := strings.Cut(named.Name(), "[")
			return name
		}
	}
	return "Error"
}

// What a panic becomes. To be called by the deferred function that recovered it.
func failureOfPanic(value any) *Failure {
	failure := &Failure{ErrorType: "Panic"}
	if err, is := value.(error); is {
		copied := *FailureOf(err)
		failure = &copied
	} else {
		failure.Message = fmt.Sprint(value)
	}
	if failure.Details == "" {
		failure.Details = stackOfPanic()
	}
	return failure
}

// The frames from the panic down to the function's call. Not debug.Stack: that tells addresses, which differ.
func stackOfPanic() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers)])
	var lines []string
	// What stands above it is ours.
	panicked := false
	for more := true; more; {
		var frame runtime.Frame
		frame, more = frames.Next()
		switch {
		case frame.Function == "runtime.gopanic":
			panicked = true
		case !panicked || strings.HasPrefix(frame.Function, "runtime."):
		case strings.HasPrefix(frame.Function, "soloist.Orchestrator["), strings.HasPrefix(frame.Function, "soloist.Activity["):
			// Below stands what called the function.
			return strings.Join(lines, "\n")
		default:
			lines = append(lines, fmt.Sprintf("%s (%s:%d)", frame.Function, frame.File, frame.Line))
		}
	}
	return strings.Join(lines, "\n")
}

func failureFromHost(failure *wire.Failure) *Failure {
	read := &Failure{ErrorType: failure.ErrorType, Message: failure.Message, NonRetriable: failure.NonRetriable}
	if failure.Details != nil {
		read.Details = *failure.Details
	}
	return read
}

func (f *Failure) answer() wire.Answer {
	return wire.Answer{Failure: &wire.Failure{
		ErrorType:    f.ErrorType,
		Message:      f.Message,
		Details:      f.detailsOrNil(),
		NonRetriable: f.NonRetriable,
	}}
}
