// Package pdftext reads a PDF as the Markdown of package prose. A PDF says where each
// glyph stands and little of what it is; what is a heading, a paragraph, a list or a table
// follows from its tags where it has some, and else from sizes, distances and signs. So
// whoever brought the file is told what to look at, and nothing that is read here is in
// force before somebody read it.
//
// The library that takes the file apart can be made to stop, to go on without end and to
// fill the memory by a file that wants it. [Isolated] therefore has the file read in a
// process of its own, which is this program started anew: it is given the file and nothing
// else, no environment, no folder, no key, it can open nothing, and the kernel bounds its
// memory and its time ([Serve]). [Extract] is what happens there; nobody calls it on a file
// from outside in the process of the server.
//
// It never says in an error what stands in a file, opens no address that the file names,
// runs no script of it, and stores nothing.
package pdftext
