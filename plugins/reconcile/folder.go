package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"soloist"
)

// Where the operator gives the folder to the three activities.
const folder = "/managed"

type file struct {
	Name string `json:"name"`
	Text string `json:"text,omitempty"`
}

// The digests of all files, by name.
func observeFolder(_ *soloist.ActivityContext, _ any) (map[string]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, entry := range entries {
		if !entry.Type().IsRegular() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			// Gone since it was listed.
			continue
		}
		if err != nil {
			return nil, err
		}
		found[entry.Name()] = digestOf(text)
	}
	return found, nil
}

// May run twice, and does the same both times.
func writeFile(_ *soloist.ActivityContext, wanted file) (any, error) {
	path, err := pathOf(wanted.Name)
	if err != nil {
		return nil, err
	}
	return nil, os.WriteFile(path, []byte(wanted.Text), 0o644)
}

func removeFile(_ *soloist.ActivityContext, unwanted file) (any, error) {
	path, err := pathOf(unwanted.Name)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return nil, nil
}

func pathOf(name string) (string, error) {
	if name == "" || name == "." || name == ".." || name != filepath.Base(name) {
		return "", &soloist.Failure{
			ErrorType:    "BadName",
			Message:      "`" + name + "` is not the name of a file in the folder: give it no path",
			NonRetriable: true,
		}
	}
	return filepath.Join(folder, name), nil
}

func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
