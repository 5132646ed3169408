package fhir

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"unicode"

	"caseward/internal/clinical"
	"caseward/internal/document"
	"caseward/internal/note"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/plan"
)

// leftOut is why a resource is not imported although nothing is wrong with it.
type leftOut struct{ reason string }

func (l leftOut) Error() string { return l.reason }

// names finds what a resource referred to is called; "" if it is not known.
type names func(reference) string

func read(raw []byte, v any) error { return json.Unmarshal(raw, v) }

// The codes of the value sets that are read.
const (
	raceURL       = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
	ethnicityURL  = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity"
	birthSexURL   = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
	genderURL     = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-genderIdentity"
	birthPlaceURL = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
	interpretURL  = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
	ssnSystem     = "http://hl7.org/fhir/sid/us-ssn"
)

// government reports whether an identifier was given by a government.
func government(id identifier) bool {
	return ssn(id) || id.Type.has("DL", "PPN", "TAX", "NI", "MI", "MC", "MA", "PRC", "BCT", "DCFN", "VS") ||
		strings.HasPrefix(id.System, "urn:oid:2.16.840.1.113883.4.3.") || strings.HasSuffix(id.System, "/passportNumber")
}

func ssn(id identifier) bool { return id.Type.has("SS", "SB") || id.System == ssnSystem }

func toClient(raw []byte) (person.Client, error) {
	var p patient
	if err := read(raw, &p); err != nil {
		return person.Client{}, err
	}
	c := person.Client{Deceased: p.DeceasedBoolean, Gender: text(p.Gender)}
	if p.Active != nil {
		c.Inactive = !*p.Active
	}
	var err error
	if c.BirthDate, err = date("Patient.birthDate", p.BirthDate); err != nil {
		return c, err
	}
	if c.DeceasedOn, err = date("Patient.deceasedDateTime", p.DeceasedAt); err != nil {
		return c, err
	}
	for _, n := range p.Name {
		given := ""
		middle := ""
		if len(n.Given) > 0 {
			given, middle = n.Given[0], strings.Join(n.Given[1:], " ")
		}
		name := person.Name{
			Prefix: text(strings.Join(n.Prefix, " ")), Given: text(given), Middle: text(middle), Family: text(n.Family), Suffix: text(strings.Join(n.Suffix, " ")),
		}
		if name.Empty() {
			name.Text = text(n.Text)
		}
		switch n.Use {
		case "nickname":
			if c.Preferred.Empty() {
				c.Preferred = name.Full()
				continue
			}
			name.Use = person.Nickname
		case "maiden":
			name.Use = person.Maiden
		case "old":
			name.Use = person.Former
		case "anonymous", "temp":
			name.Use = person.Alias
		default:
			name.Use = person.Official
			if c.Name.Empty() {
				c.Name = name
				continue
			}
			name.Use = person.Alias
		}
		if !name.Empty() {
			c.OtherNames = append(c.OtherNames, name)
		}
	}
	if c.Name.Empty() && len(c.OtherNames) > 0 {
		c.Name, c.OtherNames = c.OtherNames[0], c.OtherNames[1:]
	}
	if c.Name.Empty() {
		c.Name.Text = c.Preferred
	}
	if c.Name.Empty() {
		return c, wrongf("Patient.name is missing")
	}
	for _, id := range p.Identifier {
		if id.Value == "" {
			continue
		}
		out := person.Identifier{Label: text(id.Type.words()), System: text(id.System), Value: text(id.Value)}
		switch {
		case ssn(id) && c.SSN.Empty():
			c.SSN = out.Value
		case government(id):
			c.GovernmentIDs = append(c.GovernmentIDs, out)
		default:
			c.Identifiers = append(c.Identifiers, out)
		}
	}
	for _, t := range p.Telecom {
		if t.Value == "" {
			continue
		}
		use := t.Use
		switch t.System {
		case "phone", "sms":
			c.Phones = append(c.Phones, person.Phone{Number: text(t.Value), Use: use, TextOnly: t.System == "sms", Preferred: t.Rank == 1})
		case "email":
			c.Emails = append(c.Emails, person.Email{Address: text(t.Value), Use: use, Preferred: t.Rank == 1})
		}
	}
	for _, a := range p.Address {
		out := person.Address{Use: a.Use, City: text(a.City), State: text(a.State), PostalCode: text(a.PostalCode), Country: text(a.Country)}
		for _, l := range a.Line {
			if strings.TrimSpace(l) != "" {
				out.Lines = append(out.Lines, text(l))
			}
		}
		if len(out.Lines) == 0 && a.Text != "" {
			out.Lines = []phi.Text{text(a.Text)}
		}
		if out.From, err = date("Patient.address.period.start", a.Period.Start); err != nil {
			return c, err
		}
		if out.Until, err = date("Patient.address.period.end", a.Period.End); err != nil {
			return c, err
		}
		c.Addresses = append(c.Addresses, out)
	}
	for _, k := range p.Contact {
		e := person.Emergency{Name: text(spoken(k.Name))}
		var relations []string
		for _, r := range k.Relationship {
			relations = append(relations, r.words())
		}
		e.Relation = text(strings.Join(relations, ", "))
		for _, t := range k.Telecom {
			if t.System == "phone" && e.Phone.Empty() {
				e.Phone = text(t.Value)
			}
		}
		if !e.Name.Empty() || !e.Phone.Empty() {
			c.Emergency = append(c.Emergency, e)
		}
	}
	for _, l := range p.Communication {
		out := coded(l.Language)
		switch {
		case out.Empty():
		case c.Language.Empty():
			c.Language = out
		case l.Preferred:
			c.OtherLanguages, c.Language = append(c.OtherLanguages, c.Language), out
		default:
			c.OtherLanguages = append(c.OtherLanguages, out)
		}
	}
	c.MaritalStatus = coded(p.MaritalStatus)
	for _, x := range p.Extension {
		switch x.URL {
		case raceURL:
			c.Races = append(c.Races, categories(x)...)
		case ethnicityURL:
			c.Ethnicities = append(c.Ethnicities, categories(x)...)
		case birthSexURL:
			c.BirthSex = text(x.ValueCode)
		case genderURL:
			if x.ValueConcept != nil {
				c.Gender = text(x.ValueConcept.words())
			}
		case interpretURL:
			c.Interpreter = x.ValueBoolean
		case birthPlaceURL:
			if a := x.ValueAddress; a != nil {
				var parts []string
				for _, s := range []string{a.City, a.State, a.Country} {
					if s != "" {
						parts = append(parts, s)
					}
				}
				c.BirthPlace = text(strings.Join(parts, ", "))
			}
		}
	}
	return c, nil
}

func coded(c concept) person.Coded {
	k := c.first()
	return person.Coded{System: k.System, Code: text(k.Code), Display: text(c.words())}
}

// categories reads the parts of a US Core race or ethnicity extension: the
// categories of the Office of Management and Budget, finer ones, or words.
func categories(x extension) []person.Coded {
	var out []person.Coded
	words := ""
	for _, p := range x.Extension {
		switch {
		case p.ValueCoding != nil:
			out = append(out, person.Coded{System: p.ValueCoding.System, Code: text(p.ValueCoding.Code), Display: text(p.ValueCoding.Display)})
		case p.URL == "text":
			words = p.ValueString
		}
	}
	if len(out) == 0 && words != "" {
		out = append(out, person.Coded{Display: text(words)})
	}
	return out
}

// origin is the identity of a patient at the source: a medical record number if
// there is one, else another identifier, else the address or id of the resource.
func origin(raw []byte, b base, full, system string) (person.Source, error) {
	var p patient
	if err := read(raw, &p); err != nil {
		return person.Source{}, err
	}
	s := person.Source{Type: "Patient"}
	pick := func(ok func(identifier) bool) bool {
		for _, id := range p.Identifier {
			if id.System != "" && id.Value != "" && !government(id) && ok(id) {
				s.System, s.Ref = text(id.System), text(id.Value)
				return true
			}
		}
		return false
	}
	switch {
	case system != "" && b.ID != "":
		s.System, s.Ref = text(system), text(b.ID)
	case pick(func(id identifier) bool { return id.Type.has("MR") }):
	case pick(func(identifier) bool { return true }):
	case full != "":
		s.Ref = text(full)
	case b.ID != "":
		s.Ref = text("Patient/" + b.ID)
	default:
		return s, wrongf("the patient has neither identifier nor id, so a second import could not know them again")
	}
	return s, nil
}

// contactType says how worker and client were in contact, from the class of an
// encounter.
func contactType(class string) note.Type {
	switch class {
	case "AMB", "EMER", "IMP", "ACUTE", "NONAC", "OBSENC", "PRENC", "SS", "ambulatory", "outpatient", "inpatient", "emergency":
		return note.OfficeVisit
	case "HH", "FLD", "home", "field":
		return note.HomeVisit
	case "VR", "virtual":
		return note.PhoneCall
	}
	return note.Other
}

func toNote(raw []byte, called names) (note.Note, error) {
	var e encounter
	if err := read(raw, &e); err != nil {
		return note.Note{}, err
	}
	switch e.Status {
	case "planned", "cancelled", "entered-in-error":
		return note.Note{}, leftOut{"the visit did not take place"}
	}
	n := note.Note{Type: contactType(e.Class.Code)}
	var err error
	if n.At, err = instant("Encounter.period.start", e.Period.Start); err != nil {
		return n, err
	}
	end, err := instant("Encounter.period.end", e.Period.End)
	if err != nil {
		return n, err
	}
	if d := end.Sub(n.At); !end.IsZero() && !n.At.IsZero() && d > 0 {
		n.Minutes = int(d.Minutes())
	}
	if len(e.Type) > 0 {
		n.Title = text(e.Type[0].words())
	}
	if n.Title.Empty() {
		n.Title = text("Visit")
	}
	for _, r := range e.ReasonCode {
		if w := r.words(); w != "" {
			n.Sections = append(n.Sections, note.Section{Heading: "Reason", Text: text(w)})
		}
	}
	if p := called(e.ServiceProvider); p != "" {
		n.Sections = append(n.Sections, note.Section{Heading: "Provider", Text: text(p)})
	}
	for _, p := range e.Participant {
		if w := called(p.Individual); w != "" && n.AuthorName.Empty() {
			n.AuthorName = text(w)
		}
	}
	return n, nil
}

func toDocument(raw []byte, called names) (document.Document, error) {
	var r documentReference
	if err := read(raw, &r); err != nil {
		return document.Document{}, err
	}
	d := document.Document{Status: document.Filed, System: r.Type.first().System, Code: text(r.Type.first().Code), Type: text(r.Type.words())}
	switch {
	case r.Status == "entered-in-error":
		return d, leftOut{"the source says it was entered in error"}
	case r.Status == "superseded":
		d.Status = document.Superseded
	}
	if len(r.Category) > 0 {
		d.Category = text(r.Category[0].words())
	}
	for _, a := range r.Author {
		if w := called(a); w != "" && d.Author.Empty() {
			d.Author = text(w)
		}
	}
	var err error
	if d.At, err = instant("DocumentReference.date", r.Date); err != nil {
		return d, err
	}
	if start, err := instant("DocumentReference.context.period.start", r.Context.Period.Start); err != nil {
		return d, err
	} else if d.At.IsZero() {
		d.At = start
	}
	d.Title = text(r.Description)
	var reason error = leftOut{"it has no content"}
	for _, c := range r.Content {
		a := c.Attachment
		if d.Title.Empty() {
			d.Title = text(a.Title)
		}
		if a.Data == "" {
			if a.URL != "" {
				reason = leftOut{"its content is elsewhere, and an import fetches nothing"}
			}
			continue
		}
		if base64.StdEncoding.DecodedLen(len(a.Data)) > document.MaxContent+3 {
			reason = leftOut{"its content is larger than 4 MiB"}
			continue
		}
		content, err := base64.StdEncoding.DecodeString(strings.Map(dropSpace, a.Data))
		if err != nil {
			return d, wrongf("DocumentReference.content.attachment.data is not base64")
		}
		media, ok := document.Sniff(a.ContentType, content)
		switch {
		case len(content) > document.MaxContent:
			reason = leftOut{"its content is larger than 4 MiB"}
		case !ok:
			reason = leftOut{"its content is not plain text, HTML or PDF, or not what it is declared to be"}
		default:
			reason = nil
			d.MediaType, d.Bytes = media, content
		}
		if reason == nil {
			break
		}
	}
	if d.Title.Empty() {
		d.Title = d.Type
	}
	if d.Title.Empty() {
		d.Title = text("Document")
	}
	return d, reason
}

func dropSpace(r rune) rune {
	if unicode.IsSpace(r) {
		return -1
	}
	return r
}

func notes(list []annotation) phi.Text {
	var out []string
	for _, a := range list {
		if a.Text != "" {
			out = append(out, a.Text)
		}
	}
	return text(strings.Join(out, "\n"))
}

const inError = "the source says it was entered in error"

func toItem(kind string, raw []byte, called names) (clinical.Item, error) {
	switch kind {
	case "Condition":
		return toCondition(raw, called)
	case "AllergyIntolerance":
		return toAllergy(raw, called)
	}
	return toMedication(raw, called)
}

func toCondition(raw []byte, called names) (i clinical.Item, err error) {
	var c condition
	if err := read(raw, &c); err != nil {
		return i, err
	}
	if c.VerificationStatus.has("entered-in-error") {
		return i, leftOut{inError}
	}
	i = clinical.Item{
		Sort: clinical.Condition, System: c.Code.first().System, Code: text(c.Code.first().Code), Display: text(c.Code.words()),
		Status: text(c.ClinicalStatus.words()), Verified: text(c.VerificationStatus.words()), Severity: text(c.Severity.words()), Note: notes(c.Note),
		Recorder: text(first(called(c.Recorder), called(c.Asserter))),
	}
	if i.OnsetOn, err = date("Condition.onsetDateTime", first(c.OnsetDateTime, c.OnsetPeriod.Start)); err != nil {
		return i, err
	}
	if i.EndedOn, err = date("Condition.abatementDateTime", first(c.AbatementDateTime, c.OnsetPeriod.End)); err != nil {
		return i, err
	}
	if i.RecordedOn, err = date("Condition.recordedDate", c.RecordedDate); err != nil {
		return i, err
	}
	i.Current = c.ClinicalStatus.has("active", "recurrence", "relapse") || len(c.ClinicalStatus.Coding) == 0 && i.EndedOn.Empty()
	if c.VerificationStatus.has("refuted") {
		i.Current = false
	}
	return i, nil
}

func toAllergy(raw []byte, called names) (i clinical.Item, err error) {
	var a allergy
	if err := read(raw, &a); err != nil {
		return i, err
	}
	if a.VerificationStatus.has("entered-in-error") {
		return i, leftOut{inError}
	}
	i = clinical.Item{
		Sort: clinical.Allergy, System: a.Code.first().System, Code: text(a.Code.first().Code), Display: text(a.Code.words()),
		Status: text(a.ClinicalStatus.words()), Verified: text(a.VerificationStatus.words()), Criticality: text(a.Criticality), Note: notes(a.Note),
		Recorder: text(called(a.Recorder)),
	}
	for _, r := range a.Reaction {
		for _, m := range r.Manifestation {
			if w := m.words(); w != "" {
				i.Reactions = append(i.Reactions, text(w))
			}
		}
		if len(r.Manifestation) == 0 && r.Description != "" {
			i.Reactions = append(i.Reactions, text(r.Description))
		}
	}
	if i.OnsetOn, err = date("AllergyIntolerance.onsetDateTime", a.OnsetDateTime); err != nil {
		return i, err
	}
	if i.RecordedOn, err = date("AllergyIntolerance.recordedDate", a.RecordedDate); err != nil {
		return i, err
	}
	i.Current = (a.ClinicalStatus.has("active") || len(a.ClinicalStatus.Coding) == 0) && !a.VerificationStatus.has("refuted")
	return i, nil
}

func toMedication(raw []byte, called names) (i clinical.Item, err error) {
	var m medicationRequest
	if err := read(raw, &m); err != nil {
		return i, err
	}
	switch {
	case m.Status == "entered-in-error":
		return i, leftOut{inError}
	case m.Intent == "proposal" || m.Intent == "option":
		return i, leftOut{"it was proposed and not ordered"}
	}
	i = clinical.Item{Sort: clinical.Medication, Status: text(m.Status), Current: m.Status == "active" || m.Status == "on-hold" || m.Status == "draft", Note: notes(m.Note), Recorder: text(called(m.Requester))}
	switch {
	case m.MedicationConcept != nil:
		i.System, i.Code, i.Display = m.MedicationConcept.first().System, text(m.MedicationConcept.first().Code), text(m.MedicationConcept.words())
	case m.MedicationReference != nil:
		i.Display = text(first(called(*m.MedicationReference), m.MedicationReference.Display))
		for _, c := range m.Contained {
			if c.ID != "" && m.MedicationReference.Reference == "#"+c.ID {
				i.System, i.Code, i.Display = c.Code.first().System, text(c.Code.first().Code), text(c.Code.words())
			}
		}
	}
	var doses, reasons []string
	for _, d := range m.Dosage {
		if w := first(d.Text, d.PatientInstruction); w != "" {
			doses = append(doses, w)
		} else if d.AsNeeded {
			doses = append(doses, "as needed")
		}
	}
	for _, r := range m.ReasonCode {
		reasons = append(reasons, r.words())
	}
	for _, r := range m.ReasonReference {
		if w := called(r); w != "" {
			reasons = append(reasons, w)
		}
	}
	i.Dosage, i.Reason = text(strings.Join(doses, "; ")), text(strings.Join(reasons, ", "))
	i.RecordedOn, err = date("MedicationRequest.authoredOn", m.AuthoredOn)
	return i, err
}

func first(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}

// toPlan maps a care plan; its goals and its team are added by the caller.
func toPlan(raw []byte, called names) (p plan.Plan, refs carePlan, err error) {
	var c carePlan
	if err := read(raw, &c); err != nil {
		return p, c, err
	}
	if c.Status == "entered-in-error" {
		return p, c, leftOut{inError}
	}
	p = plan.Plan{Title: text(c.Title), Status: text(c.Status), Description: text(c.Description), Current: c.Status == "active" || c.Status == "on-hold"}
	for _, k := range c.Category {
		// US Core marks every plan "assess-plan", which says nothing to a reader.
		if !k.has("assess-plan") && p.Category.Empty() {
			p.Category = text(k.words())
		}
	}
	if p.Title.Empty() {
		p.Title = p.Category
	}
	if p.Title.Empty() {
		p.Title = text("Care plan")
	}
	if p.From, err = date("CarePlan.period.start", c.Period.Start); err != nil {
		return p, c, err
	}
	if p.Until, err = date("CarePlan.period.end", c.Period.End); err != nil {
		return p, c, err
	}
	for _, a := range c.Addresses {
		if w := called(a); w != "" {
			p.Addresses = append(p.Addresses, text(w))
		}
	}
	for _, a := range c.Activity {
		switch {
		case a.Detail != nil:
			out := plan.Activity{Text: text(first(a.Detail.Description, a.Detail.Code.words())), Status: text(a.Detail.Status)}
			if len(a.Detail.ReasonCode) > 0 {
				out.Reason = text(a.Detail.ReasonCode[0].words())
			}
			if out.From, err = date("CarePlan.activity.detail.scheduledPeriod.start", a.Detail.ScheduledPeriod.Start); err != nil {
				return p, c, err
			}
			if out.Until, err = date("CarePlan.activity.detail.scheduledPeriod.end", a.Detail.ScheduledPeriod.End); err != nil {
				return p, c, err
			}
			p.Activities = append(p.Activities, out)
		case a.Reference != nil:
			if w := called(*a.Reference); w != "" {
				p.Activities = append(p.Activities, plan.Activity{Text: text(w)})
			}
		}
	}
	return p, c, nil
}

func toGoal(raw []byte) (g plan.Goal, err error) {
	var r goal
	if err := read(raw, &r); err != nil {
		return g, err
	}
	if r.LifecycleStatus == "entered-in-error" {
		return g, leftOut{inError}
	}
	g = plan.Goal{Text: text(r.Description.words()), Status: text(r.LifecycleStatus), Achievement: text(r.AchievementStatus.words()), Note: notes(r.Note)}
	if len(r.Category) > 0 {
		g.Domain = text(r.Category[0].words())
	}
	if g.StartOn, err = date("Goal.startDate", r.StartDate); err != nil {
		return g, err
	}
	for _, t := range r.Target {
		d, err := date("Goal.target.dueDate", t.DueDate)
		if err != nil {
			return g, err
		}
		if g.TargetOn.Empty() {
			g.TargetOn = d
		}
	}
	if r.AchievementStatus.has("achieved") || r.LifecycleStatus == "completed" {
		g.StepsDone, g.Steps = 1, 1
	}
	return g, nil
}

func toTeam(raw []byte, called names) ([]plan.Member, error) {
	var t careTeam
	if err := read(raw, &t); err != nil {
		return nil, err
	}
	if t.Status == "entered-in-error" {
		return nil, leftOut{inError}
	}
	var out []plan.Member
	for _, p := range t.Participant {
		m := plan.Member{Name: text(called(p.Member))}
		if len(p.Role) > 0 {
			m.Role = text(p.Role[0].words())
		}
		if !m.Name.Empty() || !m.Role.Empty() {
			out = append(out, m)
		}
	}
	return out, nil
}

// reasons is why each type of resource that is not kept is left out.
var reasons = map[string]string{
	"Claim": claims, "ClaimResponse": claims, "ExplanationOfBenefit": claims, "Coverage": claims, "Account": claims, "Invoice": claims, "PaymentNotice": claims,
	"Observation": measured, "DiagnosticReport": measured, "Procedure": measured, "Immunization": measured, "ImagingStudy": measured, "Media": measured,
	"Specimen": measured, "Device": measured, "DeviceUseStatement": measured, "SupplyDelivery": measured, "MedicationAdministration": measured,
	"MedicationDispense": measured, "MedicationStatement": measured, "FamilyMemberHistory": measured, "QuestionnaireResponse": measured,
	"Organization": referred, "Practitioner": referred, "PractitionerRole": referred, "Location": referred, "Medication": referred, "RelatedPerson": referred,
	"Provenance": "where each record came from is kept with it, and the import is in the log", "AuditEvent": "where each record came from is kept with it, and the import is in the log",
	"Bundle": "a bundle within a bundle is not looked into", "OperationOutcome": "it is a message of the sending system", "Parameters": "it is a message of the sending system",
}

const (
	claims   = "claims and payments are not kept"
	measured = "measurements, procedures and immunizations are not part of the summary a case manager reads"
	referred = "it is named where a record refers to it, and not kept by itself"
	unknown  = "resources of this type are not kept"
)

// kept is what each type of resource becomes.
var kept = map[string]string{
	"Patient": "clients", "Encounter": "notes", "DocumentReference": "documents",
	"Condition": "clinical", "AllergyIntolerance": "clinical", "MedicationRequest": "clinical",
	"CarePlan": "plans", "Goal": "plans", "CareTeam": "plans",
}

// protected says whether security labels mark a resource as a Part 2 record, or
// as a psychotherapy note.
func protected(b base) (part2, psychotherapy bool) {
	for _, c := range b.Meta.Security {
		switch c.Code {
		case "42CFRPart2", "ETH", "ETHUD", "SUD", "OPIOIDUD":
			part2 = true
		case "PSYTHPN":
			psychotherapy = true
		}
	}
	return part2, psychotherapy
}
