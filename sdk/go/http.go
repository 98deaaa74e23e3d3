package soloist

import (
	"encoding/json"
	"fmt"
	"strings"
)

// HTTPRequest is what a durable HTTP call sends. See [Context.CallHTTP].
type HTTPRequest struct {
	Method  string            `json:"method"`
	URI     string            `json:"uri"`
	Headers map[string]string `json:"headers,omitempty"`
	Content string            `json:"content,omitempty"`
	// AsyncPattern: whether the host follows a 202 with Location until the work behind it is done, which it does unless this
	// says otherwise.
	AsyncPattern *bool `json:"asyncPattern,omitempty"`
}

// HTTPResponse is what a durable HTTP call answers, whatever the status.
type HTTPResponse struct {
	StatusCode int `json:"statusCode"`
	// Headers are by name in small letters; what the server said several times stands in one text, with ", " between.
	Headers map[string]string `json:"headers"`
	Content string            `json:"content"`
}

// IsSuccess is true for a status from 200 to 299.
func (r HTTPResponse) IsSuccess() bool { return r.StatusCode >= 200 && r.StatusCode < 300 }

// Header is the header of this name, in whatever letters, or "".
func (r HTTPResponse) Header(name string) string { return r.Headers[strings.ToLower(name)] }

// Decode reads the content as JSON. What does not fit is a [*Failure] of type [InvalidAnswer].
func (r HTTPResponse) Decode(into any) error {
	if err := json.Unmarshal([]byte(r.Content), into); err != nil {
		return &Failure{
			ErrorType: InvalidAnswer,
			Message:   fmt.Sprintf("the content of a response with status %d is not what %T takes: %v", r.StatusCode, into, err),
		}
	}
	return nil
}
