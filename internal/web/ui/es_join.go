package ui

// spanishJoin is the texts where one area shows what another knows.
var spanishJoin = map[string]string{
	"Notes to co-sign": "Notas por firmar con otra persona",
	"Weight of cases":  "Peso de los casos",
	"What caseload balance is measured by. No law says these numbers: they are the agency’s own.": "Con qué se mide el equilibrio de la carga. Ninguna ley dice estos números: son de la agencia.",
	"A case, by its level of support": "Un caso, según su nivel de apoyo",
	"Weight of a case: %s":            "Peso de un caso: %s",
	"Hours a month: %s":               "Horas al mes: %s",
	"How much a worker carries":       "Cuánto lleva cada persona",
	"Capacity of a worker":            "Capacidad de una persona",
	"Capacity of %s":                  "Capacidad de %s",
	"%s if empty.":                    "%s si está vacío.",
	"By weight. For somebody who works part time or has other duties, enter another number below.": "Por peso. Para quien trabaja a tiempo parcial o tiene otras tareas, escriba otro número abajo.",
	"Enter a number from 0 to 999.":                          "Escriba un número de 0 a 999.",
	"Saved. Caseload balance is measured by it from now on.": "Guardado. Desde ahora el equilibrio de la carga se mide así.",
	"Waiting for you":                                        "Esperan por usted",
	"Assessment to be asked again":                           "Evaluación que toca repetir",
	"Note to co-sign":                                        "Nota que espera su cofirma",
}
