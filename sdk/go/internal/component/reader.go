package component

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Reads a binary; the first error stays.
type reader struct {
	bytes []byte
	at    int
	err   error
}

func (r *reader) fail() {
	if r.err == nil {
		r.err = fmt.Errorf("it ends or errs at byte %d", r.at)
	}
}

func (r *reader) byte() byte {
	if r.err != nil || r.at >= len(r.bytes) {
		r.fail()
		return 0
	}
	r.at++
	return r.bytes[r.at-1]
}

func (r *reader) number() uint64 {
	if r.err != nil || r.at > len(r.bytes) {
		r.fail()
		return 0
	}
	value, length := binary.Uvarint(r.bytes[r.at:])
	// All numbers here are of 32 bits.
	if length <= 0 || value > math.MaxUint32 {
		r.fail()
		return 0
	}
	r.at += length
	return value
}

func (r *reader) skip(length int) string {
	if r.err != nil || length > len(r.bytes)-r.at {
		r.fail()
		return ""
	}
	r.at += length
	return string(r.bytes[r.at-length : r.at])
}

func (r *reader) text() string { return r.skip(int(r.number())) }

func appendNumber(to []byte, number uint64) []byte { return binary.AppendUvarint(to, number) }

func appendText(to []byte, text string) []byte {
	return append(appendNumber(to, uint64(len(text))), text...)
}

func appendSection(to []byte, id byte, body []byte) []byte {
	return append(appendNumber(append(to, id), uint64(len(body))), body...)
}
