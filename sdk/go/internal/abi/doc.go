// Package abi speaks wit/soloist.wit in the canonical ABI: the imports and the memory that the host writes into.
//
// Pointers are 32 bits for the host and 64 in Go, so a text crosses as a pair of uint32 wherever it stands in memory.
// Everything else here is for wasip1 only.
package abi
