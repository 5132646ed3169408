package authn

import (
	"strings"

	"caseward/internal/actor"
	"caseward/internal/actor/internal/mint"
)

// Service actors: everything that acts without a person at the keyboard. The
// list is complete; each has a name in the log and policies of its own, and
// none may do everything.
const (
	Import    = "import"    // writes what an import file holds; a person starts it at the command line and nobody is at the keyboard for each row
	Demo      = "demo"      // fills the demonstration with fictional people; exists only where Config.Demo is set
	Commander = "operator"  // the person at the command line who holds the passphrase; see Operator
	Sequencer = "sequencer" // puts entries into the log's tree and signs checkpoints; touches no record
	Notifier  = "notifier"  // tells officers and supervisors that something waits for them: break-glass, reviews, due dates
	Scanner   = "scanner"   // has uploads looked at for viruses, files them or keeps them closed
	Household = "household" // brings the records of a household to say who lives there, when somebody moves or asks for privacy
	SignIn    = "authn"     // locks, ends and sweeps sessions by the clock, when nobody asked
	Trainer   = "trainer"   // names courses where something is required
	Calendar  = "calendar"  // reads when a worker is busy, for calendar programs that know a secret and have no session

	Counterparty = "counterparty" // signs, answers and reports for a vendor, for whoever has its link and no session
	Provisioner  = "provisioner"  // adds, changes and ends staff records for the system that provisions accounts; see Provisioning
	Counter      = "counter"      // counts figures from records of the program, for whoever may see figures and not each record
)

// Services lists the names of the service actors.
func Services() []string {
	return []string{
		Import,
		Demo,
		Commander,
		Sequencer,
		Notifier,
		SignIn,
		Scanner,
		Household,
		Trainer,
		Calendar,
		Counterparty,
		Provisioner,
		Counter,
	}
}

// Service returns the named service actor, with the purpose to keep the system
// in order. It panics on a name that is not in the list: names are constants of
// the program.
func Service(name string) actor.Actor {
	for _, s := range Services() {
		if s == name {
			return mint.New(mint.Spec{Worker: "service:" + name, Role: actor.Service, Purpose: actor.Upkeep, Service: true})
		}
	}
	panic("authn: no such service actor: " + name)
}

// Provisioning returns the service that acts for the system which has a key for
// provisioning, by the key's id; empty where it is not known yet.
func Provisioning(key string) actor.Actor {
	s := Service(Provisioner)
	of := ""
	if key != "" {
		of = "scimkey:" + key
	}
	return mint.New(mint.Spec{Worker: s.Worker(), Role: s.Role(), Purpose: s.Purpose(), Service: true, OnBehalfOf: of})
}

// Operator returns the actor for the person who runs a command and holds the
// passphrase. name is their login name on the machine, so that the log tells
// operators apart; it proves nothing, and is cut to letters, digits and "._-".
func Operator(name string) actor.Actor {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return -1
	}, name)
	if len(clean) > 64 {
		clean = clean[:64]
	}
	if clean == "" {
		clean = "unknown"
	}
	return mint.New(mint.Spec{Worker: "service:" + Commander, Role: actor.Service, Purpose: actor.Upkeep, Service: true, OnBehalfOf: "login:" + clean})
}
