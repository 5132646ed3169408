package ui

// spanishReports is the Spanish of reports, exports, print, the timeline, the
// clinical summary and the search.
var spanishReports = map[string]string{
	// Messages of package report.
	"Choose at least one part of the chart.":                                               "Elija al menos una parte del expediente.",
	"This is too much for one document. Choose a shorter period or fewer parts.":           "Es demasiado para un solo documento. Elija un período más corto o menos partes.",
	"Choose the kind of file.":                                                             "Elija el tipo de archivo.",
	"Choose why this leaves the system.":                                                   "Elija por qué sale esto del sistema.",
	"Keep this to 500 characters.":                                                         "Limítelo a 500 caracteres.",
	"Say in a sentence what the file is for.":                                              "Diga en una frase para qué es el archivo.",
	"Choose a period of at most five years.":                                               "Elija un período de cinco años como máximo.",
	"Choose a report from the list.":                                                       "Elija un informe de la lista.",
	"Choose by what the report is grouped.":                                                "Elija cómo se agrupa el informe.",
	"Enter the first day of the period.":                                                   "Escriba el primer día del período.",
	"Enter the last day of the period.":                                                    "Escriba el último día del período.",
	"The period ends before it begins.":                                                    "El período termina antes de empezar.",
	"This is too much for one report. Choose a shorter period, one program or one worker.": "Es demasiado para un solo informe. Elija un período más corto, un programa o una persona.",
	"Enter a word to look for.":                                                            "Escriba una palabra para buscar.",

	"once supervised or managed it": "antes lo supervisó o dirigió",
}
