// Package component makes a component of the module that Go's compiler writes.
//
// The world of a guest is one of three, and what Go asks of WASI is known. So the component around the module is made
// beforehand, as a shell with a placeholder in it (see shells.mjs), and here only the placeholder is replaced. An import that
// the placeholder has and the module has not does no harm: a module takes of what it is given what it wants.
package component

import (
	"bytes"
	"embed"
	"fmt"
	"strings"
)

//go:embed *.shell
var shells embed.FS

const (
	durable  = "soloist:orchestration/durable@0.1.0"
	activity = "soloist:orchestration/activity-context@0.1.0"
	// In a component's binary, the sections of a module and of instances of modules.
	moduleSection   = 1
	instanceSection = 2
	headerBytes     = 8
)

// Wrap returns the component around a module, and its world, with -http where it may fetch. Which world, the module's imports tell: the SDK has those of an
// orchestrator only where a program registers one, and likewise for activities.
func Wrap(module []byte) (component []byte, world string, err error) {
	wanted, err := readModule(module)
	if err != nil {
		return nil, "", fmt.Errorf("cannot read the module that Go wrote: %w", err)
	}
	if world, err = worldOf(wanted); err != nil {
		return nil, "", err
	}
	shell, err := shells.ReadFile(world + ".shell")
	if err != nil {
		return nil, "", err
	}
	begin, end, err := placeholder(shell)
	if err != nil {
		return nil, "", fmt.Errorf("the shell of %s is broken: %w", world, err)
	}
	given, err := readModule(shell[end-begin.length : end])
	if err != nil {
		return nil, "", fmt.Errorf("the shell of %s is broken: %w", world, err)
	}
	if err := fits(wanted, given); err != nil {
		return nil, "", err
	}
	module, again := wanted.distinct(module)
	tail, err := giveAgain(shell[end:], again)
	if err != nil {
		return nil, "", fmt.Errorf("the shell of %s is broken: %w", world, err)
	}
	component = append(component, shell[:begin.at]...)
	component = appendSection(component, moduleSection, module)
	return append(component, tail...), world, nil
}

func worldOf(module *module) (string, error) {
	orchestrates, acts, fetches := false, false, false
	for _, wanted := range module.imports {
		orchestrates = orchestrates || wanted.module == durable
		acts = acts || wanted.module == activity
		fetches = fetches || strings.HasPrefix(wanted.module, "wasi:http/")
	}
	http := ""
	if fetches {
		http = "-http"
	}
	switch {
	case orchestrates && acts:
		return "application" + http, nil
	case orchestrates && fetches:
		return "", fmt.Errorf("the program fetches and registers no activity: an orchestrator calls ctx.CallHTTP")
	case orchestrates:
		return "orchestrator-module", nil
	case acts:
		return "activity-module" + http, nil
	default:
		return "", fmt.Errorf("the program registers no function: call soloist.Orchestrator or soloist.Activity in main")
	}
}

// Whether all that a module wants is given, and all that a component needs of it is there.
func fits(wanted, given *module) error {
	signatures := map[importName]string{}
	for _, known := range given.imports {
		signatures[known.importName] = known.signature
	}
	for _, at := range wanted.imports {
		switch signature, is := signatures[at.importName]; {
		case !is:
			return fmt.Errorf("the program imports %s of %s, which a Soloist component has not: use another package", at.name, at.module)
		case signature != at.signature:
			return fmt.Errorf("the program imports %s of %s as another type than it has: update the SDK", at.name, at.module)
		}
	}
	for name := range given.exports {
		if !wanted.exports[name] {
			return fmt.Errorf("the module does not export %s: build it with -buildmode=c-shared and this SDK", name)
		}
	}
	return nil
}

// Where the section of a module begins, and how long the module in it is.
type section struct{ at, length int }

// The first module of a component: the one that others serve.
func placeholder(shell []byte) (begin section, end int, err error) {
	if len(shell) < headerBytes || !bytes.Equal(shell[:headerBytes], []byte("\x00asm\x0d\x00\x01\x00")) {
		return section{}, 0, fmt.Errorf("it is no component")
	}
	reader := reader{bytes: shell, at: headerBytes}
	for reader.at < len(shell) {
		at := reader.at
		id := reader.byte()
		length := int(reader.number())
		reader.skip(length)
		if reader.err != nil {
			return section{}, 0, reader.err
		}
		if id == moduleSection {
			return section{at, length}, reader.at, nil
		}
	}
	return section{}, 0, fmt.Errorf("it has no module")
}

// Gives the placeholder's instance under more names: what Go's module imports a second time, it imports from there.
func giveAgain(tail []byte, names map[string]string) ([]byte, error) {
	reader := reader{bytes: tail}
	for reader.at < len(tail) {
		at := reader.at
		id := reader.byte()
		body := []byte(reader.text())
		if reader.err != nil {
			return nil, reader.err
		}
		if id != instanceSection {
			continue
		}
		given, found, err := withArguments(body, names)
		if err != nil {
			return nil, err
		}
		if found {
			changed := appendSection(bytes.Clone(tail[:at]), instanceSection, given)
			return append(changed, tail[reader.at:]...), nil
		}
	}
	return nil, fmt.Errorf("it makes no instance of its module")
}

// Adds arguments to the instance of the first module, if a section of instances makes it.
func withArguments(body []byte, names map[string]string) (given []byte, found bool, err error) {
	reader := reader{bytes: body}
	for range reader.number() {
		instantiates := reader.byte() == 0
		first := instantiates && reader.number() == 0
		at := reader.at
		count := reader.number()
		var more []byte
		added := uint64(0)
		begin := reader.at
		for range count {
			name := reader.text()
			sort := reader.byte()
			index := reader.number()
			for again, base := range names {
				if first && base == name {
					more = appendText(more, again)
					more = append(more, sort)
					more = appendNumber(more, index)
					added++
				}
			}
		}
		if reader.err != nil {
			return nil, false, reader.err
		}
		if first {
			given = appendNumber(bytes.Clone(body[:at]), count+added)
			given = append(given, body[begin:reader.at]...)
			given = append(given, more...)
			return append(given, body[reader.at:]...), true, nil
		}
	}
	return nil, false, reader.err
}
