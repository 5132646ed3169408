package crowd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// from is a connection of somebody at an address, which remembers that it was closed.
type from struct {
	net.Conn
	addr   string
	closed bool
}

func (f *from) RemoteAddr() net.Addr { return named(f.addr) }
func (f *from) Close() error         { f.closed = true; return nil }

type named string

func (named) Network() string  { return "tcp" }
func (n named) String() string { return string(n) }

// door accepts what it is given.
type door struct {
	net.Listener
	next *from
}

func (d *door) Accept() (net.Conn, error) {
	if d.next == nil {
		return nil, errors.New("closed")
	}
	return d.next, nil
}

type room struct {
	*testing.T
	*Crowd
	door *door
	in   net.Listener
}

func open(t *testing.T, b Bounds) *room {
	w, d := New(b), &door{}
	return &room{t, w, d, w.Listener(d)}
}

func (r *room) enter(addr string) (*from, net.Conn) {
	r.Helper()
	f := &from{addr: addr + ":1000"}
	r.door.next = f
	c, err := r.in.Accept()
	if err != nil {
		r.Fatal(err)
	}
	return f, c
}

func (r *room) closed(want bool, fs ...*from) {
	r.Helper()
	for _, f := range fs {
		if f.closed != want {
			r.Errorf("%s: closed is %v", f.addr, f.closed)
		}
	}
}

func TestCrowd(t *testing.T) {
	t.Run("of the network that holds most the oldest goes", func(t *testing.T) {
		r := open(t, Bounds{Strangers: 4, Known: 4})
		alone, _ := r.enter("198.51.100.7")
		a, _ := r.enter("203.0.113.1")
		b, _ := r.enter("203.0.113.2")
		c, _ := r.enter("203.0.113.3")
		r.closed(false, alone, a, b, c)
		d, _ := r.enter("203.0.113.4")
		r.closed(true, a)
		other, _ := r.enter("2001:db8::1")
		r.closed(true, b)
		r.closed(false, alone, c, d, other)
	})
	t.Run("who waits for nothing goes before who has begun", func(t *testing.T) {
		r := open(t, Bounds{Strangers: 2, Known: 4})
		a, ca := r.enter("203.0.113.1")
		b, cb := r.enter("203.0.113.1")
		r.State(ca, http.StateActive)
		r.State(cb, http.StateActive)
		r.State(cb, http.StateIdle)
		r.enter("203.0.113.1")
		r.closed(true, b)
		r.closed(false, a)
	})
	t.Run("who is known is not a stranger's to push out, and is bounded too", func(t *testing.T) {
		r := open(t, Bounds{Strangers: 1, Known: 2})
		var known []*from
		for range 3 {
			f, c := r.enter("203.0.113.1")
			Known(r.Context(context.Background(), c))
			Known(r.Context(context.Background(), c)) // each request says so
			known = append(known, f)
		}
		r.closed(true, known[0])
		for range 10 {
			r.enter("203.0.113.1")
		}
		r.closed(false, known[1:]...)
	})
	t.Run("what is closed makes room", func(t *testing.T) {
		r := open(t, Bounds{Strangers: 1, Known: 1})
		for range 5 {
			f, c := r.enter("203.0.113.1")
			if f.closed {
				t.Error("it was closed before it was done")
			}
			_ = c.Close()
			_ = c.Close() // a server may do so twice
		}
		if r.strangers.n != 0 || len(r.strangers.nets) != 0 {
			t.Errorf("%d are held", r.strangers.n)
		}
	})
	t.Run("a request that came otherwise is let be", func(t *testing.T) {
		Known(context.Background())
		r := open(t, Bounds{Strangers: 1, Known: 1})
		r.State(&from{}, http.StateActive)
		if ctx := r.Context(context.Background(), &from{}); ctx != context.Background() {
			t.Error("it has a place in the crowd")
		}
	})
}

func TestServer(t *testing.T) {
	held := New(Bounds{Strangers: 3, Known: 3})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{ConnContext: held.Context, ConnState: held.State, ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/known" {
			Known(r.Context())
		}
	})}
	done := make(chan error)
	go func() { done <- s.Serve(held.Listener(l)) }()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	ask := func(c net.Conn, path string) error {
		if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path); err != nil {
			return err
		}
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			return err
		}
		return res.Body.Close()
	}
	worker := dial()
	if err := ask(worker, "/known"); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		c := dial()
		_, _ = io.WriteString(c, "GET / HT") // and no more
	}
	if err := ask(worker, "/"); err != nil {
		t.Errorf("who works was cut off: %v", err)
	}
	if err := ask(dial(), "/"); err != nil {
		t.Errorf("who came was not let in: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}
