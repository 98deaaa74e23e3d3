//go:build wasip1

package abi

import (
	"strings"
	"unsafe"

	"soloist/internal/wire"
)

type text struct{ at, length uint32 }

func textOf(s string) text {
	return text{uint32(uintptr(unsafe.Pointer(unsafe.StringData(s)))), uint32(len(s))}
}

// A copy: what the host wrote is nobody's.
func (t text) String() string {
	if t.length == 0 {
		return ""
	}
	return strings.Clone(unsafe.String((*byte)(unsafe.Add(unsafe.Pointer(nil), t.at)), t.length))
}

type optionalText struct {
	// One byte counts.
	has  uint32
	text text
}

func (t optionalText) pointer() *string {
	if t.has&0xff == 0 {
		return nil
	}
	s := t.text.String()
	return &s
}

func optionalTextOf(s *string) optionalText {
	if s == nil {
		return optionalText{}
	}
	return optionalText{1, textOf(*s)}
}

// A result<json, failure>.
type answer struct {
	// One byte counts: 0 if it is a JSON, whose text is `first`.
	kind          uint32
	first, second text
	details       optionalText
	nonRetriable  uint32
}

func (a *answer) read() wire.Answer {
	if a.kind&0xff == 0 {
		return wire.Answer{JSON: a.first.String()}
	}
	return wire.Answer{Failure: &wire.Failure{
		ErrorType:    a.first.String(),
		Message:      a.second.String(),
		Details:      a.details.pointer(),
		NonRetriable: a.nonRetriable&0xff != 0,
	}}
}

// What an export returned: the host reads it after Go has let go of it.
var (
	returned answer
	kept     wire.Answer
)

// Input copies what an export was called with.
func Input(at, length uint32) string {
	input := text{at, length}.String()
	reset()
	return input
}

// Return makes of an answer what an export returns. It stays valid until the next call.
func Return(given wire.Answer) unsafe.Pointer {
	kept = given
	if failure := kept.Failure; failure != nil {
		returned = answer{
			kind:    1,
			first:   textOf(failure.ErrorType),
			second:  textOf(failure.Message),
			details: optionalTextOf(failure.Details),
		}
		if failure.NonRetriable {
			returned.nonRetriable = 1
		}
	} else {
		returned = answer{first: textOf(kept.JSON)}
	}
	return unsafe.Pointer(&returned)
}
