//go:build wasip1

package abi

import (
	"runtime/debug"
	"sync"
	"unsafe"
)

// What the host writes, it writes into memory that cabi_realloc gives. That function is called in the middle of an import,
// when the guest must not call the host: Go's allocator may begin a collection, which reads the clock, which traps. And
// the adapter for WASI preview 1 calls it before Go's runtime has begun. So it takes no memory from Go's heap, but from
// chunks of its own: first a static one, then ones between Go's heap and the end of the memory, of which Go's runtime is
// told as if it had asked for them itself.

const (
	pageBytes = 1 << 16
	// The adapter keeps two pages for good; the rest serves answers of ordinary size.
	staticBytes = 4 * pageBytes
	// Each new chunk is at least as large as all before it, so that the memory of 4 GiB has no room for more.
	chunksMax = 20
	// Where collections become frequent rather than the heap larger: half of what the host gives a guest if nothing is set.
	heapBytes = 32 << 20
	// No memory ends here, so the host refuses to write to it, and says so.
	refused = 0xffff_fff0
)

// The runtime's break, and the system's. See mem_sbrk.go of package runtime.
//
//go:linkname bloc runtime.bloc
var bloc uintptr

//go:linkname blocMax runtime.blocMax
var blocMax uintptr

//go:linkname growMemory runtime.growMemory
func growMemory(pages int32) int32

type chunk struct{ begin, end uintptr }

var (
	static [staticBytes]byte
	chunks [chunksMax]chunk
	count  int
	// Where the next text goes: the chunk, and the place in it.
	current int
	next    uintptr
	// Below it in the first chunk is what was asked for before Go's runtime had begun: it is the adapter's for good.
	floor uintptr
	// One import at a time, until what it answered is copied.
	host sync.Mutex
)

func init() {
	floor = next
	debug.SetMemoryLimit(heapBytes)
}

//go:wasmexport cabi_realloc
//go:nosplit
func realloc(old, oldSize, align, size uint32) uint32 {
	// Texts are written whole; nothing grows.
	if oldSize != 0 {
		return refused
	}
	if count == 0 {
		begin := uintptr(unsafe.Pointer(&static))
		chunks[0] = chunk{begin, begin + staticBytes}
		count = 1
		next = begin
	}
	for {
		at := (next + uintptr(align) - 1) &^ (uintptr(align) - 1)
		if at+uintptr(size) <= chunks[current].end {
			next = at + uintptr(size)
			return uint32(at)
		}
		if current+1 == count && !grow(uintptr(size)) {
			return refused
		}
		if current+1 < count {
			current++
			next = chunks[current].begin
		}
	}
}

// Makes the last chunk longer by what `size` bytes need, or adds one.
//
//go:nosplit
func grow(size uintptr) bool {
	// Before Go's runtime has begun there is no break to move.
	if blocMax == 0 {
		return false
	}
	bytes := (size + pageBytes - 1) &^ (pageBytes - 1)
	last := &chunks[count-1]
	extend := last.end == blocMax
	if !extend {
		if count == chunksMax {
			return false
		}
		held := uintptr(0)
		for i := 1; i < count; i++ {
			held += chunks[i].end - chunks[i].begin
		}
		if bytes < held {
			bytes = held
		}
	}
	if growMemory(int32(bytes/pageBytes)) < 0 {
		return false
	}
	begin := blocMax
	blocMax += bytes
	bloc = blocMax
	if extend {
		last.end = blocMax
	} else {
		chunks[count] = chunk{begin, blocMax}
		count++
	}
	return true
}

// Forgets what the host wrote, which by now is copied.
func reset() {
	current = 0
	next = max(floor, chunks[0].begin)
}
