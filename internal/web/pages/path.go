package pages

import (
	"net/url"

	"github.com/a-h/templ"
)

// chartURL is the path of a chart, or of one of its tabs.
func chartURL(id, tab string) string {
	p := "/clients/" + url.PathEscape(id)
	if tab != "" {
		p += "/" + tab
	}
	return p
}

func noteURL(client, note, verb string) string {
	p := chartURL(client, "notes") + "/" + url.PathEscape(note)
	if verb != "" {
		p += "/" + verb
	}
	return p
}

// glassURL leads to the form for emergency access; client may be "".
func glassURL(client string) string {
	if client == "" {
		return "/break-glass/new"
	}
	return "/break-glass/new?client=" + url.QueryEscape(client)
}

// compareURL leads to two records beside each other; a is the one to stay.
func compareURL(a, b string) string {
	return "/duplicates/compare?a=" + url.QueryEscape(a) + "&b=" + url.QueryEscape(b)
}

// sorted marks the column a list is sorted by.
func sorted(by, column string) templ.Attributes {
	if by != column {
		return nil
	}
	return templ.Attributes{"aria-sort": "ascending"}
}
