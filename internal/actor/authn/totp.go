package authn

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/base32"
	"encoding/json"
	"image/png"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/keys"
)

// One-time codes are those of RFC 6238: six digits, thirty seconds, one step of
// grace to either side. The HMAC is over SHA-1 unless the agency chose SHA-256:
// many authenticator apps ignore the algorithm they are told and use SHA-1, and
// HMAC does not need the collision resistance that SHA-1 lost.
const (
	totpPeriod = 30
	totpSkew   = 1
)

// TOTPEnrolment is what is shown, once, to somebody who sets up one-time codes.
type TOTPEnrolment struct {
	Ceremony string // hand it back with the first code
	Secret   string // to type in, base32 in groups of four
	URL      string // otpauth URL of the QR code
	PNG      []byte // the QR code, 264 pixels square
}

type totpSecret struct {
	Secret []byte `json:"s"`
	Hash   string `json:"h"`
}

func algorithm(name string) otp.Algorithm {
	if name == "SHA256" {
		return otp.AlgorithmSHA256
	}
	return otp.AlgorithmSHA1
}

// matchStep returns the time step that code is right for, among those after
// last; 0 if none. It compares with every step in constant time.
func (a *Authn) matchStep(x totpSecret, code string, last int64) (int64, error) {
	now := a.now().Unix() / totpPeriod
	var found int64
	for step := now - totpSkew; step <= now+totpSkew; step++ {
		want, err := hotp.GenerateCodeCustom(base32.StdEncoding.EncodeToString(x.Secret), uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: algorithm(x.Hash)})
		if err != nil {
			return 0, fault.Unavailablef("authn.totp", err, "cannot make a code")
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && step > last {
			found = step
		}
	}
	return found, nil
}

// useTOTP accepts a code once: the step of the last accepted code only ever
// grows, so of two requests with one code only one wins. Where that step is ahead
// of what any server's clock may say, the clock was set back: counting begins anew,
// or nobody would come in until it is there again.
func (a *Authn) useTOTP(ctx context.Context, c account, code string) (bool, error) {
	if !c.hasTOTP() {
		return false, nil
	}
	secret, err := a.open(c.totp, "totp/"+c.worker)
	if err != nil {
		return false, err
	}
	last, ahead := c.totpStep, int64(-1)
	if last > a.now().Add(setBack).Unix()/totpPeriod+totpSkew {
		last, ahead = 0, last
	}
	step, err := a.matchStep(totpSecret{secret, c.totpHash}, code, last)
	if err != nil || step == 0 {
		return false, err
	}
	var n int64
	err = a.db.Write(ctx, func(tx *db.Tx) error {
		var err error
		n, err = tx.Change(ctx, []string{accountOn(c.worker)}, `UPDATE account SET totp_step = $1 WHERE worker = $2 AND (totp_step < $1 OR totp_step = $4) AND epoch = $3`, step, c.worker, c.epoch, ahead)
		return err
	})
	return n == 1, err
}

// beginTOTP makes a secret. It is stored only once a code made from it comes
// back; until then the browser holds it, sealed.
func (a *Authn) beginTOTP(kind string, t ticket, st Standing) (TOTPEnrolment, error) {
	x := totpSecret{Secret: keys.Random(20), Hash: a.cfg.TOTPHash}
	if x.Hash == "SHA256" {
		x.Secret = keys.Random(32)
	}
	e, err := a.showTOTP(x, st)
	if err != nil {
		return TOTPEnrolment{}, err
	}
	e.Ceremony, err = a.issue(kind, t, x)
	return e, err
}

// showTOTP is a secret as an authenticator app takes it.
func (a *Authn) showTOTP(x totpSecret, st Standing) (TOTPEnrolment, error) {
	k, err := totp.Generate(totp.GenerateOpts{Issuer: a.cfg.AgencyName, AccountName: st.Mail.Disclose(), Period: totpPeriod, Secret: x.Secret, Algorithm: algorithm(x.Hash)})
	if err != nil {
		return TOTPEnrolment{}, fault.Unavailablef("authn.totp", err, "cannot show the secret")
	}
	img, err := k.Image(264, 264)
	if err != nil {
		return TOTPEnrolment{}, fault.Unavailablef("authn.totp", err, "cannot draw the code")
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		return TOTPEnrolment{}, fault.Unavailablef("authn.totp", err, "cannot draw the code")
	}
	return TOTPEnrolment{Secret: groups(k.Secret()), URL: k.URL(), PNG: buf.Bytes()}, nil
}

// TOTPAgain shows again what EnrolTOTPBegin or NewTOTPBegin showed, while its
// ceremony lasts: for the picture, which a page asks for by itself, and for the
// page after a mistyped code, whose secret is in somebody's app already. It
// returns ErrCeremony where the account has moved on or the time is over.
func (a *Authn) TOTPAgain(ctx context.Context, ceremony string) (TOTPEnrolment, error) {
	t, err := a.ticket("enroltotp", ceremony)
	if err != nil {
		t, err = a.ticket("totp", ceremony)
	}
	if err != nil {
		return TOTPEnrolment{}, err
	}
	_, st, err := a.ticketed(ctx, t)
	if err != nil {
		return TOTPEnrolment{}, err
	}
	var x totpSecret
	if err := json.Unmarshal(t.Body, &x); err != nil {
		return TOTPEnrolment{}, ErrCeremony
	}
	e, err := a.showTOTP(x, st)
	e.Ceremony = ceremony
	return e, err
}

func groups(s string) string {
	var b bytes.Buffer
	for i := 0; i < len(s); i += 4 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s[i:min(i+4, len(s))])
	}
	return b.String()
}

// storeTOTP keeps a confirmed secret; the code that confirmed it is used.
func (a *Authn) storeTOTP(ctx context.Context, tx *db.Tx, worker string, x totpSecret, sealed []byte, step int64) error {
	_, err := tx.Exec(ctx, `UPDATE account SET totp_hash = $1, totp = $2, totp_step = $3, changed_at = $4 WHERE worker = $5 AND status <> 'ended'`,
		x.Hash, sealed, step, db.Micros(a.now()), worker)
	return err
}

// isTOTP reports whether s looks like a one-time code: six digits, perhaps with
// spaces. It returns the digits.
func isTOTP(s string) (string, bool) {
	d := compact(s)
	if len(d) != 6 {
		return "", false
	}
	for _, r := range d {
		if r < '0' || r > '9' {
			return "", false
		}
	}
	return d, true
}
