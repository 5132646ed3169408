package ui

// spanishNotices is the texts of what a worker is to know.
var spanishNotices = map[string]string{}
