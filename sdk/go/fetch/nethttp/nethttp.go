// Package nethttp makes net/http's client work in activities.
//
//	response, err := nethttp.Client.Get("https://api.example.com/rates")
package nethttp

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"soloist/fetch"
)

// Client is an http.Client over [Transport]. It follows redirects, to hosts that the operator must allow too.
var Client = &http.Client{Transport: Transport{}}

// Transport sends what an http.Client asks for by [fetch.Do]. Bodies are held in memory, requests go one at a time, and the
// deadline of a request's context is not heeded: the host's own limits are.
type Transport struct{}

// RoundTrip sends one request.
func (Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	asked := fetch.Request{Method: request.Method, URL: request.URL.String()}
	for name, values := range request.Header {
		for _, value := range values {
			asked.Headers = append(asked.Headers, fetch.Header{Name: name, Value: value})
		}
	}
	if request.Body != nil {
		defer request.Body.Close()
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		asked.Body = body
	}
	said, err := fetch.Do(asked)
	if err != nil {
		return nil, err
	}
	header := http.Header{}
	for _, line := range said.Headers {
		header.Add(line.Name, line.Value)
	}
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", said.Status, http.StatusText(said.Status)),
		StatusCode:    said.Status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Body:          io.NopCloser(bytes.NewReader(said.Body)),
		ContentLength: int64(len(said.Body)),
		Request:       request,
	}, nil
}
