package ui

var spanish = map[string]string{}
