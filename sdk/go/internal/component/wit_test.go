package component

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

var (
	interfaces = regexp.MustCompile(`(?ms)^interface ([a-z-]+) \{$(.*?)^\}`)
	functions  = regexp.MustCompile(`(?m)^  ([a-z-]+): func\(`)
)

// Where this fails the WIT has changed: make the shells anew, as the README says.
func TestTheShellsHaveWhatTheWITHas(t *testing.T) {
	wit, err := os.ReadFile("../../../../wit/soloist.wit")
	if err != nil {
		t.Skip("the SDK is not in its repository")
	}
	_, inner := shellOf(t, "application")
	read, err := readModule(inner)
	if err != nil {
		t.Fatal(err)
	}
	given := map[string][]string{}
	for _, at := range read.imports {
		given[at.module] = append(given[at.module], at.name)
	}
	for _, name := range []string{"durable", "activity-context"} {
		var wanted []string
		for _, found := range interfaces.FindAllStringSubmatch(string(wit), -1) {
			if found[1] != name {
				continue
			}
			for _, function := range functions.FindAllStringSubmatch(found[2], -1) {
				wanted = append(wanted, function[1])
			}
		}
		has := given["soloist:orchestration/"+name+"@0.1.0"]
		slices.Sort(wanted)
		slices.Sort(has)
		if len(wanted) == 0 || !slices.Equal(wanted, has) {
			t.Errorf("%s has %v, and its shell %v", name, wanted, has)
		}
	}
}
