// Package fetch sends HTTP requests from activities, over wasi:http: to hosts that the operator lists in allow_hosts of the
// activity's function.
//
//	response, err := fetch.Get("https://api.example.com/rates")
//
// It is small. Where you need an http.Client, package nethttp beside it has a transport for one; net/http more than doubles a
// component, and the time that the host needs to compile it. An orchestrator must not fetch; it has Context.CallHTTP.
package fetch

import (
	"fmt"
	"net/url"
	"strings"

	"soloist/internal/wire"
)

// Header is one line of a request's or a response's head.
type Header struct{ Name, Value string }

// Request is what to send.
type Request struct {
	// Method is GET if it is empty.
	Method  string
	URL     string
	Headers []Header
	Body    []byte
}

// Response is what a server said, whatever the status. A redirect is not followed.
type Response struct {
	Status  int
	Headers []Header
	Body    []byte
}

// Header is the first value of this name, in whatever letters, or "".
func (r *Response) Header(name string) string {
	for _, header := range r.Headers {
		if strings.EqualFold(header.Name, name) {
			return header.Value
		}
	}
	return ""
}

// Error is why a request got no response.
type Error struct {
	// Code is one of wasi:http, such as HTTP-request-denied or connection-refused.
	Code string
	// Text is what was said besides, or "".
	Text string
}

// Error is the code, and what was said besides.
func (e *Error) Error() string {
	if e.Text == "" {
		return e.Code
	}
	return e.Code + ": " + e.Text
}

// ErrorType makes the code the type of the failure that this error becomes.
func (e *Error) ErrorType() string { return e.Code }

// Get asks for what is at a URL.
func Get(url string) (*Response, error) { return Do(Request{URL: url}) }

// Do sends a request and waits for all of the response. The error is an [*Error].
func Do(request Request) (*Response, error) {
	at, err := url.Parse(request.URL)
	if err != nil || at.Host == "" || (at.Scheme != "http" && at.Scheme != "https") {
		text := fmt.Sprintf("`%s` is no URL for HTTP: let it begin with http:// or https:// and a host", request.URL)
		return nil, &Error{"HTTP-request-URI-invalid", text}
	}
	asked := wire.Request{
		Method:    request.Method,
		Secure:    at.Scheme == "https",
		Authority: at.Host,
		Path:      at.RequestURI(),
		Body:      request.Body,
	}
	if asked.Method == "" {
		asked.Method = "GET"
	}
	for _, header := range request.Headers {
		asked.Headers = append(asked.Headers, [2]string{header.Name, header.Value})
	}
	said, failed := send(asked)
	if failed != nil {
		return nil, &Error{failed.Code, failed.Text}
	}
	response := &Response{Status: said.Status, Body: said.Body}
	for _, pair := range said.Headers {
		response.Headers = append(response.Headers, Header{pair[0], pair[1]})
	}
	return response, nil
}
