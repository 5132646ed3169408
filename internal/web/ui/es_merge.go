package ui

// spanishMerge is the texts about two people who edit one thing.
var spanishMerge = map[string]string{
	"%s saved a change at %s while you were writing.":                                    "%s guardó un cambio a las %s mientras usted escribía.",
	"Nothing you wrote is lost and nothing is saved yet. Look at both, then save again.": "No se ha perdido nada de lo que escribió y aún no se ha guardado nada. Revise ambas versiones y vuelva a guardar.",
	"You both changed this. Yours is in the form. They wrote:":                           "Ambos cambiaron esto. Lo suyo está en el formulario. La otra persona escribió:",
	"They changed this, and their change is in the form:":                                "La otra persona cambió esto y su cambio está en el formulario:",
	"nothing": "nada",
}
