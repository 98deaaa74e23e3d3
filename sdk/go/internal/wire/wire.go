// Package wire holds what crosses between a guest and its host, before any type of the user's is known.
package wire

// Failure is the WIT's record failure.
type Failure struct {
	ErrorType    string
	Message      string
	Details      *string
	NonRetriable bool
}

// Answer is the WIT's result<json, failure>: JSON where Failure is nil.
type Answer struct {
	JSON    string
	Failure *Failure
}

// Retry is the WIT's record retry-policy, its lengths in milliseconds. A length of 0 is none.
type Retry struct {
	MaxAttempts        uint32
	FirstRetryInterval float64
	BackoffCoefficient float64
	MaxRetryInterval   float64
	RetryTimeout       float64
	AttemptTimeout     float64
}

// Request is an HTTP request of an activity.
type Request struct {
	Method string
	// HTTP or HTTPS.
	Secure    bool
	Authority string
	// With the query.
	Path    string
	Headers [][2]string
	Body    []byte
}

// Response is what a server said.
type Response struct {
	Status  int
	Headers [][2]string
	Body    []byte
}

// HTTPError is a code of wasi:http, and what was said besides.
type HTTPError struct {
	Code string
	Text string
}
