package scim

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// Prefix is where all of it is served.
const Prefix = "/scim/v2/"

// The names of schemas and messages.
const (
	userSchema  = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group"
	workSchema  = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	listMessage = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	patchOp     = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	errMessage  = "urn:ietf:params:scim:api:messages:2.0:Error"
)

const (
	maxBody = 256 << 10
	perPage = 100
	mostOps = 50
)

// Keys admits whoever has a key; package org does.
type Keys interface {
	Admit(ctx context.Context, secret string) (actor.Actor, error)
}

// Server answers the requests of a SCIM client.
type Server struct {
	org    *org.Org
	keys   Keys
	origin string
	log    *slog.Logger
	roles  []group
	known  func(ctx context.Context) // tells that a connection's other side is known
	mux    *http.ServeMux
}

// New returns the server. roles is what groups of the identity provider mean here, by what it
// calls them; without any, every role is a group. known, if not nil, is told of each request
// that has a key.
func New(o *org.Org, k Keys, origin string, roles map[string]actor.Role, log *slog.Logger, known func(ctx context.Context)) *Server {
	s := &Server{org: o, keys: k, origin: strings.TrimSuffix(origin, "/"), roles: groupsOf(roles), log: log, known: known, mux: http.NewServeMux()}
	for pattern, h := range map[string]handler{
		"GET /scim/v2/Users":                 s.list,
		"POST /scim/v2/Users":                s.create,
		"GET /scim/v2/Users/{id}":            s.read,
		"PUT /scim/v2/Users/{id}":            s.replace,
		"PATCH /scim/v2/Users/{id}":          s.patch,
		"DELETE /scim/v2/Users/{id}":         s.remove,
		"GET /scim/v2/Groups":                s.groups,
		"POST /scim/v2/Groups":               s.createGroup,
		"GET /scim/v2/Groups/{id}":           s.group,
		"PUT /scim/v2/Groups/{id}":           s.replaceGroup,
		"PATCH /scim/v2/Groups/{id}":         s.patchGroup,
		"DELETE /scim/v2/Groups/{id}":        s.removeGroup,
		"GET /scim/v2/ServiceProviderConfig": s.config,
		"GET /scim/v2/ResourceTypes":         s.types,
		"GET /scim/v2/ResourceTypes/{id}":    s.types,
		"GET /scim/v2/Schemas":               s.schemas,
		"GET /scim/v2/Schemas/{id}":          s.schemas,
		"/scim/v2/": func(request) (reply, error) {
			return reply{}, &problem{status: http.StatusNotImplemented, detail: "this is not offered; see ServiceProviderConfig"}
		},
	} {
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, h) })
	}
	return s
}

type request struct {
	*http.Request
	who actor.Actor
}

type reply struct {
	status int
	body   any
	etag   string
	at     string
}

type handler func(r request) (reply, error)

// problem is an answer of RFC 7644, 3.12.
type problem struct {
	status int
	kind   string // scimType
	detail string
}

// Error implements error.
func (p *problem) Error() string { return "scim: " + p.detail }

func invalid(kind, detail string) error {
	return &problem{http.StatusBadRequest, kind, detail}
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *Server) serve(w http.ResponseWriter, r *http.Request, h handler) {
	head := w.Header()
	head.Set("Content-Type", "application/scim+json; charset=utf-8")
	// Clients that take no other are to be answered as plain JSON (RFC 7644, 3.8).
	if takes := r.Header.Get("Accept"); strings.Contains(takes, "application/json") && !strings.Contains(takes, "application/scim+json") {
		head.Set("Content-Type", "application/json; charset=utf-8")
	}
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	a, err := s.answer(w, r, h)
	if err != nil {
		p := s.translate(r.Context(), err)
		body := map[string]any{"schemas": []string{errMessage}, "status": strconv.Itoa(p.status), "detail": p.detail}
		if p.kind != "" {
			body["scimType"] = p.kind
		}
		if p.status == http.StatusUnauthorized {
			head.Set("WWW-Authenticate", `Bearer realm="scim"`)
		}
		a = reply{status: p.status, body: body}
	}
	if a.etag != "" {
		head.Set("ETag", a.etag)
	}
	if a.at != "" {
		head.Set("Location", a.at)
	}
	if a.status == http.StatusNotModified || a.status == http.StatusNoContent {
		head.Del("Content-Type")
		w.WriteHeader(a.status)
		return
	}
	b, err := json.Marshal(a.body)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(b)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, h handler) (reply, error) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return reply{}, &problem{status: http.StatusUnauthorized, detail: "a bearer token is needed"}
	}
	who, err := s.keys.Admit(r.Context(), strings.TrimSpace(secret))
	if fault.Is(err, fault.Denied) {
		return reply{}, &problem{status: http.StatusUnauthorized, detail: "the bearer token is not good, or no longer"}
	}
	if err != nil {
		return reply{}, err
	}
	if s.known != nil {
		s.known(r.Context())
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	return h(request{r, who})
}

// translate is the table from kinds of failure to answers. What is said comes from the
// program and holds nothing of anybody.
func (s *Server) translate(ctx context.Context, err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	switch fault.KindOf(err) {
	case fault.Invalid:
		p = &problem{http.StatusBadRequest, "invalidValue", "a value cannot be taken"}
		for _, f := range fault.FieldsOf(err) {
			name := names[f.Name]
			if (f.Name == "mail" || f.Name == "external") && strings.Contains(f.Message, "Somebody else") {
				return &problem{http.StatusConflict, "uniqueness", name + ": " + f.Message}
			}
			if name != "" {
				p.detail = name + ": " + f.Message
			}
		}
		return p
	case fault.NotFound:
		return &problem{status: http.StatusNotFound, detail: "there is no such resource"}
	case fault.Denied:
		return &problem{status: http.StatusForbidden, detail: "the key does not reach so far"}
	case fault.Conflict:
		return &problem{status: http.StatusConflict, detail: "somebody else changed the resource, or its access has ended: read it anew"}
	case fault.Unavailable:
		s.log.ErrorContext(ctx, "scim could not be answered", "error", err)
		return &problem{status: http.StatusServiceUnavailable, detail: "try again later; nothing was changed"}
	}
	s.log.ErrorContext(ctx, "scim failed", "error", err)
	return &problem{status: http.StatusInternalServerError, detail: "something went wrong"}
}

// names are the fields of a staff record as SCIM calls them.
var names = map[string]string{"mail": "userName", "family": "name.familyName", "role": "roles", "programs": "department", "supervisor": "manager", "external": "externalId", "hand_to": "active"}

// user is a staff record as SCIM writes it.
type user struct {
	Schemas    []string `json:"schemas"`
	ID         string   `json:"id"`
	ExternalID string   `json:"externalId,omitempty"`
	UserName   string   `json:"userName"`
	Name       name     `json:"name"`
	Display    string   `json:"displayName"`
	Title      string   `json:"title,omitempty"`
	UserType   string   `json:"userType"` // the role once more: who may write it there reads it there (RFC 7643, 2.2)
	Active     bool     `json:"active"`
	Mails      []value  `json:"emails"`
	Roles      []value  `json:"roles"`
	Work       *work    `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User,omitempty"`
	Meta       meta     `json:"meta"`
}

type name struct {
	Given     string `json:"givenName,omitempty"`
	Family    string `json:"familyName,omitempty"`
	Formatted string `json:"formatted"`
}

type value struct {
	Value   string `json:"value"`
	Type    string `json:"type,omitempty"`
	Primary bool   `json:"primary,omitempty"`
}

type work struct {
	Department string   `json:"department,omitempty"`
	Manager    *manager `json:"manager,omitempty"`
}

type manager struct {
	Value string `json:"value"`
}

type meta struct {
	Type     string    `json:"resourceType"`
	Created  time.Time `json:"created,omitzero"`
	Changed  time.Time `json:"lastModified,omitzero"`
	Location string    `json:"location"`
	Version  string    `json:"version,omitempty"`
}

func etag(version int64) string { return `W/"` + strconv.FormatInt(version, 10) + `"` }

func (s *Server) userOf(o record.Opened[org.Staff]) user {
	v := o.Value
	u := user{
		Schemas: []string{userSchema, workSchema}, ID: o.ID.String(), ExternalID: v.External.Disclose(), UserName: v.Mail.Disclose(),
		Name:    name{v.Given.Disclose(), v.Family.Disclose(), v.Name().Disclose()},
		Display: v.Name().Disclose(), Title: v.Title.Disclose(), UserType: string(v.Role), Active: v.Status != org.Terminated,
		Mails: []value{{v.Mail.Disclose(), "work", true}}, Roles: []value{{Value: string(v.Role), Primary: true}},
		Work: &work{Department: strings.Join(v.Programs, ",")},
		Meta: meta{"User", o.CreatedAt.UTC(), o.ChangedAt.UTC(), s.origin + Prefix + "Users/" + o.ID.String(), etag(o.Version)},
	}
	if v.Supervisor != "" {
		u.Work.Manager = &manager{v.Supervisor}
	}
	return u
}

func (s *Server) userID(r request) (org.ID, error) {
	id, err := record.ParseID[org.Staff](r.PathValue("id"))
	if err != nil {
		return id, fault.NotFoundf("scim.user")
	}
	return id, nil
}

// found reads a user, and checks If-Match where the request has it.
func (s *Server) found(r request) (record.Opened[org.Staff], error) {
	id, err := s.userID(r)
	if err != nil {
		return record.Opened[org.Staff]{}, err
	}
	o, err := s.org.Read(r.Context(), r.who, id)
	if err != nil {
		return o, err
	}
	if m := r.Header.Get("If-Match"); m != "" && m != "*" && m != etag(o.Version) {
		return o, &problem{status: http.StatusPreconditionFailed, detail: "the resource was changed since; read it anew"}
	}
	return o, nil
}

func (s *Server) shown(o record.Opened[org.Staff], status int) reply {
	u := s.userOf(o)
	return reply{status: status, body: u, etag: u.Meta.Version, at: u.Meta.Location}
}

func (s *Server) again(r request, id org.ID, status int) (reply, error) {
	o, err := s.org.Read(r.Context(), r.who, id)
	if err != nil {
		return reply{}, err
	}
	return s.shown(o, status), nil
}

func (s *Server) read(r request) (reply, error) {
	o, err := s.found(r)
	if err != nil {
		return reply{}, err
	}
	if r.Header.Get("If-None-Match") == etag(o.Version) {
		return reply{status: http.StatusNotModified, etag: etag(o.Version)}, nil
	}
	return s.shown(o, http.StatusOK), nil
}

// list answers a page of users, those whose access has ended too: by startIndex and count,
// and by a filter of one comparison.
func (s *Server) list(r request) (reply, error) {
	q := r.URL.Query()
	start, count, err := window(q)
	if err != nil {
		return reply{}, err
	}
	var rows []record.Opened[org.Staff]
	if f := q.Get("filter"); f != "" {
		rows, err = s.filtered(r, f)
	} else {
		rows, err = s.org.Everybody(r.Context(), r.who, org.StaffQuery{All: true})
	}
	if err != nil {
		return reply{}, err
	}
	out := []user{}
	for i := start - 1; i < len(rows) && len(out) < count; i++ {
		out = append(out, s.userOf(rows[i]))
	}
	return page(out, len(out), len(rows), start), nil
}

func page(resources any, n, total, start int) reply {
	return reply{status: http.StatusOK, body: map[string]any{"schemas": []string{listMessage}, "totalResults": total, "itemsPerPage": n, "startIndex": start, "Resources": resources}}
}

// window is which part of a list is asked for (RFC 7644, 3.4.2.4).
func window(q url.Values) (start, count int, err error) {
	if start, err = number(q, "startIndex", 1); err != nil {
		return 0, 0, err
	}
	count, err = number(q, "count", perPage)
	return max(start, 1), min(max(count, 0), perPage), err
}

func number(q url.Values, key string, otherwise int) (int, error) {
	if !q.Has(key) {
		return otherwise, nil
	}
	n, err := strconv.Atoi(q.Get(key))
	if err != nil {
		return 0, invalid("invalidValue", key+" is not a number")
	}
	return n, nil
}

// comparison takes apart the one kind of filter there is, an attribute, eq and a string; attr
// is in lower case.
func comparison(filter string) (attr, want string, ok bool) {
	words := strings.SplitN(strings.TrimSpace(filter), " ", 3)
	if len(words) != 3 || !strings.EqualFold(words[1], "eq") || json.Unmarshal([]byte(strings.TrimSpace(words[2])), &want) != nil {
		return "", "", false
	}
	return strings.ToLower(words[0]), want, true
}

// filtered finds whom a filter names: one of userName, externalId and id, eq a string.
func (s *Server) filtered(r request, filter string) ([]record.Opened[org.Staff], error) {
	no := invalid("invalidFilter", `filters are userName eq "…", externalId eq "…" and id eq "…"`)
	attr, want, ok := comparison(filter)
	if !ok {
		return nil, no
	}
	var id string
	var err error
	switch attr {
	case "username", strings.ToLower(userSchema) + ":username":
		id, ok, err = s.org.Directory().ByMail(r.Context(), org.NormalMail(want))
	case "externalid":
		id, ok, err = s.org.ByExternal(r.Context(), want)
	case "id":
		id, ok = want, true
	default:
		return nil, no
	}
	if err != nil || !ok {
		return nil, err
	}
	parsed, err := record.ParseID[org.Staff](id)
	if err != nil {
		return nil, nil
	}
	o, err := s.org.Read(r.Context(), r.who, parsed)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return []record.Opened[org.Staff]{o}, err
}

// body reads a request's JSON into v.
func body(r request, v any) error {
	mt, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mt != "application/scim+json" && mt != "application/json" {
		return &problem{status: http.StatusUnsupportedMediaType, detail: "send application/scim+json"}
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return &problem{status: http.StatusRequestEntityTooLarge, detail: "the request is too large"}
	}
	if err := json.Unmarshal(b, v); err != nil {
		return invalid("invalidSyntax", "the request is not the JSON it should be")
	}
	return nil
}

// incoming is a user as clients write one. Pointers tell what is not there.
type incoming struct {
	Schemas    []string        `json:"schemas"`
	ExternalID *string         `json:"externalId"`
	UserName   *string         `json:"userName"`
	Name       *incomingName   `json:"name"`
	Title      *string         `json:"title"`
	Active     *truth          `json:"active"`
	Roles      json.RawMessage `json:"roles"`
	UserType   *string         `json:"userType"`
	Work       *incomingWork   `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
}

type incomingName struct {
	Given  *string `json:"givenName"`
	Family *string `json:"familyName"`
}

type incomingWork struct {
	Department *string         `json:"department"`
	Manager    json.RawMessage `json:"manager"`
}

// truth is a boolean that some write as a string.
type truth bool

// UnmarshalJSON implements [json.Unmarshaler].
func (t *truth) UnmarshalJSON(b []byte) error {
	switch strings.ToLower(strings.Trim(string(b), `"`)) {
	case "true":
		*t = true
	case "false":
		*t = false
	default:
		return errors.New("not a boolean")
	}
	return nil
}

// change is what a request changes of a staff record, and whether it ends access.
type change struct {
	org.Edit
	active *bool
	id     string // which user it says that this is; empty if it does not say
}

func text(s *string) *phi.Text {
	if s == nil {
		return nil
	}
	t := phi.NewText(strings.TrimSpace(*s))
	return &t
}

// role is the one role of a multi-valued attribute: the primary, or the only one.
func role(raw json.RawMessage) (*actor.Role, error) {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		r := actor.Role(one)
		return &r, nil
	}
	var single value
	var all []value
	if json.Unmarshal(raw, &all) != nil {
		if json.Unmarshal(raw, &single) != nil {
			return nil, invalid("invalidValue", "roles: give one role")
		}
		all = []value{single}
	}
	got := ""
	for _, v := range all {
		if v.Primary || len(all) == 1 {
			if got != "" && got != v.Value {
				return nil, invalid("invalidValue", "roles: only one can be primary")
			}
			got = v.Value
		}
	}
	if got == "" {
		return nil, invalid("invalidValue", "roles: give one role, or say which is primary")
	}
	r := actor.Role(got)
	return &r, nil
}

func programs(s string) *[]string {
	out := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == ';' })
	return &out
}

func managerOf(raw json.RawMessage) (*string, error) {
	var id string
	if json.Unmarshal(raw, &id) == nil {
		return &id, nil
	}
	var m manager
	if json.Unmarshal(raw, &m) != nil {
		return nil, invalid("invalidValue", "manager: give the id of a user as value")
	}
	return &m.Value, nil
}

func (in incoming) change() (c change, err error) {
	c.Mail, c.Title, c.External = text(in.UserName), text(in.Title), text(in.ExternalID)
	if in.Name != nil {
		c.Given, c.Family = text(in.Name.Given), text(in.Name.Family)
	}
	if in.Active != nil {
		on := bool(*in.Active)
		c.active = &on
	}
	if len(in.Roles) > 0 && string(in.Roles) != "null" && string(in.Roles) != "[]" {
		if c.Role, err = role(in.Roles); err != nil {
			return c, err
		}
	} else if in.UserType != nil {
		r := actor.Role(*in.UserType)
		c.Role = &r
	}
	if in.Work != nil {
		if in.Work.Department != nil {
			c.Programs = programs(*in.Work.Department)
		}
		if len(in.Work.Manager) > 0 && string(in.Work.Manager) != "null" {
			if c.Supervisor, err = managerOf(in.Work.Manager); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

func (s *Server) create(r request) (reply, error) {
	var in incoming
	if err := body(r, &in); err != nil {
		return reply{}, err
	}
	c, err := in.change()
	switch {
	case err != nil:
		return reply{}, err
	case c.Mail == nil:
		return reply{}, invalid("invalidValue", "userName: it is the person's work mail address, and is needed")
	case c.Role == nil:
		return reply{}, invalid("invalidValue", "roles: say as what the person works")
	case c.active != nil && !*c.active:
		return reply{}, invalid("invalidValue", "active: somebody who does not work here is not added")
	}
	inv := org.Invitation{Mail: *c.Mail, Role: *c.Role}
	for to, from := range map[*phi.Text]*phi.Text{&inv.Given: c.Given, &inv.Family: c.Family, &inv.Title: c.Title, &inv.External: c.External} {
		if from != nil {
			*to = *from
		}
	}
	if c.Programs != nil {
		inv.Programs = *c.Programs
	}
	if c.Supervisor != nil {
		inv.Supervisor = *c.Supervisor
	}
	id, err := s.org.Invite(r.Context(), r.who, inv)
	if err != nil {
		return reply{}, err
	}
	return s.again(r, id, http.StatusCreated)
}

// replace takes a whole user. What a client may leave out and we must have, as the role,
// stays as it is (RFC 7644, 3.5.1).
func (s *Server) replace(r request) (reply, error) {
	o, err := s.found(r)
	if err != nil {
		return reply{}, err
	}
	var in incoming
	if err := body(r, &in); err != nil {
		return reply{}, err
	}
	if in.UserName == nil {
		return reply{}, invalid("invalidValue", "userName is needed")
	}
	c, err := in.change()
	if err != nil {
		return reply{}, err
	}
	none := phi.NewText("")
	if c.Title == nil {
		c.Title = &none
	}
	return s.apply(r, o, c)
}

// apply does what a request asks: it ends access, or changes the record, each one act.
func (s *Server) apply(r request, o record.Opened[org.Staff], c change) (reply, error) {
	works := o.Value.Status != org.Terminated
	switch {
	case c.active != nil && *c.active && !works:
		return reply{}, invalid("mutability", "active: access has ended for good; create the person anew")
	case !works && c.active != nil && !*c.active:
		return s.shown(o, http.StatusOK), nil // it has ended already
	case !works:
		return reply{}, invalid("mutability", "access has ended: the record stays as it is")
	}
	if c.active != nil && !*c.active {
		// What else the request says of somebody who leaves is of no use any more.
		if err := s.org.Leave(r.Context(), r.who, o.ID, org.Leaving{}); err != nil {
			return reply{}, err
		}
		return s.again(r, o.ID, http.StatusOK)
	}
	if c.Edit.Changes(o.Value) {
		if err := s.org.Change(r.Context(), r.who, o.ID, o.Version, c.Edit); err != nil {
			return reply{}, err
		}
	}
	return s.again(r, o.ID, http.StatusOK)
}

func (s *Server) remove(request) (reply, error) {
	return reply{}, &problem{status: http.StatusNotImplemented, detail: "nobody is deleted: what they did stays on record. Set active to false, which ends their access at once"}
}

type operation struct {
	Op    string          `json:"op"`
	Path  string          `json:"path"`
	Value json.RawMessage `json:"value"`
}

// operations reads the body of a patch.
func operations(r request) ([]operation, error) {
	var in struct {
		Schemas    []string    `json:"schemas"`
		Operations []operation `json:"Operations"`
	}
	if err := body(r, &in); err != nil {
		return nil, err
	}
	if len(in.Schemas) != 1 || in.Schemas[0] != patchOp {
		return nil, invalid("invalidSyntax", "schemas: a patch is "+patchOp)
	}
	if len(in.Operations) == 0 || len(in.Operations) > mostOps {
		return nil, invalid("invalidSyntax", "Operations: give from 1 to 50")
	}
	return in.Operations, nil
}

// patch takes the operations of RFC 7644, 3.5.2, all or none.
func (s *Server) patch(r request) (reply, error) {
	o, err := s.found(r)
	if err != nil {
		return reply{}, err
	}
	ops, err := operations(r)
	if err != nil {
		return reply{}, err
	}
	var c change
	for _, x := range ops {
		if err := c.take(x); err != nil {
			return reply{}, err
		}
	}
	if c.id != "" && c.id != o.ID.String() {
		return reply{}, invalid("mutability", "id: it cannot be changed")
	}
	return s.apply(r, o, c)
}

// take adds what one operation changes.
func (c *change) take(x operation) error {
	op := strings.ToLower(x.Op)
	if op != "add" && op != "replace" && op != "remove" {
		return invalid("invalidSyntax", "op: it is add, replace or remove")
	}
	path := strings.ToLower(x.Path)
	path = strings.TrimPrefix(path, strings.ToLower(userSchema)+":")
	if path == "" {
		if op == "remove" {
			return invalid("noTarget", "a removal needs a path")
		}
		// Some clients write paths as names of the object: {"name.givenName": …}.
		var all map[string]json.RawMessage
		if json.Unmarshal(x.Value, &all) != nil {
			return invalid("invalidValue", "without a path, value is an object")
		}
		for k, v := range all {
			if strings.EqualFold(k, "schemas") {
				continue
			}
			if err := c.take(operation{op, k, v}); err != nil {
				return err
			}
		}
		return nil
	}
	str := func(to **phi.Text) error {
		var v string
		if op != "remove" && json.Unmarshal(x.Value, &v) != nil {
			return invalid("invalidValue", x.Path+": give a string")
		}
		*to = text(&v)
		return nil
	}
	work := strings.ToLower(workSchema)
	switch path {
	case "username", "externalid", "active", "roles", "usertype":
		if op == "remove" && path != "externalid" {
			return invalid("mutability", x.Path+": it cannot be removed")
		}
	}
	switch path {
	case "id":
		// Clients that send whole objects name it; to say what it is changes nothing (RFC
		// 7643, 3.1, and RFC 7644, 3.5.2).
		if op == "remove" || json.Unmarshal(x.Value, &c.id) != nil || c.id == "" {
			return invalid("mutability", "id: it cannot be changed")
		}
		return nil
	case "username":
		return str(&c.Mail)
	case "externalid":
		return str(&c.External)
	case "title":
		return str(&c.Title)
	case "name.givenname":
		return str(&c.Given)
	case "name.familyname":
		return str(&c.Family)
	case "active":
		var t truth
		if json.Unmarshal(x.Value, &t) != nil {
			return invalid("invalidValue", "active: it is true or false")
		}
		on := bool(t)
		c.active = &on
		return nil
	case "name", work:
		prefix := path + "."
		if path == work {
			prefix = path + ":"
		}
		var all map[string]json.RawMessage
		if op == "remove" || json.Unmarshal(x.Value, &all) != nil {
			return invalid("invalidValue", x.Path+": give an object")
		}
		for k, v := range all {
			if err := c.take(operation{op, prefix + k, v}); err != nil {
				return err
			}
		}
		return nil
	case "roles", "roles[primary eq true].value", `roles[primary eq "true"].value`, "usertype":
		got, err := role(x.Value)
		c.Role = got
		return err
	case work + ":department":
		var v string
		if op != "remove" && json.Unmarshal(x.Value, &v) != nil {
			return invalid("invalidValue", "department: give codes of programs, with commas")
		}
		c.Programs = programs(v)
		return nil
	case work + ":manager", work + ":manager.value":
		none := ""
		if op == "remove" {
			c.Supervisor = &none
			return nil
		}
		got, err := managerOf(x.Value)
		c.Supervisor = got
		return err
	// What follows from something else, or is of no use here, is read and left alone.
	case "displayname", "name.formatted", "emails", `emails[type eq "work"].value`, "nickname", "preferredlanguage", "locale", "timezone", "phonenumbers", "addresses", work + ":employeenumber", work + ":organization", work + ":division", work + ":costcenter":
		return nil
	}
	return noPath(x.Path)
}

func noPath(path string) error {
	return invalid("invalidPath", "path: there is no "+strconv.Quote(clip(path)))
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:60]
	}
	return s
}
