// Package crowd bounds the connections of a server, so that many strangers who hold
// theirs open cannot keep out those who work.
//
// Where one more arrives than may be held, the one that is least missed is closed:
// of the network that holds most, the one that waits for nothing, or else has begun
// its request longest ago. Nobody is refused, and nobody waits in a queue. Whoever
// is signed in is known and is bounded apart, so a stranger's connection never takes
// the place of theirs. It looks at no request and knows no person.
package crowd

import (
	"container/list"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"sync"
)

// Bounds are how many connections are held at once.
type Bounds struct {
	Strangers int // of nobody who was signed in
	Known     int // of those who were
}

// Usual is what a server holds: a stranger's request is done within milliseconds,
// and what one may cost in memory is bounded (see package site).
var Usual = Bounds{Strangers: 512, Known: 4096}

// Crowd is the connections of one server.
type Crowd struct {
	mu               sync.Mutex
	strangers, known pool
}

// New makes an empty crowd.
func New(b Bounds) *Crowd {
	return &Crowd{strangers: pool{most: b.Strangers, nets: map[string]*list.List{}}, known: pool{most: b.Known, nets: map[string]*list.List{}}}
}

// pool is connections by network, the one that is closed first in front.
type pool struct {
	most, n int
	nets    map[string]*list.List
}

func (p *pool) add(c *conn) {
	l := p.nets[c.network]
	if l == nil {
		l = list.New()
		p.nets[c.network] = l
	}
	c.in, c.at = p, l.PushBack(c)
	p.n++
}

func (p *pool) remove(c *conn) {
	l := p.nets[c.network]
	l.Remove(c.at)
	if l.Len() == 0 {
		delete(p.nets, c.network)
	}
	c.in, c.at = nil, nil
	p.n--
}

// beyond takes out and returns the connection that is least missed, nil while there
// are no more than may be.
func (p *pool) beyond() *conn {
	if p.n <= p.most {
		return nil
	}
	var largest *list.List
	for _, l := range p.nets {
		if largest == nil || l.Len() > largest.Len() {
			largest = l
		}
	}
	c := largest.Front().Value.(*conn)
	p.remove(c)
	return c
}

// conn is a connection that the crowd can close.
type conn struct {
	net.Conn
	crowd   *Crowd
	network string
	in      *pool         // nil once it is closed
	at      *list.Element // in the pool
}

// Close implements [net.Conn].
func (c *conn) Close() error {
	c.crowd.mu.Lock()
	if c.in != nil {
		c.in.remove(c)
	}
	c.crowd.mu.Unlock()
	return c.Conn.Close()
}

// Listener has every connection that l accepts in the crowd.
func (w *Crowd) Listener(l net.Listener) net.Listener { return listener{l, w} }

type listener struct {
	net.Listener
	crowd *Crowd
}

// Accept implements [net.Listener].
func (l listener) Accept() (net.Conn, error) {
	in, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: in, crowd: l.crowd, network: network(in.RemoteAddr())}
	w := l.crowd
	w.mu.Lock()
	w.strangers.add(c)
	gone := w.strangers.beyond()
	w.mu.Unlock()
	gone.end()
	return c, nil
}

// end closes a connection that was taken out; nil is none.
func (c *conn) end() {
	if c != nil {
		_ = c.Conn.Close() // whoever held it is gone or is told by this
	}
}

// network is the part of an address that one visitor can hardly change.
func network(a net.Addr) string {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return a.Network()
	}
	ip, bits := at.Addr().Unmap().WithZone(""), 24
	if ip.Is6() {
		bits = 56
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return a.Network()
	}
	return p.String()
}

type key struct{}

// Context is for [http.Server.ConnContext].
func (w *Crowd) Context(ctx context.Context, c net.Conn) context.Context {
	if m := member(c); m != nil {
		return context.WithValue(ctx, key{}, m)
	}
	return ctx
}

// State is for [http.Server.ConnState]: whoever waits for nothing goes first.
func (w *Crowd) State(c net.Conn, s http.ConnState) {
	m := member(c)
	if m == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if m.in == nil {
		return
	}
	switch l := m.in.nets[m.network]; s {
	case http.StateActive:
		l.MoveToBack(m.at)
	case http.StateIdle:
		l.MoveToFront(m.at)
	}
}

func member(c net.Conn) *conn {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	m, _ := c.(*conn)
	return m
}

// Known says that a request came from somebody who is signed in: its connection is
// none of a stranger's from now on. It does nothing for requests that came otherwise.
func Known(ctx context.Context) {
	m, ok := ctx.Value(key{}).(*conn)
	if !ok {
		return
	}
	w := m.crowd
	w.mu.Lock()
	if m.in != &w.strangers {
		w.mu.Unlock()
		return
	}
	w.strangers.remove(m)
	w.known.add(m)
	gone := w.known.beyond()
	w.mu.Unlock()
	gone.end()
}
