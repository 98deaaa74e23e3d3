package main

// What this guest needs of wit/soloist.wit, in the canonical ABI, by hand: pointers are 32 bits there and 64 in Go.

import (
	"errors"
	"strings"
	"unsafe"
)

//go:wasmimport soloist:orchestration/durable@0.1.0 wait-for-event
func waitForEvent(name string) uint32

//go:wasmimport soloist:orchestration/durable@0.1.0 set-custom-status
func setCustomStatus(status string)

//go:wasmimport soloist:orchestration/durable@0.1.0 current-time
func currentTime() float64

//go:wasmimport soloist:orchestration/durable@0.1.0 await-task
func awaitTaskInto(task uint32, answer unsafe.Pointer)

// A result<json, failure>.
type answer struct {
	// One byte counts: 0 if it is a JSON, whose text is `first`.
	kind                 uint32
	first, second        text
	hasDetails           uint32
	details              text
	nonRetriable         uint32
}

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

func awaitTask(task uint32) (string, error) {
	var said answer
	awaitTaskInto(task, unsafe.Pointer(&said))
	if said.kind&0xff != 0 {
		return "", errors.New(said.first.String() + ": " + said.second.String())
	}
	return said.first.String(), nil
}

// What `run` returned: the host reads it after Go has let go of it.
var (
	returned answer
	kept     [2]string
)

//go:wasmexport soloist:orchestration/orchestrator@0.1.0#run
func run(at, length uint32) unsafe.Pointer {
	json, err := native(text{at, length}.String())
	if err == nil {
		kept[0] = json
		returned = answer{first: textOf(kept[0])}
	} else {
		kept = [2]string{"Native", err.Error()}
		returned = answer{kind: 1, first: textOf(kept[0]), second: textOf(kept[1])}
	}
	return unsafe.Pointer(&returned)
}

// What the host and the adapter for WASI preview 1 write into. Not Go's heap: the adapter asks before Go's runtime has
// begun, and a collection amid an answer would call the host while the host is writing.
var (
	arena [1 << 20]byte
	used  uint32
)

//go:wasmexport cabi_realloc
//go:nosplit
func realloc(old unsafe.Pointer, oldSize, align, size uint32) unsafe.Pointer {
	begin := uint32(uintptr(unsafe.Pointer(&arena)))
	at := (begin + used + align - 1) &^ (align - 1)
	// Texts are written whole; nothing here grows.
	if oldSize != 0 || at+size > begin+uint32(len(arena)) {
		return nil
	}
	used = at + size - begin
	return unsafe.Pointer(uintptr(at))
}
