package verify

// MarksAtOnce has so many rows of the index by client in memory at a time, until the
// function it returns is called.
func MarksAtOnce(n int64) (undo func()) {
	was := marksAtOnce
	marksAtOnce = n
	return func() { marksAtOnce = was }
}
