//go:build !wasip1

package fetch

import "soloist/internal/wire"

// Outside of a guest there is no host; tests put one here.
var send = func(wire.Request) (wire.Response, *wire.HTTPError) {
	return wire.Response{}, &wire.HTTPError{Code: "internal-error", Text: "there is no Soloist host here"}
}
