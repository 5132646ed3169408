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
//	GET  /today                                 Today         ?whose=team
//	GET  /tasks                                 Tasks         ?view=done, dropped ?whose=team ?after=
//	POST /tasks, /clients/{id}/tasks            NewTask       what, due, due_at, priority, remind, every, unit, client or owner, origin, from, next
//	GET  /tasks/new, /clients/{id}/tasks/new    NewTask       ?missed={appointment}
//	GET,POST /tasks/{task}, /clients/{id}/tasks/{task}        Task: the same and version
//	POST /tasks/{task}/done, /reopen, /back                   version, next
//	POST /tasks/{task}/snooze                                 version, days, next
//	POST /tasks/{task}/drop                     Task          version, why
//	POST /tasks/{task}/give                     Task          version, owner
//	GET  /calendar                              Calendar      ?view=day, week, month ?on=2006-01-02 ?whose=team
//	GET,POST /calendar/new                      PickClient    client, on
//	GET  /clients/{id}/appointments/new         NewAppointment ?on=
//	POST /clients/{id}/appointments             NewAppointment on, at, minutes, type, purpose, place, worker, with, reminder, weeks
//	GET,POST /clients/{id}/appointments/{appointment}         Appointment: the same and version
//	POST /clients/{id}/appointments/{appointment}/keep, /miss version
//	POST /clients/{id}/appointments/{appointment}/cancel      version, by (client, worker, other), why, following=yes
//	GET  /calendar/feed/{secret}.ics                          busy times, for programs without a session
//	GET,POST /account/calendar                  CalendarFeed  shows Link once
//	POST /account/calendar/revoke
//	GET  /notices                               Notices       ?view=all ?after=
//	POST /notices/seen                                        id (several)
//	POST /notices/{notice}/open                               303 to what it tells of
//
//	GET,POST /caseload                          Caseload      name, program, status, level, worker, sort, view; ?view= ?saved= ?after=
//	                                                          (HX-Request: the whole page is fine, #caseload is taken out of it)
//	GET,POST /find                              Find          q
//	GET  /clients/new                           SearchFirst
//	POST /clients/new/search                    SearchFirst   given, family, birth, phone
//	GET,POST /clients/new/form                  ClientForm    as looked for, or as it was kept
//	POST /clients/new                           ClientForm    see below; program, worker, level, reason, rev, do (save, more, keep)
//	POST /clients/new/draft                                   the same; JSON as for a note
//	POST /clients/new/discard
//	GET,POST /clients/{id}/edit                 ClientForm    see below, and version
//	GET  /duplicates                            Duplicates    ?after=
//	GET,POST /duplicates/compare                Compare       ?a= ?b=; version_a, version_b, pick_{field} (keep, take, both), do (preview, join)
//	POST /duplicates/differ                                   a, b
//	GET  /clients/{id}/merges                   Merges
//	POST /clients/{id}/merges/{merge}/undo
//	GET  /clients/{id}/household                Household     and the forms below it: see HouseholdPage
//	GET,POST /clients/{id}/household/address    HouseholdAddress
//	GET  /clients/{id}/people/{at}              Household
//	POST /clients/{id}/people, /clients/{id}/people/{at}/remove
//	GET,POST /import                            Import        file
//	GET  /import/{list}                         ImportList
//	POST /import/{list}/columns                 ImportList    column (several), version
//	GET  /import/{list}/check                   ImportCheck
//	POST /import/{list}/run, /import/{list}/discard           version
//	GET  /import/{list}/report                                the report as CSV
//	GET  /clients/{id}                          OverviewTab
//	GET  /clients/{id}/notes                    Notes         ?kind= ?from= ?until= ?after=
//	POST /clients/{id}/notes                    Notes         type, on, start, minutes, quick, goal, title, format (plain, soap, dap), text,
//	                                                          subjective, objective, data, intervention, assessment, plan, late_reason,
//	                                                          access (team, restricted), draft and aside (revisions seen), version,
//	                                                          do (save, sign, merge) or insert or template (id of a phrase) with into
//	POST /clients/{id}/notes/draft                            the same; JSON {"text": "Draft saved 9:38 am", "draft": "<revision>", "merge": true}
//	GET  /clients/{id}/notes/{note}             Note
//	GET  /clients/{id}/notes/{note}/edit        NoteEdit
//	POST /clients/{id}/notes/{note}             NoteEdit      as for a new note
//	POST /clients/{id}/notes/{note}/draft                     as above
//	POST /clients/{id}/notes/{note}/sign        Note          version
//	POST /clients/{id}/notes/{note}/discard
//	POST /clients/{id}/notes/{note}/addenda     Note          text
//	POST /clients/{id}/notes/{note}/addendum    Note          text, version, do (save, sign), of a returned addendum
//	POST /clients/{id}/notes/{note}/cosign                    version
//	POST /clients/{id}/notes/{note}/return      Note          version, remarks
//	GET  /clients/{id}/notes/{note}/versions    Versions
//	GET  /cosign                                CoSign
//	GET  /phrases                               Phrases
//	GET,POST /phrases/new                       PhraseForm    ?sort=template; key, title, type, format, program, scope (own, shared), sections
//	GET,POST /phrases/{phrase}                  PhraseForm    the same, version, do (save, remove)
//	GET  /settings/programs                     Programs
//	GET,POST /settings/programs/{program}       ProgramForm   version, format, unit, rounding, late, sign, cosign_roles, cosign_workers (several)
//	GET  /clients/{id}/plan                     Plan
//	GET  /clients/{id}/assessments              AssessPage
//	GET,POST /clients/{id}/assess/{instrument}  TakePage      q1, q2, …; on, partly=yes, draft, do (save, continue, sign)
//	POST /clients/{id}/assess/{instrument}/draft              the same; JSON as for a note
//	POST /clients/{id}/assess/{instrument}/discard
//	GET  /clients/{id}/assess/{instrument}/trend TrendPage
//	GET  /clients/{id}/assessments/{assessment} AssessmentPage
//	GET,POST /clients/{id}/assessments/{assessment}/correct   TakePage; as for a new one, and reason
//	POST /clients/{id}/assessments/{assessment}/correct/draft, /correct/discard
//	POST /clients/{id}/assessments/{assessment}/safety        do (flag, tell)
//	GET,POST /clients/{id}/fill/{form}          FillPage      f1, f2, …; edition, draft, do (save, keep)
//	POST /clients/{id}/fill/{form}/draft, /discard
//	GET  /clients/{id}/forms/{filled}           FilledPage
//	GET,POST /clients/{id}/forms/{filled}/edit  FillPage      f1, f2, …; version
//	GET,POST /clients/{id}/plan/new             PlanForm      title, from, until, review_on, matters, strengths, barriers, part2=yes,
//	                                                          goal (key of each goal), do (save, more); for each goal
//	                                                          g.{key}.text, .area, .measure, .baseline, .target, .priority,
//	                                                          and of a new one .step, .who
//	POST /clients/{id}/plan/goals/start         PlanForm      domain, title, measure: a goal that another page suggests
//	GET  /clients/{id}/plan/{plan}              Plan
//	GET,POST /clients/{id}/plan/{plan}/edit     PlanForm      as for a new plan, and version
//	GET,POST /clients/{id}/plan/{plan}/begin    PlanActForm   version, review_on, answer (agreed, declined, unable, later), agreed_on, how, words
//	GET,POST /clients/{id}/plan/{plan}/agree    PlanActForm   answer, agreed_on, how, words
//	GET,POST /clients/{id}/plan/{plan}/review   PlanActForm   key, on, with, summary, next, goal (several); for each d.{key}.what, .rating, .words
//	GET,POST /clients/{id}/plan/{plan}/end      PlanActForm   outcome, on, words
//	POST /clients/{id}/plan/{plan}/renew                      begins a draft from this plan
//	POST /clients/{id}/plan/{plan}/discard                    version
//	GET  /clients/{id}/plan/{plan}/history      PlanHistory
//	GET  /clients/{id}/plan/{plan}/print        PlanPrint     ?in= (en, es)
//	GET,POST /clients/{id}/plan/{plan}/goals/new PlanForm     goal (one key) and its fields
//	GET  /clients/{id}/plan/{plan}/goals/{goal} PlanGoal
//	GET,POST /clients/{id}/plan/{plan}/goals/{goal}/edit PlanForm version, and the goal's fields with .state, .reason
//	POST /clients/{id}/plan/{plan}/goals/{goal}/remove        version; out of a draft
//	POST /clients/{id}/plan/{plan}/goals/{goal}/progress PlanGoal key, on, rating (-2 to 2), words, step, next
//	POST /clients/{id}/plan/{plan}/goals/{goal}/strike PlanGoal entry, why
//	POST /clients/{id}/plan/{plan}/goals/{goal}/steps PlanGoal key, text, who, with, frequency, due, state
//	GET,POST /clients/{id}/plan/{plan}/goals/{goal}/steps/{step} PlanStep version, and the same
//	POST /clients/{id}/plan/{plan}/goals/{goal}/steps/{step}/mark state, next
//	GET  /clients/{id}/clinical                 ClinicalSummary
//	GET,POST /clients/{id}/clinical/new         ItemForm      ?sort=; sort, display, code, detail, since, until, note,
//	                                                          told (client, provider), part2=yes
//	GET,POST /clients/{id}/clinical/{item}      ItemForm      the same, and version
//	POST /clients/{id}/clinical/{item}/error                  version
//	GET,POST /clients/{id}/print                PrintForm     part (several), from, until, do (page, pdf)
//	GET,POST /clients/{id}/find                 Within        q
//	GET  /clients/{id}/documents                DocumentList  ?state= ?category= ?after=
//	GET  /clients/{id}/documents/new            DocumentAdd
//	POST /clients/{id}/documents                DocumentAdd   title, category, on, case, part2=yes, and then file (several)
//	GET  /clients/{id}/documents/{doc}          Document
//	GET  /clients/{id}/documents/{doc}/file                   the document itself; ?view=1 a picture, in place
//	GET,POST /clients/{id}/documents/{doc}/version DocumentAdd as for a new one, and why
//	GET,POST /clients/{id}/documents/{doc}/edit DocumentEdit  title, category, on, case, version
//	POST /clients/{id}/documents/{doc}/withdraw Document      why, version
//	GET  /clients/{id}/case                     CaseAndTeam
//	GET,POST /clients/{id}/case/new             CaseFormView  program, worker, opened
//	GET,POST /clients/{id}/case/{case}/assign   CaseFormView  worker, words
//	GET,POST /clients/{id}/case/{case}/team     CaseFormView  worker, from, until, words
//	POST /clients/{id}/case/{case}/team/end                   staff
//	GET,POST /clients/{id}/case/{case}/close    CaseFormView  on, reason, words
//	GET,POST /clients/{id}/case/{case}/offer    CaseFormView  worker, until, matters, items, risks, handover_on
//	POST /clients/{id}/case/{case}/withdraw
//	GET,POST /clients/{id}/case/{case}/reopen   CaseFormView  reason, worker
//	GET,POST /clients/{id}/case/{case}/edit     CaseFormView  level, next_on, next, review_on, open_reason, version
//	GET,POST /clients/{id}/case/{case}/renew    CaseFormView  eligible_from, eligible_until
//	GET  /offers                                Offers
//	GET  /offers/{case}                         Offer
//	POST /offers/{case}/accept, /offers/{case}/decline        reason
//	POST /caseload/filters                      Caseload      filter_name, default=yes, and what narrows the list
//	POST /caseload/filters/{id}/default, …/remove             id "none" for no default
//	GET  /supervision                           Supervision
//	GET  /supervision/balance                   Balance       ?month=2006-01
//	GET,POST /supervision/move                  Move          ?worker= ?program= ?level= ?back=1; case, to (several), do (preview, move), step
//	GET  /clients/{id}/conferences              Conferences
//	GET,POST /clients/{id}/conferences/new      ConferenceForm
//	GET  /clients/{id}/conferences/{conf}       Conference
//	GET,POST …/{conf}/edit                      ConferenceForm  and version
//	POST …/{conf}/sign, …/addenda, …/follow     Conference    version; text; number, done=yes
//	GET  /clients/{id}/access                   Access        ?after= ?before=
//	GET,POST /settings/forms                    FormsPage     title, title_es, programs (several)
//	GET,POST /settings/forms/{form}             DesignPage    see its fields; version, do (save, add, up-f1, down-f1, remove-f1, publish, retire)
//	GET  /settings/forms/{form}/preview         PreviewPage
//	POST /settings/instruments                                file
//	POST /settings/instruments/{instrument}/retire
//	GET  /reports                               Reports
//	GET,POST /reports/{report}                  ReportView    by, from, until, program, worker
//	GET,POST /reports/{report}/export           ExportForm    ?by= ?from= ?until= ?program= ?worker=; the same, and what
//	                                                          (summary, clients), format, reason, words
//	GET  /exports                               Exports       ?after=
//	POST /exports/{export}                      DeadLink      secret; the file, once
//	GET,POST /coverage                          Coverage      worker, cover, from, until, words
//	POST /coverage/{id}/end
//
//	GET  /quarantine                            QuarantineList ?view=all ?after=
//	GET,POST /quarantine/{entry}                QuarantineReview decision (release, destroy), why, version
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
//	GET,POST /staff/{id}/plan                   StaffPlan     from, until, role, supervisor, programs (several)
//	POST /staff/{id}/plan/{key}/cancel
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
// given, middle, family, suffix, birth (2006-01-02), pronouns, gender, language,
// interpreter=yes, ethnicity, race, other_language (several), not_twin=yes, do=more.
// These stand once per row, the i-th of each belonging together, and a row whose
// first field is empty is left out:
//
//	name_text, name_kind (preferred, alias, maiden)
//	ident_value, ident_kind (mrn, medicaid, medicare, hmis, external, other)
//	id_value, id_kind (ssn, government)
//	contact_value, contact_kind (mobile, home, work, email), contact_rule (any, message, no_voicemail, text_only, do_not_use), contact_label
//	em_name, em_relation, em_phone
//	address_lines, address_city, address_label, address_rule (open, private)
//	flag_text, flag_kind, flag_since, flag_until, flag_review
package pages
