package fhir

import (
	"encoding/json"
	"strings"
	"time"

	"caseward/internal/phi"
)

// The parts of FHIR R4 resources that are read. A field of another type in the
// file is an error; a field not named here is not looked at.

type coding struct {
	System  string `json:"system"`
	Code    string `json:"code"`
	Display string `json:"display"`
}

type concept struct {
	Coding []coding `json:"coding"`
	Text   string   `json:"text"`
}

func (c concept) first() coding {
	if len(c.Coding) == 0 {
		return coding{}
	}
	return c.Coding[0]
}

// words is the text of a concept, or else the words of its first code.
func (c concept) words() string {
	if c.Text != "" {
		return c.Text
	}
	for _, k := range c.Coding {
		if k.Display != "" {
			return k.Display
		}
	}
	return c.first().Code
}

func (c concept) has(codes ...string) bool {
	for _, k := range c.Coding {
		for _, code := range codes {
			if k.Code == code {
				return true
			}
		}
	}
	return false
}

type reference struct {
	Reference string `json:"reference"`
	Display   string `json:"display"`
}

type identifier struct {
	Use    string  `json:"use"`
	Type   concept `json:"type"`
	System string  `json:"system"`
	Value  string  `json:"value"`
}

type period struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

type annotation struct {
	Text string `json:"text"`
}

type extension struct {
	URL          string      `json:"url"`
	Extension    []extension `json:"extension"`
	ValueCoding  *coding     `json:"valueCoding"`
	ValueCode    string      `json:"valueCode"`
	ValueString  string      `json:"valueString"`
	ValueBoolean bool        `json:"valueBoolean"`
	ValueConcept *concept    `json:"valueCodeableConcept"`
	ValueAddress *address    `json:"valueAddress"`
}

type humanName struct {
	Use    string   `json:"use"`
	Text   string   `json:"text"`
	Family string   `json:"family"`
	Given  []string `json:"given"`
	Prefix []string `json:"prefix"`
	Suffix []string `json:"suffix"`
}

type telecom struct {
	System string `json:"system"`
	Value  string `json:"value"`
	Use    string `json:"use"`
	Rank   int    `json:"rank"`
	Period period `json:"period"`
}

type address struct {
	Use        string   `json:"use"`
	Type       string   `json:"type"`
	Text       string   `json:"text"`
	Line       []string `json:"line"`
	City       string   `json:"city"`
	State      string   `json:"state"`
	PostalCode string   `json:"postalCode"`
	Country    string   `json:"country"`
	Period     period   `json:"period"`
}

// base is what every resource has.
type base struct {
	ResourceType string     `json:"resourceType"`
	ID           string     `json:"id"`
	Subject      *reference `json:"subject"`
	Patient      *reference `json:"patient"`
	Meta         struct {
		Security []coding `json:"security"`
	} `json:"meta"`
}

// about is the reference to the person the resource is about.
func (b base) about() string {
	switch {
	case b.Subject != nil:
		return b.Subject.Reference
	case b.Patient != nil:
		return b.Patient.Reference
	}
	return ""
}

type patient struct {
	Extension       []extension  `json:"extension"`
	Identifier      []identifier `json:"identifier"`
	Active          *bool        `json:"active"`
	Name            []humanName  `json:"name"`
	Telecom         []telecom    `json:"telecom"`
	Gender          string       `json:"gender"`
	BirthDate       string       `json:"birthDate"`
	DeceasedBoolean bool         `json:"deceasedBoolean"`
	DeceasedAt      string       `json:"deceasedDateTime"`
	Address         []address    `json:"address"`
	MaritalStatus   concept      `json:"maritalStatus"`
	Contact         []struct {
		Relationship []concept `json:"relationship"`
		Name         humanName `json:"name"`
		Telecom      []telecom `json:"telecom"`
	} `json:"contact"`
	Communication []struct {
		Language  concept `json:"language"`
		Preferred bool    `json:"preferred"`
	} `json:"communication"`
}

type encounter struct {
	Status      string    `json:"status"`
	Class       coding    `json:"class"`
	Type        []concept `json:"type"`
	Period      period    `json:"period"`
	ReasonCode  []concept `json:"reasonCode"`
	Participant []struct {
		Individual reference `json:"individual"`
	} `json:"participant"`
	ServiceProvider reference `json:"serviceProvider"`
}

type documentReference struct {
	Status      string      `json:"status"`
	DocStatus   string      `json:"docStatus"`
	Type        concept     `json:"type"`
	Category    []concept   `json:"category"`
	Date        string      `json:"date"`
	Description string      `json:"description"`
	Author      []reference `json:"author"`
	Content     []struct {
		Attachment struct {
			ContentType string `json:"contentType"`
			Data        string `json:"data"`
			URL         string `json:"url"`
			Title       string `json:"title"`
			Creation    string `json:"creation"`
		} `json:"attachment"`
	} `json:"content"`
	Context struct {
		Period period `json:"period"`
	} `json:"context"`
}

type condition struct {
	ClinicalStatus     concept      `json:"clinicalStatus"`
	VerificationStatus concept      `json:"verificationStatus"`
	Severity           concept      `json:"severity"`
	Code               concept      `json:"code"`
	OnsetDateTime      string       `json:"onsetDateTime"`
	OnsetPeriod        period       `json:"onsetPeriod"`
	AbatementDateTime  string       `json:"abatementDateTime"`
	RecordedDate       string       `json:"recordedDate"`
	Recorder           reference    `json:"recorder"`
	Asserter           reference    `json:"asserter"`
	Note               []annotation `json:"note"`
}

type allergy struct {
	ClinicalStatus     concept      `json:"clinicalStatus"`
	VerificationStatus concept      `json:"verificationStatus"`
	Criticality        string       `json:"criticality"`
	Code               concept      `json:"code"`
	OnsetDateTime      string       `json:"onsetDateTime"`
	RecordedDate       string       `json:"recordedDate"`
	Recorder           reference    `json:"recorder"`
	Note               []annotation `json:"note"`
	Reaction           []struct {
		Manifestation []concept `json:"manifestation"`
		Description   string    `json:"description"`
		Severity      string    `json:"severity"`
	} `json:"reaction"`
}

type medicationRequest struct {
	Status              string       `json:"status"`
	Intent              string       `json:"intent"`
	MedicationConcept   *concept     `json:"medicationCodeableConcept"`
	MedicationReference *reference   `json:"medicationReference"`
	AuthoredOn          string       `json:"authoredOn"`
	Requester           reference    `json:"requester"`
	ReasonCode          []concept    `json:"reasonCode"`
	ReasonReference     []reference  `json:"reasonReference"`
	Note                []annotation `json:"note"`
	Dosage              []struct {
		Text               string `json:"text"`
		PatientInstruction string `json:"patientInstruction"`
		AsNeeded           bool   `json:"asNeededBoolean"`
	} `json:"dosageInstruction"`
	Contained []struct {
		ID   string  `json:"id"`
		Code concept `json:"code"`
	} `json:"contained"`
}

type carePlan struct {
	Status      string      `json:"status"`
	Intent      string      `json:"intent"`
	Category    []concept   `json:"category"`
	Title       string      `json:"title"`
	Description string      `json:"description"`
	Period      period      `json:"period"`
	Addresses   []reference `json:"addresses"`
	CareTeam    []reference `json:"careTeam"`
	Goal        []reference `json:"goal"`
	Activity    []struct {
		Detail *struct {
			Code            concept   `json:"code"`
			Status          string    `json:"status"`
			Description     string    `json:"description"`
			ReasonCode      []concept `json:"reasonCode"`
			ScheduledPeriod period    `json:"scheduledPeriod"`
		} `json:"detail"`
		Reference *reference `json:"reference"`
	} `json:"activity"`
}

type goal struct {
	LifecycleStatus   string       `json:"lifecycleStatus"`
	AchievementStatus concept      `json:"achievementStatus"`
	Category          []concept    `json:"category"`
	Description       concept      `json:"description"`
	StartDate         string       `json:"startDate"`
	Note              []annotation `json:"note"`
	Target            []struct {
		DueDate string `json:"dueDate"`
	} `json:"target"`
}

type careTeam struct {
	Status      string `json:"status"`
	Name        string `json:"name"`
	Participant []struct {
		Role   []concept `json:"role"`
		Member reference `json:"member"`
	} `json:"participant"`
}

// named is what a resource referred to is called.
type named struct {
	Name json.RawMessage `json:"name"` // a string of an organization, a list of names of a person
	Code concept         `json:"code"`
}

func (n named) words() string {
	var s string
	if json.Unmarshal(n.Name, &s) == nil && s != "" {
		return s
	}
	var names []humanName
	if json.Unmarshal(n.Name, &names) == nil && len(names) > 0 {
		return spoken(names[0])
	}
	return n.Code.words()
}

func spoken(n humanName) string {
	if n.Text != "" {
		return n.Text
	}
	return strings.TrimSpace(strings.Join(append(append(append([]string{}, n.Prefix...), n.Given...), append([]string{n.Family}, n.Suffix...)...), " "))
}

func text(s string) phi.Text { return phi.NewText(strings.TrimSpace(s)) }

// The years a date may have; outside them it is a mistake of the source.
const firstYear, lastYear = 1800, 2200

// date reads a FHIR date or dateTime as a civil date, in the zone it is given
// in. field is the name of the element, for the error.
func date(field, s string) (phi.Date, error) {
	if s == "" {
		return phi.Date{}, nil
	}
	day, _, _ := strings.Cut(s, "T")
	d, err := phi.ParseDate(day)
	if y, _, _ := d.Disclose(); err != nil || y < firstYear || y > lastYear {
		return phi.Date{}, wrongf("%s is not a date", field)
	}
	if len(day) < len(s) {
		if _, err := time.Parse(time.RFC3339Nano, s); err != nil {
			return phi.Date{}, wrongf("%s is not a date and time", field)
		}
	}
	return d, nil
}

// instant reads a FHIR dateTime as a moment; a date is the start of its day in
// UTC.
func instant(field, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if strings.Contains(s, "T") {
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil || t.Year() < firstYear || t.Year() > lastYear {
			return time.Time{}, wrongf("%s is not a date and time", field)
		}
		return t.UTC(), nil
	}
	d, err := date(field, s)
	if err != nil {
		return time.Time{}, err
	}
	y, m, day := d.Disclose()
	return time.Date(y, time.Month(max(m, 1)), max(day, 1), 0, 0, 0, 0, time.UTC), nil
}
