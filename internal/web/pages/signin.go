package pages

import (
	"time"

	"caseward/internal/web/ui"
)

// SignInPage is GET and POST /signin. Passkeys come first: POST
// /signin/passkey/options answers the ceremony's options, POST /signin/passkey
// takes the field credential. The form posts email and password to /signin.
type SignInPage struct {
	Form       ui.Form
	Next       string // where to go after; field "next"
	NoPassword bool   // the agency takes passkeys only
	// Provider is what the agency's identity provider is called, empty for none: GET
	// /signin/provider leads there.
	Provider string
	Away     bool   // it cannot be reached
	Only     bool   // nearly everybody signs in there
	SignOut  string // where to sign out of it too, for whoever has just signed out here
}

// SecondFactorPage is GET and POST /signin/code: field code, of the
// authenticator app.
type SecondFactorPage struct {
	Form ui.Form
	Next string
}

// RecoveryPage is GET and POST /signin/recovery: fields email, password, code
// (a recovery code).
type RecoveryPage struct {
	Form ui.Form
	Next string
}

// EnrolPage is GET /enrol/{token}: an invitation is taken up. Which step it is
// depends on what is set. The token stays in the hidden field "token".
type EnrolPage struct {
	Token  string
	Name   string
	Email  string
	Role   string // in words
	Until  time.Time
	Step   EnrolStep
	Form   ui.Form  // password, code
	Secret string   // of the authenticator app, in groups of four; step EnrolApp
	Codes  []string // recovery codes, shown once; step EnrolCodes
	// Provider, if not empty, can be chosen: GET /enrol/{token}/provider. Only: nothing else.
	Provider string
	Only     bool
}

// EnrolStep is where an enrolment is.
type EnrolStep string

// The steps. EnrolChoose: passkey (POST /enrol/passkey, field credential; options
// from POST /enrol/passkey/options) or password (POST /enrol/password, field
// password). EnrolApp: POST /enrol/app, field code; the picture is at /enrol/qr.
// EnrolCodes: POST /enrol/done, field kept. EnrolExpired: nothing can be done.
const (
	EnrolChoose  EnrolStep = "choose"
	EnrolApp     EnrolStep = "app"
	EnrolCodes   EnrolStep = "codes"
	EnrolExpired EnrolStep = "expired"
)

// StepUpPage is GET and POST /stepup: a fresh proof of who this is, before
// something that needs it. Passkey: POST /stepup/passkey/options and
// /stepup/passkey; otherwise POST /stepup with password and code.
type StepUpPage struct {
	Form        ui.Form
	For         string // what it is needed for, English source: "To use emergency access"
	Next        string
	HasPasskey  bool
	HasPassword bool
	Provider    string // what it is called, if it can prove it: GET /stepup/provider
}

// LockedPage is GET /locked: the session rests. Passkey: POST
// /unlock/passkey/options and /unlock/passkey; otherwise POST /unlock with
// password, and code if AskCode.
type LockedPage struct {
	Form        ui.Form
	Name        string
	Next        string
	HasPasskey  bool
	HasPassword bool
	AskCode     bool
	Provider    string    // GET /locked/provider
	Until       time.Time // when the session ends for good
}

// SessionsPage is GET /account/sessions; a session is ended by POST
// /account/sessions/{id}/end, all others by POST /account/sessions/end-others.
type SessionsPage struct {
	Sessions []Session
}

// Session is where somebody is signed in.
type Session struct {
	ID     string
	Device string // "Firefox on Windows"
	Phone  bool
	Since  time.Time
	Last   time.Time
	How    string // English source: "Passkey", "Password and app"
	This   bool
	Locked bool
}

// SecurityPage is GET /account/security.
type SecurityPage struct {
	Passkeys []Passkey
	// HasPassword, HasApp: what is set up beside passkeys.
	HasPassword bool
	HasApp      bool
	CodesLeft   int
	NewCodes    []string // just made, shown once
	// Form of the new password: fields password (now), new_password.
	Form    ui.Form
	NoKeys  bool // single-key shortcuts are off
	Compact bool
}

// Passkey is a passkey of the signed-in worker.
type Passkey struct {
	ID     string // removed by POST /account/passkeys/{id}/remove
	Name   string
	Made   time.Time
	Used   time.Time
	Synced bool
}

// MessagePage is a page that says one thing: what happened and what to do.
type MessagePage struct {
	Reference string // of the request, to tell to whoever helps
}

// NotFoundPage is the answer to what is not there and to what the reader may
// not know of: the two can't be told apart.
type NotFoundPage struct {
	MayBreakGlass bool
}

// DeniedPage is the answer where the reader may know of the record and may not
// do this with it.
type DeniedPage struct {
	Client    *ui.Client
	Action    string // "note.sign"
	Rules     []Rule // that refused; none: no rule allows it
	Todo      []Todo // what would change it
	Why       string // path to the full answer
	MayGlass  bool
	Reference string
}

// Todo is something the reader can do about a refusal.
type Todo struct {
	Text string // English source
	URL  string // empty: somebody else has to
	Link string // English source of the link's words
}
