//go:build wasip1

package abi

import "unsafe"

// What an HTTP request needs of WASI. A resource is a number.

//go:wasmimport wasi:http/types@0.2.3 [constructor]fields
func newFields() uint32

//go:wasmimport wasi:http/types@0.2.3 [method]fields.append
func fieldsAppend(fields uint32, name, value string, into unsafe.Pointer)

//go:wasmimport wasi:http/types@0.2.3 [method]fields.entries
func fieldsEntries(fields uint32, into unsafe.Pointer)

//go:wasmimport wasi:http/types@0.2.3 [resource-drop]fields
func dropFields(fields uint32)

//go:wasmimport wasi:http/types@0.2.3 [constructor]outgoing-request
func newRequest(fields uint32) uint32

//go:wasmimport wasi:http/types@0.2.3 [method]outgoing-request.set-method
func setMethod(request, kind uint32, other string) uint32

//go:wasmimport wasi:http/types@0.2.3 [method]outgoing-request.set-scheme
func setScheme(request, has, kind uint32, other string) uint32

//go:wasmimport wasi:http/types@0.2.3 [method]outgoing-request.set-authority
func setAuthority(request, has uint32, authority string) uint32

//go:wasmimport wasi:http/types@0.2.3 [method]outgoing-request.set-path-with-query
func setPath(request, has uint32, path string) uint32

//go:wasmimport wasi:http/types@0.2.3 [method]outgoing-request.body
func requestBody(request uint32, into unsafe.Pointer)

//go:wasmimport wasi:http/types@0.2.3 [resource-drop]outgoing-request
func dropRequest(request uint32)

//go:wasmimport wasi:http/types@0.2.3 [method]outgoing-body.write
func bodyWrite(body uint32, into unsafe.Pointer)

//go:wasmimport wasi:http/types@0.2.3 [static]outgoing-body.finish
func bodyFinish(body, hasTrailers, trailers uint32, into unsafe.Pointer)

//go:wasmimport wasi:http/types@0.2.3 [resource-drop]outgoing-body
func dropOutgoingBody(body uint32)

//go:wasmimport wasi:http/types@0.2.3 [method]future-incoming-response.subscribe
func futureSubscribe(future uint32) uint32

//go:wasmimport wasi:http/types@0.2.3 [method]future-incoming-response.get
func futureGet(future uint32, into unsafe.Pointer)

//go:wasmimport wasi:http/types@0.2.3 [resource-drop]future-incoming-response
func dropFuture(future uint32)

//go:wasmimport wasi:http/types@0.2.3 [method]incoming-response.status
func responseStatus(response uint32) uint32

//go:wasmimport wasi:http/types@0.2.3 [method]incoming-response.headers
func responseHeaders(response uint32) uint32

//go:wasmimport wasi:http/types@0.2.3 [method]incoming-response.consume
func responseConsume(response uint32, into unsafe.Pointer)

//go:wasmimport wasi:http/types@0.2.3 [resource-drop]incoming-response
func dropResponse(response uint32)

//go:wasmimport wasi:http/types@0.2.3 [method]incoming-body.stream
func bodyStream(body uint32, into unsafe.Pointer)

//go:wasmimport wasi:http/types@0.2.3 [resource-drop]incoming-body
func dropIncomingBody(body uint32)

//go:wasmimport wasi:http/outgoing-handler@0.2.3 handle
func handle(request, hasOptions, options uint32, into unsafe.Pointer)

//go:wasmimport wasi:io/streams@0.2.3 [method]input-stream.blocking-read
func blockingRead(stream uint32, length uint64, into unsafe.Pointer)

//go:wasmimport wasi:io/streams@0.2.3 [resource-drop]input-stream
func dropInput(stream uint32)

//go:wasmimport wasi:io/streams@0.2.3 [method]output-stream.blocking-write-and-flush
func blockingWrite(stream uint32, at unsafe.Pointer, length uint32, into unsafe.Pointer)

//go:wasmimport wasi:io/streams@0.2.3 [resource-drop]output-stream
func dropOutput(stream uint32)

//go:wasmimport wasi:io/error@0.2.3 [resource-drop]error
func dropError(err uint32)

//go:wasmimport wasi:io/poll@0.2.3 [method]pollable.block
func block(pollable uint32)

//go:wasmimport wasi:io/poll@0.2.3 [resource-drop]pollable
func dropPollable(pollable uint32)

// A result of a resource, without more on an error.
type resource struct {
	failed uint32
	handle uint32
}

// A result of nothing or of a list of bytes, or a stream's error: kind 0 with an error, or 1 if it is closed.
type streamed struct {
	failed uint32
	// A list: where, and how long. An error: its kind, and its resource.
	first, second uint32
}

// An error-code: its number, and what comes with it.
type errorCode struct {
	kind uint32
	_    uint32
	has  uint32
	text text
	_    [3]uint32
}

// A result of an error-code, or of nothing or a resource in its place.
type coded struct {
	failed uint32
	_      uint32
	code   errorCode
}

// An option<result<result<incoming-response, error-code>>>.
type future struct {
	has   uint32
	_     uint32
	taken uint32
	_     uint32
	said  coded
}

// The resource that stands where the error would.
func (c *coded) handle() uint32 { return c.code.kind }
