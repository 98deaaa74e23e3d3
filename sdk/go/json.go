package soloist

import (
	"bytes"
	"encoding/json"
	"unsafe"
)

// Reads JSON. A string that is not what is wanted, but holds JSON that is, is read as that: the Python client of Durable
// Functions encodes inputs and events twice. An empty one is read as null: the JavaScript client sends that where there is no
// input. Whoever wants a string, or any value, gets what was sent.
func decode[T any](text string) (T, error) {
	var value T
	// Not a copy: Unmarshal only reads, and a text may be a quarter of all memory.
	err := json.Unmarshal(unsafe.Slice(unsafe.StringData(text), len(text)), &value)
	if err == nil {
		return value, nil
	}
	var inner string
	if json.Unmarshal([]byte(text), &inner) == nil {
		if inner == "" {
			inner = "null"
		}
		var again T
		if json.Unmarshal([]byte(inner), &again) == nil {
			return again, nil
		}
	}
	return value, err
}

func encode(value any) (string, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	// For people to read in history; no browser is near.
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", err
	}
	written := bytes.TrimSuffix(text.Bytes(), []byte("\n"))
	// Not a copy either: nobody writes to it again.
	return unsafe.String(unsafe.SliceData(written), len(written)), nil
}

// For what is given to the host: that it does not fit JSON is a mistake in the program, the same each time.
func mustEncode(value any) string {
	text, err := encode(value)
	if err != nil {
		panic(&Failure{
			ErrorType:    InvalidOutput,
			Message:      "what is given to the host does not fit JSON: " + err.Error(),
			NonRetriable: true,
		})
	}
	return text
}
