// Package intake registers somebody in one pass: who they are, a first case and
// who works with them, kept together or not at all.
//
// A registration that is not finished is a draft of whoever types it, about no
// client yet; it is sealed under the agency's key and gone when the client is
// registered.
//
// It decides nothing about duplicates: it shows who may be the same person, of
// those the asker may see, and the asker says.
package intake
