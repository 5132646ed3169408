package staffsync

import (
	"errors"
	"slices"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/roster"
)

// Limits of a file.
const (
	MaxBytes = 5 << 20
	MaxRows  = 10000
)

const op = "staff.import"

// headers are the words that columns are headed with, in English and Spanish. The first is
// the one that Export writes.
var headers = map[string][]string{
	"mail":       {"mail", "email", "e mail", "email address", "work email", "correo", "correo electronico"},
	"given":      {"given", "given name", "first name", "first", "nombre", "nombres"},
	"family":     {"family", "family name", "last name", "last", "surname", "apellido", "apellidos"},
	"title":      {"title", "job title", "position", "cargo", "puesto"},
	"role":       {"role", "rol", "funcion"},
	"programs":   {"programs", "program", "programas", "programa"},
	"supervisor": {"supervisor", "supervisor mail", "supervisor email", "manager", "supervisora", "jefe"},
	"started":    {"started", "start", "start date", "hire date", "inicio", "fecha de inicio", "alta", "fecha de alta"},
	"ended":      {"ended", "end", "end date", "termination date", "fin", "fecha de fin", "baja", "fecha de baja"},
	"status":     {"status", "estado", "situacion"},
	"external":   {"external id", "external", "id", "employee id", "employee number", "id externo", "numero de empleado"},
}

// columns is the order in which Export writes.
var columns = []string{"mail", "given", "family", "title", "role", "programs", "supervisor", "started", "ended", "status", "external"}

// roles are the names of roles besides their codes.
var roles = map[string]actor.Role{
	"admision": actor.Intake, "gestor de casos": actor.CaseManager, "gestora de casos": actor.CaseManager, "supervision": actor.Supervisor, "supervisora": actor.Supervisor,
	"director de programa": actor.ProgramManager, "directora de programa": actor.ProgramManager,
	"oficial de privacidad": actor.PrivacyOfficer, "oficial de seguridad": actor.SecurityOfficer,
	"administrador": actor.Administrator, "administradora": actor.Administrator,
}

var (
	works  = []string{"active", "invited", "activo", "activa", "invitado", "invitada"}
	leaves = []string{"ended", "terminated", "left", "inactive", "baja", "inactivo", "inactiva", "terminado", "terminada"}
)

var bare = strings.NewReplacer("á", "a", "é", "e", "í", "i", "ó", "o", "ú", "u", "ü", "u", "ñ", "n", "_", " ", "-", " ", ".", " ")

// plain is a word as it is compared: in lower case, without accents and marks.
func plain(s string) string {
	return strings.Join(strings.Fields(bare.Replace(strings.ToLower(s))), " ")
}

// row is one row as it stands in the file. What has no column is not in cells.
type row struct {
	line  int
	cells map[string]string
	long  bool // more cells than the header has
}

// secondRole is the column of an export that says who has a second role. A file gives
// none: it takes a statement, and somebody who decides it.
const secondRole = "second_role"

// read takes a file apart. ignored are the headers that mean nothing here.
func read(body []byte) (rows []row, ignored []string, err error) {
	bad := func(message string) error {
		return fault.InvalidFields(op, fault.Field{Name: "file", Message: message})
	}
	if len(body) > MaxBytes {
		return nil, nil, bad("The file is larger than 5 megabytes. Split it and bring in the parts.")
	}
	t, err := roster.ReadUpTo(body, MaxRows)
	switch {
	case errors.Is(err, roster.ErrTooMany):
		return nil, nil, bad("The file has more than 10,000 rows. Split it and bring in the parts.")
	case errors.Is(err, roster.ErrEmpty):
		return nil, nil, bad("The file has no rows below its header.")
	case err != nil:
		return nil, nil, bad("This is not a table with a header row. Save it as CSV and try again.")
	}
	meaning := make([]string, len(t.Header))
	for i, h := range t.Header {
		for name, words := range headers {
			if slices.Contains(words, plain(h)) {
				meaning[i] = name
			}
		}
		if plain(h) == plain(secondRole) {
			continue
		}
		if meaning[i] == "" {
			ignored = append(ignored, h)
		} else if slices.Contains(meaning[:i], meaning[i]) {
			return nil, nil, bad("Two columns of the file have the same meaning. Take one away.")
		}
	}
	if !slices.Contains(meaning, "mail") && !slices.Contains(meaning, "external") {
		return nil, nil, bad("The file has no column for the mail address or the external id. Name one of them in the first row.")
	}
	for i, cells := range t.Rows {
		r := row{line: t.Lines[i], cells: map[string]string{}, long: t.Long[i]}
		for k, c := range cells {
			if meaning[k] != "" {
				r.cells[meaning[k]] = unsafe(c)
			}
		}
		rows = append(rows, r)
	}
	return rows, ignored, nil
}

// unsafe undoes [roster.Safe], so that an export comes back as it was.
func unsafe(c string) string {
	if rest := strings.TrimPrefix(c, "'"); rest != c && roster.Safe(rest) == c {
		return rest
	}
	return c
}

// role is the role a cell names, by code or in words; what is unknown stays and is refused later.
func role(cell string) actor.Role {
	p := plain(cell)
	if r, ok := roles[p]; ok {
		return r
	}
	return actor.Role(strings.ReplaceAll(p, " ", "_"))
}

// programs are the codes a cell names, by code or name; with several marks between them.
func programs(cell string, agency org.Agency) []string {
	out := []string{}
	for _, s := range strings.FieldsFunc(cell, func(r rune) bool { return r == '|' || r == ';' || r == ',' }) {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		for _, p := range agency.Programs {
			if plain(p.Name) == plain(s) || plain(p.Code) == plain(s) {
				s = p.Code
				break
			}
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// day reads a date as 2026-01-31 or 1/31/2026: midnight in zone.
func day(cell string, zone *time.Location) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02", "1/2/2006"} {
		if t, err := time.ParseInLocation(layout, cell, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
