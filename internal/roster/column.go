package roster

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"caseward/internal/person"
	"caseward/internal/phi"
)

// Column is what a column of the file means.
type Column string

// The columns that are understood.
const (
	Skip      Column = ""
	External  Column = "external" // the number the other system gave
	Given     Column = "given"
	Middle    Column = "middle"
	Family    Column = "family"
	Whole     Column = "whole" // the whole name: "Ibáñez, Marisol" or "Marisol Ibáñez"
	Preferred Column = "preferred"
	Birth     Column = "birth"
	Phone     Column = "phone"
	Mail      Column = "mail"
	Street    Column = "street"
	City      Column = "city"
	State     Column = "state"
	Zip       Column = "zip"
	Language  Column = "language"
	Gender    Column = "gender"
	Pronouns  Column = "pronouns"
	Medicaid  Column = "medicaid"
	Program   Column = "program"
)

// Columns lists the meanings in the order screens show them.
func Columns() []Column {
	return []Column{External, Given, Middle, Family, Whole, Preferred, Birth, Phone, Mail, Street, City, State, Zip, Language, Gender, Pronouns, Medicaid, Program}
}

// headers are the words that columns are headed with, in English and Spanish.
var headers = map[Column][]string{
	External:  {"id", "external id", "client id", "clientid", "record id", "number", "no", "case number", "participant id", "numero", "numero de cliente", "id externo", "identificador"},
	Given:     {"first name", "firstname", "first", "given name", "given", "nombre", "nombres", "primer nombre"},
	Middle:    {"middle name", "middle", "mi", "segundo nombre"},
	Family:    {"last name", "lastname", "last", "surname", "family name", "family", "apellido", "apellidos"},
	Whole:     {"name", "full name", "client", "client name", "nombre completo", "nombre y apellido", "nombre y apellidos", "cliente"},
	Preferred: {"preferred name", "preferred", "nickname", "goes by", "nombre preferido", "apodo"},
	Birth:     {"dob", "date of birth", "birth date", "birthdate", "birthday", "born", "fecha de nacimiento", "nacimiento", "f nac", "fecha nac"},
	Phone:     {"phone", "phone number", "cell", "cell phone", "mobile", "telephone", "tel", "telefono", "celular", "movil"},
	Mail:      {"email", "e mail", "mail", "email address", "correo", "correo electronico"},
	Street:    {"address", "street", "street address", "address 1", "address line 1", "direccion", "calle", "domicilio"},
	City:      {"city", "town", "ciudad", "municipio"},
	State:     {"state", "province", "estado"},
	Zip:       {"zip", "zip code", "zipcode", "postal code", "codigo postal", "cp"},
	Language:  {"language", "preferred language", "primary language", "idioma", "idioma preferido", "lengua"},
	Gender:    {"gender", "sex", "genero", "sexo"},
	Pronouns:  {"pronouns", "pronombres"},
	Medicaid:  {"medicaid", "medicaid id", "medicaid number", "numero de medicaid"},
	Program:   {"program", "programa", "service", "servicio"},
}

// Guess gives each column of a header its likeliest meaning, each meaning once.
func Guess(header []string) []Column {
	out := make([]Column, len(header))
	used := map[Column]bool{}
	for i, h := range header {
		for _, c := range Columns() {
			if used[c] {
				continue
			}
			for _, w := range headers[c] {
				if plain(h) == w {
					out[i], used[c] = c, true
				}
			}
			if out[i] != Skip {
				break
			}
		}
	}
	return out
}

// plain drops case, accents and marks.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return ' '
	}, norm.NFKD.String(s))
	return strings.Join(strings.Fields(s), " ")
}

// wrong is what is wrong with a row, each a sentence for whoever brings it in.
type wrong []string

// client makes a client of a row. programs are the codes by their plain names.
func client(row []string, columns []Column, programs map[string]string, now time.Time) (c person.Client, program string, ext phi.Text, bad wrong) {
	at := func(want Column) string {
		for i, x := range columns {
			if x == want && i < len(row) {
				return row[i]
			}
		}
		return ""
	}
	t := func(want Column) phi.Text { return phi.NewText(at(want)) }
	c.Name = person.Name{Use: person.Official, Given: t(Given), Middle: t(Middle), Family: t(Family)}
	if whole := at(Whole); whole != "" && c.Name.Empty() {
		if family, given, ok := strings.Cut(whole, ","); ok {
			c.Name.Family, c.Name.Given = phi.NewText(strings.TrimSpace(family)), phi.NewText(strings.TrimSpace(given))
		} else if i := strings.LastIndexByte(whole, ' '); i > 0 {
			c.Name.Given, c.Name.Family = phi.NewText(whole[:i]), phi.NewText(whole[i+1:])
		} else {
			c.Name.Given = phi.NewText(whole)
		}
	}
	c.Preferred, c.Pronouns, c.Gender = t(Preferred), t(Pronouns), t(Gender)
	if s := at(Birth); s != "" {
		// What the search box understands as a date is one here.
		found := person.Parse(phi.NewText(s), now)
		c.BirthDate = found.Birth
		if c.BirthDate.Empty() {
			bad = append(bad, "The birth date is no date. Write it as month, day and year.")
		}
	}
	if s := at(Phone); s != "" {
		c.Phones = []person.Phone{{Number: phi.NewText(s), Use: "mobile", Preferred: true}}
	}
	if s := at(Mail); s != "" {
		c.Emails = []person.Email{{Address: phi.NewText(s), Use: "home"}}
	}
	if a := (person.Address{Use: "home", City: t(City), State: t(State), PostalCode: t(Zip)}); at(Street) != "" || at(City) != "" || at(Zip) != "" {
		if s := at(Street); s != "" {
			a.Lines = []phi.Text{phi.NewText(s)}
		}
		c.Addresses = []person.Address{a}
	}
	if s := at(Language); s != "" {
		c.Language = person.Coded{System: "urn:ietf:bcp:47", Display: phi.NewText(s)}
		for _, l := range languages {
			for _, w := range l.words {
				if plain(s) == w {
					c.Language.Code, c.Language.Display = phi.NewText(l.words[0]), phi.NewText(l.display)
				}
			}
		}
	}
	if s := at(Medicaid); s != "" {
		c.Identifiers = append(c.Identifiers, person.Identifier{Kind: "medicaid", Value: phi.NewText(s)})
	}
	if ext = t(External); !ext.Empty() {
		c.Identifiers = append([]person.Identifier{{Kind: externalKind, Value: ext}}, c.Identifiers...)
		c.Source = person.Source{System: phi.NewText(system), Type: "client", Ref: ext}
	}
	if s := at(Program); s != "" {
		if program = programs[plain(s)]; program == "" {
			bad = append(bad, "There is no program of this name.")
		}
	}
	for _, f := range person.Validate(c, now) {
		bad = append(bad, f.Message)
	}
	return c, program, ext, bad
}

const (
	externalKind = "external"
	system       = "urn:caseward:list"
)

var languages = []struct {
	display string
	words   []string // the code first
}{
	{"English", []string{"en", "english", "ingles", "eng"}}, {"Spanish", []string{"es", "spanish", "espanol", "castellano", "spa"}},
	{"Chinese", []string{"zh", "chinese", "mandarin", "chino"}}, {"Vietnamese", []string{"vi", "vietnamese", "vietnamita"}},
	{"Tagalog", []string{"tl", "tagalog"}}, {"Arabic", []string{"ar", "arabic", "arabe"}}, {"French", []string{"fr", "french", "frances"}},
	{"Haitian Creole", []string{"ht", "haitian creole", "creole", "criollo haitiano"}}, {"Korean", []string{"ko", "korean", "coreano"}},
	{"Portuguese", []string{"pt", "portuguese", "portugues"}}, {"Russian", []string{"ru", "russian", "ruso"}}, {"Somali", []string{"so", "somali"}},
}

// pair is what two rows of one file have in common when they are of one person.
func pair(c person.Client) string {
	return fmt.Sprint(plain(c.Name.Given.Disclose()), "/", plain(c.Name.Family.Disclose()), "/", c.BirthDate.DiscloseISO())
}
