//go:build wasip1

package abi

import (
	"runtime"
	"unsafe"

	"soloist/internal/wire"
)

const (
	// A stream takes no more at once.
	writeBytesMax = 4096
	readBytesMax  = 1 << 16
)

var methods = map[string]uint32{
	"GET": 0, "HEAD": 1, "POST": 2, "PUT": 3, "DELETE": 4, "CONNECT": 5, "OPTIONS": 6, "TRACE": 7, "PATCH": 8,
}

// The number of a method that has no other.
const otherMethod = 9

// The codes of wasi:http, in their order.
var codes = [...]string{
	"DNS-timeout", "DNS-error", "destination-not-found", "destination-unavailable", "destination-IP-prohibited",
	"destination-IP-unroutable", "connection-refused", "connection-terminated", "connection-timeout",
	"connection-read-timeout", "connection-write-timeout", "connection-limit-reached", "TLS-protocol-error",
	"TLS-certificate-error", "TLS-alert-received", "HTTP-request-denied", "HTTP-request-length-required",
	"HTTP-request-body-size", "HTTP-request-method-invalid", "HTTP-request-URI-invalid", "HTTP-request-URI-too-long",
	"HTTP-request-header-section-size", "HTTP-request-header-size", "HTTP-request-trailer-section-size",
	"HTTP-request-trailer-size", "HTTP-response-incomplete", "HTTP-response-header-section-size",
	"HTTP-response-header-size", "HTTP-response-body-size", "HTTP-response-trailer-section-size",
	"HTTP-response-trailer-size", "HTTP-response-transfer-coding", "HTTP-response-content-coding",
	"HTTP-response-timeout", "HTTP-upgrade-failed", "HTTP-protocol-error", "loop-detected", "configuration-error",
	"internal-error",
}

func (e *errorCode) read() *wire.HTTPError {
	kind := int(e.kind & 0xff)
	if kind >= len(codes) {
		return &wire.HTTPError{Code: "internal-error"}
	}
	err := &wire.HTTPError{Code: codes[kind]}
	if err.Code == "internal-error" && e.has&0xff != 0 {
		err.Text = e.text.String()
	}
	return err
}

// Fetch sends a request and waits for all of the response.
func Fetch(request wire.Request) (wire.Response, *wire.HTTPError) {
	future, err := send(request)
	if err != nil {
		return wire.Response{}, err
	}
	defer dropFuture(future)
	ready := futureSubscribe(future)
	block(ready)
	dropPollable(ready)
	incoming, err := answered(future)
	if err != nil {
		return wire.Response{}, err
	}
	defer dropResponse(incoming)
	response := wire.Response{Status: int(responseStatus(incoming)), Headers: headers(incoming)}
	response.Body, err = readBody(incoming)
	return response, err
}

func send(request wire.Request) (future uint32, err *wire.HTTPError) {
	fields := newFields()
	for _, header := range request.Headers {
		var said [2]byte
		fieldsAppend(fields, header[0], header[1], unsafe.Pointer(&said))
		if said[0] != 0 {
			dropFields(fields)
			return 0, &wire.HTTPError{Code: "HTTP-request-header-size", Text: "the header " + header[0] + " is not allowed"}
		}
	}
	outgoing := newRequest(fields)
	method, known := methods[request.Method]
	if !known {
		method = otherMethod
	}
	scheme := uint32(0)
	if request.Secure {
		scheme = 1
	}
	switch {
	case setMethod(outgoing, method, request.Method) != 0:
		err = &wire.HTTPError{Code: "HTTP-request-method-invalid"}
	case setScheme(outgoing, 1, scheme, "") != 0,
		setAuthority(outgoing, 1, request.Authority) != 0,
		setPath(outgoing, 1, request.Path) != 0:
		err = &wire.HTTPError{Code: "HTTP-request-URI-invalid"}
	}
	if err != nil {
		dropRequest(outgoing)
		return 0, err
	}
	var body resource
	requestBody(outgoing, unsafe.Pointer(&body))

	future, err = handled(outgoing)
	if err != nil {
		dropOutgoingBody(body.handle)
		return 0, err
	}
	// Where that fails the future tells why, or has an answer that the server gave without reading all.
	writeBody(body.handle, request.Body)
	return future, nil
}

func handled(outgoing uint32) (future uint32, err *wire.HTTPError) {
	host.Lock()
	defer host.Unlock()
	var said coded
	handle(outgoing, 0, 0, unsafe.Pointer(&said))
	defer reset()
	if said.failed&0xff != 0 {
		return 0, said.code.read()
	}
	return said.handle(), nil
}

func writeBody(body uint32, bytes []byte) {
	if len(bytes) > 0 {
		var stream resource
		bodyWrite(body, unsafe.Pointer(&stream))
		written := writeAll(stream.handle, bytes)
		dropOutput(stream.handle)
		if !written {
			dropOutgoingBody(body)
			return
		}
	}
	host.Lock()
	defer host.Unlock()
	var said coded
	bodyFinish(body, 0, 0, unsafe.Pointer(&said))
	reset()
}

func writeAll(stream uint32, bytes []byte) bool {
	for len(bytes) > 0 {
		part := bytes[:min(len(bytes), writeBytesMax)]
		var said streamed
		blockingWrite(stream, unsafe.Pointer(unsafe.SliceData(part)), uint32(len(part)), unsafe.Pointer(&said))
		if said.failed&0xff != 0 {
			said.drop()
			return false
		}
		bytes = bytes[len(part):]
	}
	runtime.KeepAlive(bytes)
	return true
}

// Lets go of the error of a stream.
func (s *streamed) drop() {
	if s.first&0xff == 0 {
		dropError(s.second)
	}
}

// What a future that is ready holds.
func answered(from uint32) (response uint32, err *wire.HTTPError) {
	host.Lock()
	defer host.Unlock()
	var said future
	futureGet(from, unsafe.Pointer(&said))
	defer reset()
	switch {
	case said.has&0xff == 0 || said.taken&0xff != 0:
		return 0, &wire.HTTPError{Code: "internal-error", Text: "the host said that the response is there, and it is not"}
	case said.said.failed&0xff != 0:
		return 0, said.said.code.read()
	default:
		return said.said.handle(), nil
	}
}

func headers(response uint32) [][2]string {
	fields := responseHeaders(response)
	defer dropFields(fields)
	host.Lock()
	defer host.Unlock()
	var said text
	fieldsEntries(fields, unsafe.Pointer(&said))
	defer reset()
	all := make([][2]string, said.length)
	if said.length == 0 {
		return all
	}
	list := unsafe.Slice((*[2]text)(unsafe.Add(unsafe.Pointer(nil), said.at)), said.length)
	for i := range list {
		all[i] = [2]string{list[i][0].String(), list[i][1].String()}
	}
	return all
}

func readBody(response uint32) ([]byte, *wire.HTTPError) {
	var body, stream resource
	responseConsume(response, unsafe.Pointer(&body))
	defer dropIncomingBody(body.handle)
	bodyStream(body.handle, unsafe.Pointer(&stream))
	defer dropInput(stream.handle)
	var all []byte
	for {
		part, more, failed := readPart(stream.handle)
		if failed {
			return all, &wire.HTTPError{Code: "HTTP-response-incomplete"}
		}
		if !more {
			return all, nil
		}
		all = append(all, part...)
	}
}

func readPart(stream uint32) (part string, more, failed bool) {
	host.Lock()
	defer host.Unlock()
	var said streamed
	blockingRead(stream, readBytesMax, unsafe.Pointer(&said))
	defer reset()
	if said.failed&0xff == 0 {
		return text{said.first, said.second}.String(), true, false
	}
	said.drop()
	return "", false, said.first&0xff == 0
}
