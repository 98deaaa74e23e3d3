// Soloist-build builds a Go program into a Soloist component.
//
//	go run soloist/cmd/soloist-build [-o FILE] [-tags LIST] [PACKAGE]
//
// PACKAGE is the folder of a main package, by default the one it is run in; FILE is by default the folder's name with .wasm.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"soloist/internal/component"
)

func main() {
	output := flag.String("o", "", "the component to write")
	tags := flag.String("tags", "", "build tags, as for go build")
	flag.Parse()
	if flag.NArg() > 1 {
		fail(fmt.Errorf("give one package, not %d", flag.NArg()))
	}
	program := "."
	if flag.NArg() == 1 {
		program = flag.Arg(0)
	}
	if err := build(program, *output, *tags); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "soloist-build:", err)
	os.Exit(1)
}

func build(program, output, tags string) error {
	if output == "" {
		folder, err := filepath.Abs(program)
		if err != nil {
			return err
		}
		output = filepath.Base(folder) + ".wasm"
	}
	scratch, err := os.MkdirTemp("", "soloist-build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)

	path := filepath.Join(scratch, "module.wasm")
	// The SDK moves the break of Go's heap: see internal/abi/memory.go. Names are for Go's own traces, which keep theirs. And
	// neither the commit nor the folder is told: the same source makes the same component, and no module is deployed anew for
	// nothing.
	command := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false",
		"-ldflags=-s -w -buildid= -checklinkname=0", "-tags="+tags, "-o", path, program)
	command.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	command.Stdout = os.Stdout
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("go build failed: %w", err)
	}
	module, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	wrapped, world, err := component.Wrap(module)
	if err != nil {
		return err
	}
	if err := os.WriteFile(output, wrapped, 0o644); err != nil {
		return err
	}
	fmt.Printf("%s: %s, %d KiB\n", output, world, (len(wrapped)+1023)/1024)
	return nil
}
