// Package pages holds every page of Caseward as a pure view: a [ui.Frame] and a
// typed page value in, HTML out. It reads no request, no session and no
// database, decides nothing about who may see what, and writes no response. A
// handler fills the page value from what the door gave it and renders it; a
// field class the door withheld is named in the page's Hidden and shown as
// withheld, never left blank as if there were nothing.
//
// # What every page takes for granted
//
// Every form that posts has the field csrf (the same token stands in the header
// X-CSRF-Token of what the page's script posts). The field next, where there is
// one, is a path of our own to come back to; check that it is one. A form with
// something wrong is answered with 422 and the same page, its Form made by
// [ui.Posted]. Times given to pages are in the agency's zone. Titles, paths and
// queries hold ids only: whatever names a client is posted.
//
// Small forms of the shell:
//
//	POST /purpose            purpose, next                    choose the purpose of use
//	POST /language           lang (en, es), next              choose the language
//	POST /lock               next                             hide and lock the session, then 303 to /locked
//	POST /alive              (script only)                    204: somebody is there; 401 makes the page load anew
//	POST /signout
//	POST /find               q                                Find
//	POST /break-glass/{id}/end
//
// # Routes, page values and fields
//
//	GET,POST /signin                            SignIn        email, password, next
//	POST /signin/passkey/options                              JSON {"publicKey": {…}}
//	POST /signin/passkey                        SignIn        credential (JSON), next
//	GET,POST /signin/code                       SecondFactor  code, next
//	GET,POST /signin/recovery                   Recovery      email, password, code, next
//	GET  /enrol/{token}                         Enrol         step choose, app, codes or expired
//	POST /enrol/passkey/options                               token; JSON {"publicKey": {…}}
//	POST /enrol/passkey                         Enrol         token, credential
//	POST /enrol/password                        Enrol         token, username, password
//	GET  /enrol/qr                                            the picture of the app's key, of this session
//	POST /enrol/app                             Enrol         token, code
//	POST /enrol/done                            Enrol         token, kept=yes
//	GET,POST /stepup                            StepUp        password, code, next
//	POST /stepup/passkey/options, /stepup/passkey             credential, next
//	GET  /locked                                Locked
//	POST /unlock                                Locked        password, code, next
//	POST /unlock/passkey/options, /unlock/passkey             credential, next
//	GET  /account/sessions                      Sessions
//	POST /account/sessions/{id}/end, /account/sessions/end-others
//	GET  /account/security                      Security
//	POST /account/passkeys/options, /account/passkeys         passkey_name, credential
//	POST /account/passkeys/{id}/remove
//	POST /account/password                      Security      password, new_password
//	POST /account/app                                         starts setting up an app; Enrol at step app, then POST /enrol/app
//	POST /account/recovery-codes                Security      shows NewCodes
//	POST /account/screen                                      compact=yes, nokeys=yes
//
//	GET,POST /caseload                          Caseload      name, program, status, sort, view; ?view= ?after=
//	                                                          (HX-Request: the whole page is fine, #caseload is taken out of it)
//	GET,POST /find                              Find          q
//	GET,POST /clients/new                       ClientForm    see below
//	GET,POST /clients/{id}/edit                 ClientForm    see below, and version
//	GET  /clients/{id}                          OverviewTab
//	GET  /clients/{id}/notes                    Notes         ?kind= ?from= ?until= ?after=
//	POST /clients/{id}/notes                    Notes         type, on, minutes, goal, title, text, access (team, restricted),
//	                                                          draft, version, do (save, sign)
//	POST /clients/{id}/notes/draft                            the same; JSON {"text": "Draft saved 9:38 am", "draft": "<id>"}
//	GET  /clients/{id}/notes/{note}             Note
//	GET  /clients/{id}/notes/{note}/edit        NoteEdit
//	POST /clients/{id}/notes/{note}             NoteEdit      as for a new note
//	POST /clients/{id}/notes/{note}/draft                     as above
//	POST /clients/{id}/notes/{note}/sign        Note          version
//	POST /clients/{id}/notes/{note}/discard
//	POST /clients/{id}/notes/{note}/addenda     Note          text
//	GET  /clients/{id}/plan                     Plan
//	GET  /clients/{id}/clinical                 ClinicalSummary
//	GET,POST /clients/{id}/clinical/new         ItemForm      ?sort=; sort, display, code, detail, since, until, note,
//	                                                          told (client, provider), part2=yes
//	GET,POST /clients/{id}/clinical/{item}      ItemForm      the same, and version
//	POST /clients/{id}/clinical/{item}/error                  version
//	GET,POST /clients/{id}/print                PrintForm     part (several), from, until, do (page, pdf)
//	GET,POST /clients/{id}/find                 Within        q
//	GET  /clients/{id}/documents                DocumentList  ?after=
//	GET  /clients/{id}/documents/{doc}                        the document itself
//	GET  /clients/{id}/case                     CaseAndTeam
//	GET,POST /clients/{id}/case/new             CaseFormView  program, worker, opened
//	GET,POST /clients/{id}/case/{case}/assign   CaseFormView  worker, from, words
//	GET,POST /clients/{id}/case/{case}/team     CaseFormView  worker, from, until, words
//	POST /clients/{id}/case/{case}/team/end                   staff
//	GET,POST /clients/{id}/case/{case}/close    CaseFormView  on, reason, words
//	GET  /clients/{id}/access                   Access        ?after= ?before=
//	GET  /reports                               Reports
//	GET,POST /reports/{report}                  ReportView    by, from, until, program, worker
//	GET,POST /reports/{report}/export           ExportForm    ?by= ?from= ?until= ?program= ?worker=; the same, and what
//	                                                          (summary, clients), format, reason, words
//	GET  /exports                               Exports       ?after=
//	GET  /exports/{export}/{secret}             DeadLink      the file, once
//	GET,POST /coverage                          Coverage      worker, cover, from, until, words
//	POST /coverage/{id}/end
//
//	GET  /break-glass                           GlassList     ?view=decided ?after=
//	GET,POST /break-glass/new                   Glass         ?client={id}; client_id or client, reason, words, classes (several)
//	GET  /break-glass/{id}                      GlassReview
//	POST /break-glass/{id}/review               GlassReview   decision (appropriate, inappropriate), words
//	GET,POST /log                               Log           worker, client (number), action, outcome (allowed, refused, failed),
//	                                                          purpose, from, to, page
//	POST /log/verify
//	GET,POST /why                               Why           worker, client (number), action, purpose; ?client={id} ?class=
//	GET  /rules                                 Rules         ?role= ?class= ?basis=; a rule is at #{id}
//	GET  /staff                                 Staff         ?q= ?role= ?state= ?after=
//	GET,POST /staff/invite                      Invite        name, email, role, team, supervisor, programs (several)
//	GET,POST /staff/{id}                        StaffMember   role, team, supervisor, programs (several)
//	POST /staff/{id}/reset                      Invite        shows Link
//	POST /staff/{id}/terminate                                words
//	POST /staff/{id}/sessions/{session}/end
//	GET  /staff/{id}/activity                   Worker        ?day=2006-01-02 ?after=
//
// Answers that are no page of a route: [NotFound] (404, the same for "not
// there" and "not to know of"), [Denied] (403), [Changed] (409), [Failure]
// (500) and [Unavailable] (503).
//
// # The fields of a client
//
// given, middle, family, birth (2006-01-02), pronouns, gender, language,
// interpreter=yes, ethnicity, race (several), not_twin=yes, do=more (save and
// show the form again with rows to fill). These stand once per row, the i-th of
// each belonging together, and a row whose first field is empty is left out:
//
//	name_text, name_kind (preferred, alias, maiden)
//	id_value, id_kind
//	contact_value, contact_kind (mobile, home, work, email), contact_rule (any, no_voicemail, text_only, do_not_use), contact_label
//	address_lines, address_city, address_label, address_rule (open, private, no_mail)
//	member_name, member_relation, member_detail
//	flag_text, flag_kind
package pages
