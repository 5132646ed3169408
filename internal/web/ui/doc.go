// Package ui holds what every page of Caseward is built from: the frame around
// it, the parts in it, and the words, in English and Spanish.
//
// All of it is pure: a [Frame] and a few values in, HTML out. The package never
// reads a request, a session or a database, and decides nothing about who may
// see what; it shows what it is given. It is one of the few places that call
// Disclose on PHI, and does so only in [Show], [ShowDate] and [ShowNumber].
//
// No template carries a style attribute, an inline handler or a script without
// the page's nonce, so that the strictest Content-Security-Policy ([Policy])
// holds on every page.
package ui
