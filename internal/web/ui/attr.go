package ui

import (
	"strconv"

	"github.com/a-h/templ"
)

// themed carries what a person chose for themselves to the root element.
func themed(f Frame) templ.Attributes {
	a := templ.Attributes{}
	if f.Theme == "light" || f.Theme == "dark" {
		a["data-theme"] = f.Theme
	}
	if f.Density == "compact" {
		a["data-density"] = f.Density
	}
	return a
}

// described points a control at its hint and its error.
func described(x Field, form Form) templ.Attributes {
	a := templ.Attributes{}
	if d := x.describedBy(form); d != "" {
		a["aria-describedby"] = d
	}
	if form.Error(x.id()) != "" {
		a["aria-invalid"] = "true"
	}
	if x.Autocomplete != "" {
		a["autocomplete"] = x.Autocomplete
	}
	if x.InputMode != "" {
		a["inputmode"] = x.InputMode
	}
	if x.Class != "" {
		a["class"] = x.Class
	}
	if x.Max > 0 {
		a["maxlength"] = strconv.Itoa(x.Max)
	}
	if x.Focus {
		a["autofocus"] = true
	}
	return a
}

// Enhanced is what makes a form swap part of its page in place of loading it
// anew; without script the form posts as it is.
func Enhanced(f Frame, url, target, trigger string) templ.Attributes {
	return templ.Attributes{
		"hx-post": url, "hx-trigger": trigger, "hx-target": target, "hx-select": target, "hx-swap": "outerHTML", "hx-nonce": f.Nonce,
	}
}
