// Package prose reads the Markdown that an agency writes, its policies and its
// lessons, and writes it as HTML for pages and as parts of a document on paper.
//
// What it writes is built up from a short list of elements, so that nothing of
// what was typed is ever markup: HTML in the source is text and shows as it
// stands, pictures are their words, and a link leads to https, mailto or a place
// within the program, or is no link. It knows headings, paragraphs, lists, quotes,
// tables, code, emphasis and links, and of headings how clauses are numbered.
//
// A word in two braces, as {{agency}}, is filled in at reading by whoever shows
// the text; what it is filled with is text too. Package prose does not know which
// words there are, reads no file and stores nothing.
package prose
