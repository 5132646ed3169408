// Package scan asks a virus scanner about what was uploaded, and looks itself for
// what a scanner passes over: a clamd says OK to a virus behind more than it
// unpacks.
//
// Nothing is clean unless the scanner said so of the whole of it: every error, a
// scanner that is away, and whatever cannot be looked into, is not clean. The
// package writes nothing to disk; what clamd writes is clamd's to keep in memory
// (docs/guides/operator.md).
//
// To start: New, then Scan; and Inspect.
package scan

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"caseward/internal/fault"
)

// Clamd is a clamd, reached over its own protocol.
type Clamd struct {
	network, addr string
	patience      time.Duration
}

// patience is how long a scan may take at the most.
const patience = 5 * time.Minute

// New takes unix:///run/clamav/clamd.ctl or tcp://127.0.0.1:3310. What is scanned
// goes to it in clear, so a TCP address must be on this machine.
func New(location string) (*Clamd, error) {
	const op = "scan.new"
	u, err := url.Parse(location)
	if err != nil {
		return nil, fault.Invalidf(op, "the URL of clamd cannot be read")
	}
	switch u.Scheme {
	case "unix":
		if u.Host == "" && strings.HasPrefix(u.Path, "/") {
			return &Clamd{"unix", u.Path, patience}, nil
		}
	case "tcp":
		host, _, err := net.SplitHostPort(u.Host)
		if ip := net.ParseIP(host); err == nil && (host == "localhost" || ip != nil && ip.IsLoopback()) {
			return &Clamd{"tcp", u.Host, patience}, nil
		}
	}
	return nil, fault.Invalidf(op, "clamd is reached at unix:///path or at tcp://127.0.0.1:port")
}

// ErrAway is the cause where the scanner did not answer: no use in asking it about
// the next file.
var ErrAway = errors.New("the scanner is away")

// ErrRefused is the cause where the scanner answered that it does not look at this
// file, as clamd does of more than its StreamMaxLength.
var ErrRefused = errors.New("the scanner refused the file")

// away says that nothing is known of what was to be scanned.
func away(err error) error {
	return fault.Unavailablef("scan.clamd", errors.Join(ErrAway, err), "the virus scanner did not answer")
}

// connect opens a connection that ends with ctx, or by end.
func (c *Clamd) connect(ctx context.Context) (conn net.Conn, end func(), err error) {
	var d net.Dialer
	if conn, err = d.DialContext(ctx, c.network, c.addr); err != nil {
		return nil, nil, away(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	return conn, func() { stop(); _ = conn.Close() }, nil
}

// Scan has everything from gives looked at. threat is the name of what was found,
// empty if it is clean. With an error nothing is known.
func (c *Clamd) Scan(ctx context.Context, from io.Reader) (threat string, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	conn, end, err := c.connect(ctx)
	if err != nil {
		return "", err
	}
	defer end()
	w := bufio.NewWriterSize(conn, 1<<17)
	_, err = w.WriteString("zINSTREAM\x00")
	buf := make([]byte, 1<<16)
	for err == nil {
		n, rerr := io.ReadFull(from, buf)
		if n > 0 {
			if err = binary.Write(w, binary.BigEndian, uint32(n)); err == nil {
				_, err = w.Write(buf[:n])
			}
		}
		if rerr == io.EOF || rerr == io.ErrUnexpectedEOF {
			break
		}
		if rerr != nil {
			return "", rerr
		}
	}
	clear(buf)
	if err == nil {
		_, err = w.Write(make([]byte, 4))
	}
	if err == nil {
		err = w.Flush()
	}
	// One that takes no more may have said why.
	reply, rerr := bufio.NewReader(io.LimitReader(conn, 4096)).ReadString(0)
	switch said, ok := strings.CutPrefix(strings.TrimRight(reply, "\x00\n"), "stream: "); {
	case strings.HasPrefix(reply, "INSTREAM size limit exceeded"):
		return "", fault.Unavailablef("scan.clamd", ErrRefused, "the virus scanner takes no file as large as this")
	case err != nil:
		return "", away(err)
	case rerr != nil:
		return "", away(rerr)
	case ok && said == "OK":
		return "", nil
	case ok && strings.HasSuffix(said, " FOUND"):
		return strings.TrimSuffix(said, " FOUND"), nil
	}
	return "", fault.Unavailablef("scan.clamd", ErrRefused, "the virus scanner could not look into this file")
}

// Signatures is when the newest signatures the scanner uses were made, to the
// day; zero if it does not say.
func (c *Clamd) Signatures(ctx context.Context) (time.Time, error) {
	conn, end, err := c.connect(ctx)
	if err != nil {
		return time.Time{}, err
	}
	defer end()
	if _, err := io.WriteString(conn, "zVERSION\x00"); err != nil {
		return time.Time{}, away(err)
	}
	// ClamAV 1.4.3/27825/Thu Nov 20 08:47:05 2025
	reply, err := bufio.NewReader(io.LimitReader(conn, 4096)).ReadString(0)
	if err != nil {
		return time.Time{}, away(err)
	}
	parts := strings.Split(strings.TrimRight(reply, "\x00\n"), "/")
	made, err := time.Parse(time.ANSIC, parts[len(parts)-1])
	if err != nil {
		// One that has none says its name and no more.
		return time.Time{}, nil
	}
	return made, nil
}
