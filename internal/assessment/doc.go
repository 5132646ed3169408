// Package assessment keeps screenings and assessments: what was asked, what was
// answered, what it scored, and when it is due again.
//
// An instrument is a FHIR R4 Questionnaire. Four come with Caseward: PHQ-9,
// GAD-7, Hunger Vital Sign and a check of social needs in Caseward's own words.
// Others, as PRAPARE, whose text may not be handed on without leave of its
// owners, are imported from a file by whoever keeps the agency's forms; an
// instrument on record is never changed, only replaced.
//
// An assessment is a draft in the form's own slot until it is signed. A signed
// one is never changed (45 CFR 164.312(c)(1)): what was wrong is set right by a
// new one that says which it corrects.
//
// Scores follow the instrument's authors. Where an answer that counts is missing
// there is no score, and the reason is kept; PRAPARE and the check of social
// needs give no number, but the needs found. How soon to ask again is agency
// practice, and stands in one table ([Profile]).
//
// It never decides who may read an assessment, never keeps one from being signed
// because of what was answered, and never makes up a total.
//
// To start: New(door, clients, notices), then Want, Sign, Correct.
package assessment
