package component

import (
	"bytes"
	"fmt"
	"strings"
)

// A function as a module names it.
type importName struct{ module, name string }

type moduleImport struct {
	importName
	// As it stands in the binary.
	signature string
	// The number of its type.
	typeIndex uint64
}

// What this package needs to know of a module.
type module struct {
	imports []moduleImport
	exports map[string]bool
	// Where the section of the imports begins and ends.
	begin, end int
}

// The sections of a module.
const (
	typeSection   = 1
	importSection = 2
	exportSection = 7
)

func readModule(binary []byte) (*module, error) {
	if len(binary) < headerBytes || !bytes.Equal(binary[:headerBytes], []byte("\x00asm\x01\x00\x00\x00")) {
		return nil, fmt.Errorf("it is no module")
	}
	read := &module{exports: map[string]bool{}}
	var types []string
	all := reader{bytes: binary, at: headerBytes}
	for all.at < len(binary) {
		at := all.at
		id := all.byte()
		body := reader{bytes: []byte(all.text())}
		switch id {
		case typeSection:
			types = body.types()
		case importSection:
			read.imports = body.imports(types)
			read.begin, read.end = at, all.at
		case exportSection:
			body.exports(read.exports)
		}
		if all.err != nil {
			return nil, all.err
		}
		if body.err != nil {
			return nil, body.err
		}
	}
	return read, nil
}

// The module with each import once: Go imports some from two packages, which a component forbids. The others come from a
// module of another name; returned is the true one of each such name.
func (m *module) distinct(binary []byte) (changed []byte, again map[string]string) {
	again = map[string]string{}
	times := map[importName]int{}
	body := appendNumber(nil, uint64(len(m.imports)))
	for _, at := range m.imports {
		from := at.module
		if times[at.importName]++; times[at.importName] > 1 {
			from = fmt.Sprintf("%s %d", at.module, times[at.importName])
			again[from] = at.module
		}
		body = appendText(body, from)
		body = appendText(body, at.name)
		body = append(body, 0)
		body = appendNumber(body, at.typeIndex)
	}
	changed = appendSection(bytes.Clone(binary[:m.begin]), importSection, body)
	return append(changed, binary[m.end:]...), again
}

func (r *reader) types() []string {
	var types []string
	for range r.number() {
		if r.byte() != 0x60 || r.err != nil {
			r.fail()
			return nil
		}
		var signature strings.Builder
		for range 2 {
			signature.WriteString(r.text())
			signature.WriteByte('>')
		}
		types = append(types, signature.String())
	}
	return types
}

func (r *reader) imports(types []string) []moduleImport {
	var all []moduleImport
	for range r.number() {
		name := importName{r.text(), r.text()}
		// Go's modules import functions only.
		if kind := r.byte(); kind != 0 {
			r.fail()
		}
		index := r.number()
		if r.err != nil || index >= uint64(len(types)) {
			r.fail()
			return nil
		}
		all = append(all, moduleImport{name, types[index], index})
	}
	return all
}

func (r *reader) exports(into map[string]bool) {
	for range r.number() {
		name := r.text()
		r.byte()
		r.number()
		if r.err != nil {
			return
		}
		into[name] = true
	}
}
