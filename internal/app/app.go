// Package app joins everything: it is the one package that sees all others. It
// opens a data directory in the one order that works, hands the use-cases to the
// edges, starts the jobs and stops them.
//
// It decides nothing itself.
package app

import (
	"context"
	"crypto/fips140"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"caseward/internal/acme"
	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/appointment"
	"caseward/internal/assessment"
	"caseward/internal/audit"
	"caseward/internal/blob"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/clock"
	"caseward/internal/conference"
	"caseward/internal/config"
	"caseward/internal/db"
	"caseward/internal/document"
	"caseward/internal/durable"
	"caseward/internal/fault"
	"caseward/internal/fhir"
	"caseward/internal/filter"
	"caseward/internal/form"
	"caseward/internal/glass"
	"caseward/internal/household"
	"caseward/internal/inspect"
	"caseward/internal/intake"
	"caseward/internal/job"
	"caseward/internal/keys"
	"caseward/internal/keys/share"
	"caseward/internal/merge"
	"caseward/internal/note"
	"caseward/internal/notice"
	"caseward/internal/oidc"
	"caseward/internal/org"
	"caseward/internal/otlp"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/phrase"
	"caseward/internal/plan"
	"caseward/internal/policy"
	"caseward/internal/program/governance"
	"caseward/internal/program/kpi"
	"caseward/internal/program/kpi/sources"
	"caseward/internal/program/obligation"
	"caseward/internal/program/policydoc"
	"caseward/internal/program/rights"
	"caseward/internal/program/sanction"
	"caseward/internal/program/training"
	"caseward/internal/program/training/starter"
	"caseward/internal/program/vendor"
	"caseward/internal/record"
	"caseward/internal/report"
	"caseward/internal/roster"
	"caseward/internal/scan"
	"caseward/internal/staffsync"
	"caseward/internal/standing"
	"caseward/internal/supervision"
	"caseward/internal/task"
	"caseward/internal/trace"
	"caseward/internal/upkeep"
	"caseward/internal/watch"
	"caseward/internal/web/ui"
)

// Options says how to open a data directory. The zero value is how the server
// does it.
type Options struct {
	Clock        clock.Clock    // the machine's if nil
	Log          *slog.Logger   // for defects; nothing of a record is ever written to it
	Config       *config.Config // instead of the file in the data directory
	SMTPPassword string
	OIDCSecret   string // of the client at the identity provider
	// Shares open the key file instead of a passphrase.
	Shares []share.Share
	// Demo lets people of a made-up agency sign in by single-use links. It is
	// refused for an agency that is not made up.
	Demo bool
}

// App is an open data directory.
type App struct {
	Dir       string
	Config    config.Config
	Clock     clock.Clock
	DB        *db.DB
	Keys      *keys.File
	Agency    *keys.Agency
	Log       *audit.Log
	Policy    *policy.Engine
	Door      *record.Door
	Directory *org.Directory
	Org       *org.Org
	ScimKeys  *org.ScimKeys
	StaffSync *staffsync.Sync
	Clients   *person.Clients
	Cases     *casefile.Cases
	Notes     *note.Notes
	Clinical  *clinical.Items
	Documents *document.Documents
	Plans     *plan.Plans
	Notices   *notice.Notices
	Assess    *assessment.Assessments
	Forms     *form.Forms
	Intake    *intake.Intake
	Merges    *merge.Merges
	Homes     *household.Households
	Rosters   *roster.Rosters
	Tasks     *task.Tasks
	Calendar  *appointment.Appointments
	Feeds     *appointment.Feeds
	Reports   *report.Reports
	Phrases   *phrase.Phrases
	Glass     *glass.Glass

	Governance *governance.Governance
	Committees *governance.Committees
	Sanctions  *sanction.Sanctions
	Policies   *policydoc.Policies
	Figures    *kpi.KPI
	Rights     *rights.Rights

	Conferences *conference.Conferences
	Filters     *filter.Filters
	Supervision *supervision.Supervision
	Training    *training.Training
	Standing    *standing.Standing
	Vendors     *vendor.Vendors
	Owed        *obligation.Obligations

	Inspect *inspect.Inspect
	Upkeep  *upkeep.Upkeep
	Import  *fhir.Importer
	Authn   *authn.Authn
	Errors  *slog.Logger

	blobs    *blob.Store
	demo     bool
	notifier *job.Notifier
	reminder *job.Reminder

	exerciser *job.Exerciser
	teller    *job.Teller
	anchor    *job.Anchor
	forward   *job.Forward
	stop      context.CancelFunc
	jobs      sync.WaitGroup

	ready           readiness
	watch           *watch.Watch // nil if nobody watches
	recent          *watch.Recent
	round           round
	smtpPassword    string
	tracer          *trace.Tracer // nil if nobody traces
	traces          *otlp.Client
	collector       *otlp.Client // of metrics; nil if there is none
	started         time.Time
	certificateEnds time.Time
	acme            *acme.Manager // nil where no certificate is got
	provider        *oidc.Client  // nil where nobody signs in through one
}

// Kinds lists every kind of record, for the data dictionary.
func Kinds() []record.Described {
	return []record.Described{
		person.Kind,
		casefile.Kind,
		note.Kind,
		clinical.Kind,
		document.Kind,
		document.QuarantineKind,
		plan.Kind,
		glass.Kind,
		notice.Kind,
		assessment.Kind,
		assessment.InstrumentKind,
		form.Kind,
		form.FilledKind,
		merge.Kind,
		household.Kind,
		roster.Kind,
		task.Kind,
		appointment.Kind,
		appointment.FeedKind,
		report.Kind,
		phrase.Kind,
		casefile.MoveKind,
		conference.Kind,
		filter.Kind,
		training.Kind,
		training.CurriculumKind,
		training.AssignmentKind,
		training.AttemptKind,
		training.ChangeKind,
		training.AskingKind, training.PromptRuleKind,
		training.HuddleKind, training.AttendanceKind,
		training.CampaignKind, training.ExerciseKind,
		org.StaffKind,
		org.ScimKeyKind,
		org.CoverageKind,
		org.ClearanceKind,
		org.AgencyKind,
		governance.Kind, governance.CommitteeKind, governance.MeetingKind, governance.DecisionKind, governance.RACIKind,
		sanction.Kind, sanction.ScaleKind,
		obligation.ReminderKind,
		kpi.SetKind, kpi.Kind,
		rights.Kind,
		policydoc.Kind, policydoc.VersionKind, policydoc.AcknowledgementKind,
		vendor.Kind,
		vendor.AgreementKind,
		vendor.LinkKind,
		vendor.QuestionnaireKind,
		vendor.ReportKind,
	}
}

// Init makes a data directory: settings, key file, database, log. It refuses one
// that has any of them, and takes away again what it made if it fails.
func Init(ctx context.Context, dir string, passphrase []byte, cfg config.Config, opts Options) (err error) {
	const op = "app.init"
	if cfg.LogName == "" {
		return fault.Invalidf(op, "the log needs a name")
	}
	for _, name := range []string{config.FileName, keys.FileName, db.FileName} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return fault.Conflictf(op, "the directory already holds %s; nothing was changed", name)
		}
	}
	if err := durable.MkdirAll(dir, 0o700); err != nil {
		return fault.Unavailablef(op, err, "cannot make the data directory")
	}
	defer func() {
		if err != nil {
			for _, name := range []string{config.FileName, keys.FileName, db.FileName, db.FileName + "-wal", db.FileName + "-shm", db.ChangesName, audit.KeyFileName} {
				_ = os.Remove(filepath.Join(dir, name))
			}
		}
	}()
	if opts.Clock == nil {
		opts.Clock = clock.System()
	}
	if err := cfg.Save(dir); err != nil {
		return err
	}
	if _, err := keys.CreateFile(dir, passphrase, opts.Clock); err != nil {
		return err
	}
	a, err := Open(ctx, dir, passphrase, opts)
	if err != nil {
		return err
	}
	if err := durable.WriteFile(filepath.Join(dir, audit.KeyFileName), []byte(a.Log.PublicKey()+"\n"), 0o644); err != nil {
		return errors.Join(fault.Unavailablef(op, err, "cannot write the log's public key"), a.Close())
	}
	return a.Close()
}

// Open opens a data directory that Init made. Without a passphrase, which then is nil,
// the key file is opened by the shares in opts, or else by the key-management service
// that it names.
func Open(ctx context.Context, dir string, passphrase []byte, opts Options) (_ *App, err error) {
	a := &App{Dir: dir, Clock: opts.Clock, Errors: opts.Log, demo: opts.Demo, smtpPassword: opts.SMTPPassword, recent: watch.NewRecent(clock.System())}
	if a.Clock == nil {
		a.Clock = clock.System()
	}
	if a.Errors == nil {
		a.Errors = slog.New(slog.DiscardHandler)
	}
	a.Errors = slog.New(trace.Logged(a.Errors.Handler()))
	if opts.Config != nil {
		a.Config = *opts.Config
		err = a.Config.Check()
	} else {
		a.Config, err = config.Load(dir)
	}
	if err != nil {
		return nil, err
	}
	// The key file first: with what does not open it nothing else is touched.
	if a.Keys, err = keys.Open(ctx, filepath.Join(dir, keys.FileName), opts.unlock(passphrase)); err != nil {
		return nil, err
	}
	if a.Policy, err = policy.New(); err != nil {
		return nil, err
	}
	if a.DB, err = db.Open(ctx, a.Config.Database, dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.DB.Close())
		}
	}()
	if err = a.DB.Migrate(ctx); err != nil {
		return nil, err
	}
	a.Agency = keys.NewAgency(a.DB, a.Keys)
	if a.Log, err = audit.Open(ctx, a.DB, a.Agency, a.Clock, a.Config.LogName); err != nil {
		return nil, err
	}
	if err = a.Log.KeepSegments(a.Config.SegmentsIn(dir), 0); err != nil {
		return nil, err
	}
	if a.blobs, err = openBlobs(a.Config, dir); err != nil {
		return nil, err
	}
	if a.Door, err = record.Open(ctx, record.Parts{
		DB: a.DB, Policy: a.Policy, Log: a.Log, Keys: a.Keys, Agency: a.Agency, Clock: a.Clock,
		Blobs: a.blobs,
	}); err != nil {
		return nil, err
	}
	return a, a.join(ctx, opts)
}

// blobsDir is where sealed documents are if nothing is said.
const blobsDir = "blobs"

func openBlobs(c config.Config, dir string) (*blob.Store, error) {
	if c.Blobs != "" {
		return blob.Open(c.Blobs)
	}
	path, err := filepath.Abs(filepath.Join(dir, blobsDir))
	if err != nil {
		return nil, fault.Unavailablef("app.open", err, "cannot find the data directory")
	}
	return blob.Dir(path)
}

// join makes the use-cases and gives each what it needs of the others.
func (a *App) join(ctx context.Context, opts Options) error {
	a.Directory = org.NewDirectory(a.Door, authn.Service(authn.SignIn))
	a.Org = org.New(a.Door, a.Directory)
	a.ScimKeys = org.NewScimKeys(a.Door, authn.Provisioning)
	a.Clients = person.New(a.Door)
	a.Cases = casefile.New(a.Door, a.Clients)
	a.Cases.Ask(a.Directory)
	a.Notices = notice.New(a.Door)
	a.Notes = note.New(a.Door, a.Cases, a.Directory, a.Notices)
	a.Phrases = phrase.New(a.Door)
	a.Clinical = clinical.New(a.Door)
	a.Documents = document.New(a.Door)
	a.Plans = plan.New(a.Door, a.Cases, a.Notices)
	a.Assess = assessment.New(a.Door, a.Clients, a.Notices)
	a.Forms = form.New(a.Door)
	if err := a.watched(); err != nil {
		return err
	}
	if err := a.traced(); err != nil {
		return err
	}
	if err := a.getsCertificate(ctx); err != nil {
		return err
	}
	if err := a.takeUploads(); err != nil {
		return err
	}
	a.Intake = intake.New(a.Door, a.Clients, a.Cases)
	a.Merges = merge.New(a.Door, a.Clients)
	a.Homes = household.New(a.Door, authn.Service(authn.Household), a.Clients)
	a.Rosters = roster.New(a.Door, a.Clients, a.Intake)
	a.Tasks = task.New(a.Door, a.Notices)
	a.Tasks.Staff(func(ctx context.Context, worker string) (actor.Held, bool, error) {
		st, err := a.Directory.Standing(ctx, worker)
		return st.Held, st.Active, err
	})
	a.Calendar = appointment.New(a.Door, a.Notices)
	a.Feeds = appointment.NewFeeds(a.Door, authn.Service(authn.Calendar), a.works)
	a.Conferences = conference.New(a.Door, decisions{a.Tasks})
	a.Conferences.Staff(a.works)
	// What falls due: each source a line of its own.
	a.Tasks.Join(
		a.Cases,
		a.Notes,
		a.Assess,
		a.Calendar,
		a.Org,
		a.Conferences,
	)
	a.Reports = report.New(a.Door, report.Uses{
		Clients: a.Clients, Cases: a.Cases, Notes: a.Notes, Documents: a.Documents, Items: a.Clinical, Plans: a.Plans,
		Assessments: a.Assess, Forms: a.Forms, Calendar: a.Calendar, Conferences: a.Conferences,
		Agency: a.Directory,
	})
	a.Filters = filter.New(a.Door)
	a.Supervision = supervision.New(a.Door, a.Cases, a.Notes)
	a.Standing = standing.New(a.Door)
	a.Standing.Add("workforce", a.Org)
	a.Training = training.New(a.Door, authn.Service(authn.Trainer), workforce{a.Directory})
	a.Training.Prompts(starter.Prompts)
	a.Training.Sheets(starter.Sheets)
	a.Standing.Add("training", a.Training)
	a.Vendors = vendor.New(a.Door, authn.Service(authn.Counterparty))
	a.Inspect = inspect.New(a.Door, a.Log, a.Policy, a.Clients.WantNumbers)
	a.Governance = governance.New(a.Door, authn.Service(authn.Sequencer), a.Directory)
	a.StaffSync = staffsync.New(a.Door, a.Org, a.keptStaff)
	a.Committees = governance.NewCommittees(a.Door, authn.Service(authn.Sequencer), a.Directory)
	a.Policies = policydoc.New(a.Door, authn.Service(authn.SignIn))
	a.Policies.PDF = a.readPDF
	a.Standing.Add("policy", a.Policies)
	a.Owed = obligation.New(a.Door, workforce{a.Directory})
	a.Owed.Join("training", a.Training)
	a.Owed.Join("policies", a.Policies)
	a.Owed.Join("officers", a.Governance)
	a.Owed.Join("committee", a.Committees)
	a.Owed.Join("vendors", a.Vendors)
	a.Owed.Join("workforce", a.Org)
	a.Upkeep = upkeep.New(a.Door, a.status)
	a.Import = fhir.New(a.Clients, a.Cases, a.Notes, a.Documents, a.Clinical, a.Plans)

	origin, domain := a.Config.Site()
	var mailer job.Mailer
	if m := a.Config.SMTP; m.Server != "" {
		mailer = &job.SMTP{Server: m.Server, From: m.From, User: m.User, Password: opts.SMTPPassword, Clock: a.Clock}
	}
	var writer *job.Writer
	if mailer != nil {
		writer = &job.Writer{Mailer: mailer, Dir: a.Directory, Words: func(lang string) job.Words { return ui.Words{Lang: ui.Lang(lang)} }}
	}
	notifier := authn.Service(authn.Notifier)
	a.reminder = job.NewReminder(a.Owed, a.Directory, writer, notifier, origin)
	from, links, err := a.Config.ExercisesFrom()
	if err != nil {
		return err
	}
	a.Training.Exercising(training.Posting{Domain: from, Origin: links}, starter.Lures)
	a.teller = job.NewTeller(a.Notices, a.Directory, writer, notifier, origin)
	a.exerciser = job.NewExerciser(a.Training, a.Directory, mailer, notifier)
	a.notifier = job.NewNotifier(a.Log, a.Directory, writer, notifier, origin, a.Errors)
	if err := a.anchors(opts.SMTPPassword); err != nil {
		return err
	}
	if err := a.forwards(); err != nil {
		return err
	}
	a.Glass = glass.New(a.Door, a.Directory, numbers{record.Use(a.Door, person.Kind)}, a.notifier)
	a.Sanctions = sanction.New(a.Door, authn.Service(authn.Sequencer), a.Directory, a.Glass, courses{a.Training}, a.Policies, a.Committees)
	a.Owed.Join("sanctions", a.Sanctions)
	a.Rights = rights.New(a.Door, a.Log, a.Policy, a.Directory)
	a.Owed.Join("rights", a.Rights)
	a.Figures = kpi.New(a.Door, authn.Service(authn.Counter), a.Directory, sources.All(a.Door, a.Directory, a.Governance, a.Vendors, a.Sanctions)...)

	agency, err := a.Directory.Agency(ctx)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if opts.Demo && err == nil && !agency.Fiction {
		return fault.Invalidf("app.open", "this is not the data of a demonstration; it was left as it is")
	}
	name := agency.Name
	if name == "" {
		name = "Caseward"
	}
	cfg := authn.Config{RPID: domain, Origin: origin, AgencyName: name, Demo: opts.Demo}
	if err := a.federates(&cfg, opts.OIDCSecret, writer); err != nil {
		return err
	}
	if fips140.Enforced() {
		cfg.TOTPHash = "SHA256"
	}
	if a.Authn, err = authn.New(a.DB, a.Agency, a.Log, directory{a.Directory}, a.Clock, cfg); err != nil {
		return err
	}
	a.Org.Accounts(accounts{a.Authn})
	a.Org.Tasks(a.Tasks)
	return nil
}

// takeUploads says how uploaded documents are taken.
func (a *App) takeUploads() error {
	u := a.Config.Uploads
	t := document.Taking{Unscanned: u.Unscanned || a.demo, Max: u.Max(), Who: authn.Service(authn.Scanner), Notices: a.Notices, Looked: a.looked()}
	if u.Clamd != "" {
		clamd, err := scan.New(u.Clamd)
		if err != nil {
			return err
		}
		t.Scanner = clamd
	}
	a.Documents.Take(t)
	return nil
}

// directory gives authn the workforce in its own words.
type directory struct{ *org.Directory }

func (d directory) Standing(ctx context.Context, worker string) (authn.Standing, error) {
	st, err := d.Directory.Standing(ctx, worker)
	return authn.Standing(st), err
}

// workforce tells the program who works here.
type workforce struct{ dir *org.Directory }

// Workers implements training.People.
func (w workforce) Workers(ctx context.Context, who actor.Actor) ([]training.Worker, error) {
	all, err := w.dir.Members(ctx)
	out := make([]training.Worker, len(all))
	for i, m := range all {
		out[i] = working(m)
	}
	return out, err
}

// Worker implements obligation.People.
func (w workforce) Worker(ctx context.Context, who actor.Actor, id string) (training.Worker, error) {
	m, err := w.dir.Member(ctx, id)
	return working(m), err
}

func working(m org.Member) training.Worker {
	return training.Worker{ID: m.Worker, Held: m.Held, Started: m.Started, Supervisor: m.Supervisor, Programs: m.Programs, AlsoIn: m.AlsoIn}
}

// accounts gives org the ways in in its own words.
type accounts struct{ *authn.Authn }

// Prove implements org.Accounts.
func (a accounts) Prove(ctx context.Context, who actor.Actor, worker string) (bool, time.Time, error) {
	p, err := a.Authn.Probe(ctx, who, worker)
	return p.Refused(), p.Revoked, err
}

// courses assigns the course that follows a sanction.
type courses struct{ *training.Training }

// AssignIn implements sanction.Courses.
func (c courses) AssignIn(ctx context.Context, who actor.Actor, w *record.Work, worker, course string, due time.Time) error {
	err := c.Training.AssignIn(ctx, who, w, worker, course, training.Remedial, due)
	if fields := fault.FieldsOf(err); len(fields) > 0 {
		for i := range fields {
			if fields[i].Name != "due" {
				fields[i].Name = "course"
			}
		}
		return fault.InvalidFields("sanction.decide", fields...)
	}
	return err
}

// works reports whether a worker's access has not ended.
func (a *App) works(ctx context.Context, worker string) (bool, error) {
	st, err := a.Directory.Standing(ctx, worker)
	return st.Active, err
}

// decisions makes tasks of what a case conference decided.
type decisions struct{ tasks *task.Tasks }

// Plan implements conference.Tasks.
func (d decisions) Plan(ctx context.Context, who actor.Actor, w *record.Work, client record.Subject, owner string, what phi.Text, due phi.Date, from string) (bool, error) {
	_, err := d.tasks.AddIn(ctx, who, w, task.Input{Client: client, Owner: owner, What: task.Short(what), DueOn: due, Origin: task.FromConference, From: from})
	if fault.Is(err, fault.Invalid) {
		return false, nil
	}
	return err == nil, err
}

// numbers finds clients by number for package glass.
type numbers struct{ clients record.Records[person.Client] }

// ByNumber implements glass.Clients. A number that two clients have names
// neither.
func (n numbers) ByNumber(ctx context.Context, number phi.Text) (record.Subject, bool, error) {
	ids, err := n.clients.LookUp(ctx, authn.Service(authn.Notifier), record.Term{Field: record.NumberTerm, Text: number}, 2)
	if err != nil || len(ids) != 1 {
		return record.Subject{}, false, err
	}
	return record.SubjectOf(ids[0]), true, nil
}

// How often the jobs run.
const (
	sequenceEvery = time.Second
	scrubEvery    = time.Minute
	lookEvery     = time.Minute
	metricsEvery  = time.Minute
	tracesEvery   = 5 * time.Second
	countEvery    = time.Second
	boundEvery    = 10 * time.Second
	hourly        = time.Hour
	daily         = 24 * time.Hour
)

// Start starts the jobs: the log's sequencer, copies of its checkpoints, notices
// and the daily sweep.
func (a *App) Start(ctx context.Context) {
	// The live heap of a server is small, so collecting it at every doubling
	// costs more than the memory is worth; GOGC in the environment says
	// otherwise where it is set.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(300)
	}
	ctx, a.stop = context.WithCancel(context.WithoutCancel(ctx))
	a.started = a.Clock.Now()
	a.every(ctx, boundEvery, "bound memory", a.boundMemory)
	notifier := authn.Service(authn.Notifier)
	a.jobs.Go(func() { a.Log.Run(ctx, sequenceEvery) })
	a.jobs.Go(func() { a.anchor.Run(ctx) })
	a.jobs.Go(func() { a.forward.Run(ctx) })
	if a.tracer != nil {
		a.every(ctx, tracesEvery, "send traces", a.sendTraces)
	}
	if a.collector != nil {
		a.every(ctx, metricsEvery, "send metrics", a.sendMetrics)
	}
	if a.acme != nil {
		a.every(ctx, hourly, "get a certificate", a.acme.Obtain)
	}
	a.every(ctx, scrubEvery, "finish erasures", func(ctx context.Context) error {
		return a.Door.FinishErasures(ctx, authn.Service(authn.Sequencer))
	})
	a.every(ctx, hourly, "look around", a.lookAround)
	a.every(ctx, daily, "sweep documents", func(ctx context.Context) error {
		return a.Door.SweepBlobs(ctx, authn.Service(authn.Sequencer))
	})
	a.every(ctx, daily, "close the log's segments", a.closeLog)
	a.every(ctx, hourly, "sweep imports", func(ctx context.Context) error {
		return a.Rosters.Sweep(ctx, authn.Service(authn.Sequencer))
	})
	a.every(ctx, lookEvery, "look at uploads", a.Documents.LookAgain)
	a.every(ctx, lookEvery, "look at the key file", a.Keys.Look)
	a.every(ctx, lookEvery, "write down planned changes of roles", func(ctx context.Context) error {
		return a.Org.Begin(ctx, authn.Service(authn.SignIn))
	})
	a.every(ctx, lookEvery, "write down that emergency access is over", func(ctx context.Context) error {
		return a.Glass.Expire(ctx, notifier)
	})
	if a.provider != nil {
		a.every(ctx, lookEvery, "ask after the identity provider", a.provider.Look)
	}
	a.every(ctx, lookEvery, "tell of slowed sign-ins", a.Authn.TellSlowed)
	a.jobs.Go(func() { a.notifier.Run(ctx, a.Glass, a.Clock.Now()) })
	a.every(ctx, daily, "sweep", a.Authn.Sweep)
	a.every(ctx, hourly, "remind of what is due", a.reminder.Remind)
	a.every(ctx, countEvery, "count which rights are used", a.Rights.Count)
	a.every(ctx, lookEvery, "send mails of exercises", a.exerciser.Send)
	a.every(ctx, lookEvery, "tell people by mail that their access changes", a.teller.Tell)
	a.every(ctx, daily, "remind", func(ctx context.Context) error {
		_, err := a.Glass.Remind(ctx, notifier)
		return err
	})
}

// Checkpoint puts every entry in order, signs for them, and sends the checkpoint
// outside at once.
func (a *App) Checkpoint(ctx context.Context) error {
	if _, err := a.Log.Sequence(ctx); err != nil {
		return err
	}
	return a.anchor.Send(ctx)
}

// Close stops the jobs, signs for the last entries and closes the database.
func (a *App) Close() error {
	if a.stop != nil {
		a.stop()
		a.jobs.Wait()
	}
	// A command that ran beside no server leaves a log that can be checked.
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err := a.Log.Sequence(ctx)
	return errors.Join(err, a.blobs.Close(), a.Log.Close(), a.DB.Close())
}

// ExportLog writes the log of a data directory into out as a tlog-tiles
// directory and says how many entries that is. It needs no passphrase: nothing
// in it is readable without one.
func ExportLog(ctx context.Context, dir, out string) (n int64, err error) {
	cfg, err := config.Load(dir)
	if err != nil {
		return 0, err
	}
	d, err := db.Open(ctx, cfg.Database, dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return audit.Export(ctx, d, out, cfg.SegmentsIn(dir))
}

// ClientByNumber finds the client with a number, for a command or page that was
// given one. It opens nothing.
func (a *App) ClientByNumber(ctx context.Context, number phi.Text) (record.Subject, bool, error) {
	return numbers{record.Use(a.Door, person.Kind)}.ByNumber(ctx, number)
}

// keptStaff are those whose access no file ends by leaving them out, and why.
func (a *App) keptStaff(ctx context.Context) (map[string]string, error) {
	holders, err := a.Governance.Holders(ctx, authn.Service(authn.Counter))
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, id := range holders {
		out[id] = "They are designated as an officer: end the designation first."
	}
	for _, mail := range a.Config.OIDC.BreakGlass {
		id, ok, err := a.Directory.ByMail(ctx, org.NormalMail(mail))
		if err != nil {
			return nil, err
		}
		if ok {
			out[id] = "This is an account for emergencies: take it out of the settings first."
		}
	}
	return out, nil
}
