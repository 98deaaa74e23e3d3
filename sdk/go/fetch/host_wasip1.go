//go:build wasip1

package fetch

import "soloist/internal/abi"

var send = abi.Fetch
