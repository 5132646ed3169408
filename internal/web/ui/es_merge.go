package ui

// spanishMerge is the texts about two people who edit one thing.
var spanishMerge = map[string]string{
	"%s saved a change at %s while you were writing.":                                    "%s guardó un cambio a las %s mientras usted escribía.",
	"Nothing you wrote is lost and nothing is saved yet. Look at both, then save again.": "No se ha perdido nada de lo que escribió y aún no se ha guardado nada. Revise ambas versiones y vuelva a guardar.",
	"You both changed this. Yours is in the form. They wrote:":                           "Ambos cambiaron esto. Lo suyo está en el formulario. La otra persona escribió:",
	"They changed this, and their change is in the form:":                                "La otra persona cambió esto y su cambio está en el formulario:",
	"nothing": "nada",
	"This record was joined to another one of the same person. Nothing was saved and nothing is lost: what you entered is still here. Enter it in the record that stays.":                                 "Este expediente se unió a otro de la misma persona. No se guardó nada y no se perdió nada: lo que escribió sigue aquí. Escríbalo en el expediente que queda.",
	"This record was joined to another one of the same person while you were writing. Nothing is saved yet, and nothing you wrote is lost: it is below, in the record that stays. Save or sign it there.": "Este expediente se unió a otro de la misma persona mientras usted escribía. Aún no se ha guardado nada y no se ha perdido nada: está abajo, en el expediente que queda. Guárdelo o fírmelo allí.",
	"You were writing this when the record was joined to another one of the same person. Save or sign it: it goes into the record that stays.":                                                            "Usted escribía esto cuando el expediente se unió a otro de la misma persona. Guárdelo o fírmelo: irá al expediente que queda.",
}
