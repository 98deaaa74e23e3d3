package component

import (
	"bytes"
	"strings"
	"testing"
)

// The placeholder of a shell, which is a module like Go's.
func shellOf(t *testing.T, world string) (shell, inner []byte) {
	t.Helper()
	shell, err := shells.ReadFile(world + ".shell")
	if err != nil {
		t.Fatal(err)
	}
	begin, end, err := placeholder(shell)
	if err != nil {
		t.Fatal(err)
	}
	return shell, shell[end-begin.length : end]
}

func TestAShellAroundItsOwnPlaceholderIsTheSame(t *testing.T) {
	for _, world := range []string{"orchestrator-module", "activity-module", "application"} {
		shell, inner := shellOf(t, world)
		wrapped, found, err := Wrap(inner)
		if err != nil {
			t.Fatal(err)
		}
		if found != world {
			t.Errorf("%s was taken for %s", world, found)
		}
		if !bytes.Equal(wrapped, shell) {
			t.Errorf("%s is not what it was", world)
		}
	}
}

func TestASecondImportComesUnderAnotherName(t *testing.T) {
	_, inner := shellOf(t, "orchestrator-module")
	read, err := readModule(inner)
	if err != nil {
		t.Fatal(err)
	}
	twice := *read
	for _, at := range read.imports {
		if at.name == "fd_write" {
			twice.imports = append(twice.imports, at)
		}
	}
	doubled := appendSection(bytes.Clone(inner[:read.begin]), importSection, importsOf(twice.imports))
	doubled = append(doubled, inner[read.end:]...)

	wrapped, _, err := Wrap(doubled)
	if err != nil {
		t.Fatal(err)
	}
	name := []byte("wasi_snapshot_preview1 2")
	// Once where it is imported, and once where it is given.
	if count := bytes.Count(wrapped, name); count != 2 {
		t.Errorf("%q stands there %d times", name, count)
	}
}

func importsOf(imports []moduleImport) []byte {
	body := appendNumber(nil, uint64(len(imports)))
	for _, at := range imports {
		body = appendText(appendText(body, at.module), at.name)
		body = appendNumber(append(body, 0), at.typeIndex)
	}
	return body
}

func TestWhatIsNoModuleOfASoloistProgramIsRefused(t *testing.T) {
	empty := []byte("\x00asm\x01\x00\x00\x00")
	foreign := appendSection(bytes.Clone(empty), typeSection, []byte{1, 0x60, 0, 0})
	foreign = appendSection(foreign, importSection, importsOf([]moduleImport{
		{importName: importName{durable, "cancel"}},
		{importName: importName{"env", "abort"}},
	}))
	for _, example := range []struct {
		module []byte
		says   string
	}{
		{nil, "it is no module"},
		{[]byte("\x00asm\x01\x00\x00\x00\x01\x7f"), "ends or errs"},
		{empty, "registers no function"},
		{foreign, "cancel of soloist:orchestration/durable@0.1.0 as another type"},
	} {
		_, _, err := Wrap(example.module)
		if err == nil || !strings.Contains(err.Error(), example.says) {
			t.Errorf("it should say %q: %v", example.says, err)
		}
	}
}
