//go:build !unix

package main

// private does nothing: files take over the rights of their folder here.
func private() {}
