package ui

// spanishProvider is the texts about signing in through the agency's identity provider.
var spanishProvider = map[string]string{
	"your organization":        "su organización",
	"Single sign-on":           "Inicio de sesión único",
	"Sign in with %s":          "Entrar con %s",
	"Continue with %s":         "Continuar con %s",
	"Prove it at %s":           "Demostrarlo en %s",
	"You are signed out here.": "Ha salido de aquí.",
	"Sign out there too":       "Salir también de allí",

	"%s still knows you in this browser.":                "%s todavía lo reconoce en este navegador.",
	"%s cannot be reached at the moment.":                "No se puede acceder a %s en este momento.",
	"Try again in a few minutes, or use another way in.": "Vuelva a intentarlo en unos minutos o entre de otra manera.",
	"Try again in a few minutes. What is urgent, somebody with an account for emergencies can do: see below.": "Vuelva a intentarlo en unos minutos. Lo urgente puede hacerlo alguien con una cuenta para emergencias: vea abajo.",
	"An account for emergencies": "Una cuenta para emergencias",
	"For those who come in when %s is away. Each use is recorded, and the officers are told.":            "Para quienes entran cuando no se puede acceder a %s. Cada uso queda registrado y se avisa a los responsables.",
	"The account you sign in with everywhere else at work. It is linked with this invitation, for good.": "La cuenta con la que entra en todo lo demás del trabajo. Queda vinculada con esta invitación, de forma permanente.",
	"Linked with the identity provider": "Vinculada con el proveedor de identidad",

	"%s signed in with an account for emergencies.":       "%s entró con una cuenta para emergencias.",
	"Somebody signed in with an account for emergencies.": "Alguien entró con una cuenta para emergencias.",

	"Passwords and passkeys of Caseward are switched off for you. Use your organization’s sign-in.":                                                       "Las contraseñas y llaves de acceso de Caseward están desactivadas para usted. Use el acceso de su organización.",
	"Your organization’s sign-in cannot be reached at the moment. Nothing was changed. Try again in a few minutes.":                                       "No se puede acceder al inicio de sesión de su organización en este momento. No se cambió nada. Vuelva a intentarlo en unos minutos.",
	"You stopped signing in there. Nothing was changed.":                                                                                                  "Usted interrumpió el acceso allí. No se cambió nada.",
	"You signed in there with one factor only. Set up a second one there, then try again.":                                                                "Entró allí con un solo factor. Configure allí un segundo y vuelva a intentarlo.",
	"You signed in there, but not with the role you have here. Ask an administrator.":                                                                     "Entró allí, pero no con el rol que tiene aquí. Consulte a un administrador.",
	"You signed in there, but nobody has verified your email address there. Ask an administrator for an invitation: with it the two accounts are linked.": "Entró allí, pero nadie ha verificado allí su correo. Pida una invitación a un administrador: con ella se vinculan las dos cuentas.",
	"Somebody else signed in there. Prove it with your own account.":                                                                                      "Allí entró otra persona. Demuéstrelo con su propia cuenta.",
	"The provider did not say when you signed in there, which is asked for here. Tell an administrator.":                                                  "El proveedor no dijo cuándo entró usted allí, y aquí se pide. Avise a un administrador.",
	"You signed in there too long ago. Sign out there, sign in there anew, then come back.":                                                               "Entró allí hace demasiado tiempo. Salga de allí, entre allí de nuevo y vuelva.",
	"A fresh proof is needed, and you were still signed in there. Sign in there anew.":                                                                    "Se necesita una prueba reciente y usted seguía dentro allí. Entre allí de nuevo.",
	"You signed in there, but no account here is linked with it. Ask an administrator for an invitation: with it the two are linked.":                     "Entró allí, pero ninguna cuenta de aquí está vinculada. Pida una invitación a un administrador: con ella se vinculan.",
	"The answer could not be trusted, so nothing was changed. Try again; if it happens again, tell an administrator.":                                     "No se pudo confiar en la respuesta, así que no se cambió nada. Inténtelo de nuevo; si vuelve a pasar, avise a un administrador.",
}
