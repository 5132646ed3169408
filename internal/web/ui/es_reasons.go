package ui

// spanishReasons is the reasons for which the work refuses what was asked, where
// no field of a form is named.
var spanishReasons = map[string]string{
	"A note that was signed and returned is not thrown away; mark it as entered in error instead.": "Una nota que se firmó y fue devuelta no se descarta; márquela como anotada por error.",
	"Only a note that was signed and returned is marked; a draft is thrown away.":                  "Solo se marca una nota que se firmó y fue devuelta; un borrador se descarta.",
	"Only a planned appointment is cancelled.":                                                     "Solo se cancela una cita planificada.",
	"Only a planned appointment is changed.":                                                       "Solo se cambia una cita planificada.",
	"The appointment has not begun yet.":                                                           "La cita aún no ha comenzado.",
	"The appointment was cancelled.":                                                               "La cita fue cancelada.",
	"There is no supervisor to tell.":                                                              "No hay supervisor a quien avisar.",
	"An imported client needs a source.":                                                           "Un cliente importado necesita una fuente.",
	"An imported document needs a source.":                                                         "Un documento importado necesita una fuente.",
	"An imported item needs a source.":                                                             "Un dato importado necesita una fuente.",
	"An imported note needs a source.":                                                             "Una nota importada necesita una fuente.",
	"An imported plan needs a source.":                                                             "Un plan importado necesita una fuente.",
	"An imported plan ends where it came from.":                                                    "Un plan importado termina donde se hizo.",
	"The content is larger than 4 MiB.":                                                            "El contenido supera los 4 MiB.",
	"This document is kept by the system it came from.":                                            "Este documento lo conserva el sistema del que proviene.",
	"An addendum is added to the note itself, not to another addendum.":                            "Una adenda se agrega a la nota misma, no a otra adenda.",
	"Nobody changes their own role, programs or supervisor.":                                       "Nadie cambia su propia función, sus programas ni su supervisor.",
	"Nobody ends their own access.":                                                                "Nadie pone fin a su propio acceso.",
	"Too many workers at once.":                                                                    "Demasiadas personas a la vez.",
	"A task is put off by 1 to 60 days.":                                                           "Una tarea se pospone de 1 a 60 días.",
	"Nobody gave you this task.":                                                                   "Nadie le dio esta tarea.",
	"The task is closed already.":                                                                  "La tarea ya está cerrada.",
	"The task is closed; open it again first.":                                                     "La tarea está cerrada; primero vuelva a abrirla.",
	"The form is damaged.":                                                                         "El formulario está dañado.",
	"The form is too large or damaged.":                                                            "El formulario es demasiado grande o está dañado.",
	"The form names no goal.":                                                                      "El formulario no nombra ninguna meta.",
	"A case goes to somebody who carries cases.":                                                   "Un caso se asigna a alguien que lleva casos.",
	"Not a step of a move.":                                                                        "No es un paso de un traslado.",
}
