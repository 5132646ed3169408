package authn

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/keys"
)

// Use says what a password has to hold out against.
type Use int

// The uses (SP 800-63B-4, passwords).
const (
	WithSecondFactor Use = iota // one of two factors: at least 8 characters
	Alone                       // the only factor, as the passphrase of a key file: at least 15
)

const (
	minWithSecondFactor = 8
	minAlone            = 15
	maxPasswordBytes    = 256 // well over the 64 characters that must be allowed
	schemePBKDF2        = "pbkdf2-sha256"
)

// normalPassword is the form a password is hashed in: the same keys pressed on
// two systems give the same bytes (Unicode NFKC, as SP 800-63B-4 asks).
func normalPassword(p string) string { return norm.NFKC.String(p) }

// CheckPassword returns a fault of kind Invalid if the password cannot be
// taken: too short, too long, not text, or on the list of what everybody tries.
// context are words of the person and the agency, which are no secret: name,
// mail address, agency. There is no rule of composition and no expiry
// (SP 800-63B-4; 45 CFR 164.308(a)(5)(ii)(D)).
func CheckPassword(password string, use Use, context ...string) error {
	var words []string
	for _, c := range context {
		words = append(words, contextWords(c)...)
	}
	if why := passwordProblem(password, use, words); why != "" {
		return fault.InvalidFields("authn.password", fault.Field{Name: "password", Message: why})
	}
	return nil
}

func passwordProblem(password string, use Use, context []string) string {
	if !utf8.ValidString(password) {
		return "Use letters, digits, spaces and signs only."
	}
	if len(password) > 4*maxPasswordBytes { // before work is done on it
		return "Use at most 256 bytes."
	}
	p := normalPassword(password)
	for _, r := range p {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return "Use letters, digits, spaces and signs only."
		}
	}
	n := utf8.RuneCountInString(p)
	switch {
	case len(p) > maxPasswordBytes:
		return "Use at most 256 bytes."
	case use == Alone && n < minAlone:
		return "Use at least 15 characters. Four or five unrelated words are easy to remember."
	case n < minWithSecondFactor:
		return "Use at least 8 characters. Three or four unrelated words are easy to remember."
	}
	if predictable(p, context) || leaked()[strings.ToLower(p)] {
		return "This is among the first things somebody would try. Choose something less common."
	}
	return ""
}

// hash is the slow hash of a password or recovery code. Only as many run at
// once as there are processors, and of strangers half as many, so that a flood of
// sign-ins cannot take the machine from everybody who is signed in.
func (a *Authn) hash(ctx context.Context, secret string, salt []byte, cost int) ([]byte, error) {
	done, err := a.flood.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	h, err := pbkdf2.Key(sha256.New, secret, salt, cost, 32)
	if err != nil {
		return nil, fault.Unavailablef("authn.hash", err, "cannot hash")
	}
	return h, nil
}

// verifyPassword compares in constant time. For no account, or one without a
// password, it does the same work and says no.
func (a *Authn) verifyPassword(ctx context.Context, c account, password string) (bool, error) {
	want, salt, cost, ok := make([]byte, 32), []byte("sixteen bytes of"), a.cfg.PasswordCost, false
	if c.pwScheme == schemePBKDF2 {
		b, err := a.open(c.pwHash, "password/"+c.worker)
		if err != nil {
			return false, err
		}
		want, salt, cost, ok = b, c.pwSalt, c.pwCost, true
	}
	if len(password) > 4*maxPasswordBytes {
		password, ok = "", false
	}
	got, err := a.hash(ctx, normalPassword(password), salt, cost)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && ok, nil
}

// hashedPassword is a new hash of password and how it was made.
type hashedPassword struct {
	cost         int
	salt, sealed []byte
}

func (a *Authn) newHash(ctx context.Context, worker, password string) (hashedPassword, error) {
	salt := keys.Random(16)
	h, err := a.hash(ctx, normalPassword(password), salt, a.cfg.PasswordCost)
	if err != nil {
		return hashedPassword{}, err
	}
	return hashedPassword{cost: a.cfg.PasswordCost, salt: salt, sealed: a.seal(h, "password/"+worker)}, nil
}

func (a *Authn) storeHash(ctx context.Context, tx *db.Tx, worker string, h hashedPassword) error {
	_, err := tx.Exec(ctx, `UPDATE account SET pw_scheme = $1, pw_cost = $2, pw_salt = $3, pw_hash = $4, changed_at = $5 WHERE worker = $6 AND status <> 'ended'`,
		schemePBKDF2, h.cost, h.salt, h.sealed, db.Micros(a.now()), worker)
	return err
}

// upgrade hashes the password anew, if its hash was made with another cost than
// today's, now that we have it in hand.
func (a *Authn) upgrade(ctx context.Context, c account, password string) error {
	if c.pwCost == a.cfg.PasswordCost {
		return nil
	}
	h, err := a.newHash(ctx, c.worker, password)
	if err != nil {
		return err
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		// Not if it was changed meanwhile.
		_, err := tx.Exec(ctx, `UPDATE account SET pw_scheme = $1, pw_cost = $2, pw_salt = $3, pw_hash = $4 WHERE worker = $5 AND pw_hash = $6`,
			schemePBKDF2, h.cost, h.salt, h.sealed, c.worker, c.pwHash)
		return err
	})
}

//go:embed words.txt
var wordsFile string

// words are what common passwords are made of. The list was written for
// Caseward: names, seasons, animals, teams, affection, keyboard walks.
var words = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for line := range strings.Lines(wordsFile) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, w := range strings.Fields(line) {
			m[w] = true
		}
	}
	return m
})

//go:embed passwords.txt.gz
var passwordsFile []byte

// leaked are the commonest passwords of collections that leaked, in small letters: of
// the 15,769 in zxcvbn's list that are long enough, the 6,693 that predictable lets pass.
var leaked = sync.OnceValue(func() map[string]bool {
	z, err := gzip.NewReader(bytes.NewReader(passwordsFile))
	if err != nil {
		panic(err) // it is part of the program
	}
	m := map[string]bool{}
	in := bufio.NewScanner(z)
	for in.Scan() {
		m[in.Text()] = true
	}
	if err := in.Err(); err != nil {
		panic(err)
	}
	return m
})

// Rows of keys that fingers walk along, there and back; pads are walked in
// columns, where short walks also come about by chance.
var (
	walks = bothWays("`1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn",
		"1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/", "1q2w3e4r5t6y7u8i9o0p", "qazwsxedcrfvtgbyhnujmikolp", "zaq1xsw2cde3vfr4bgt5nhy6mju7",
		"abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "!@#$%^&*()_+")
	pads = bothWays("147258369", "741852963", "159357", "159753")
)

func bothWays(rows ...string) []string {
	out := rows
	for _, r := range rows {
		b := []rune(r)
		slices.Reverse(b)
		out = append(out, string(b))
	}
	return out
}

// unleet undoes the digits and signs people write for letters, one for one; the
// 1 stands for i in one and for l in the other.
func unleet(rs []rune, one rune) []rune {
	out := make([]rune, len(rs))
	for i, r := range rs {
		switch r {
		case '1', '!', '|':
			r = one
		case '0':
			r = 'o'
		case '3', '€':
			r = 'e'
		case '4', '@':
			r = 'a'
		case '5', '$':
			r = 's'
		case '7', '+':
			r = 't'
		case '8':
			r = 'b'
		}
		out[i] = r
	}
	return out
}

const (
	leftOver  = 6 // characters that must remain when everything common is taken away
	manyWords = 3 // from this many common words on, their order is the secret
)

// predictable reports whether p is something that is tried before any search
// begins. It takes p apart, greedily from the left, into common words, context
// words, keyboard walks, repetitions and years, in p as it stands and with the
// signs for letters undone. If what is left over is shorter than six
// characters, and at most two common words were in it, there is nothing in p to
// guess.
func predictable(p string, context []string) bool {
	rs := []rune(strings.ToLower(p))
	if repeats(rs) {
		return true
	}
	forms := [][]rune{rs, unleet(rs, 'i'), unleet(rs, 'l')}
	left, commons := 0, 0
	for i := 0; i < len(rs); {
		n, isWord := 0, false
		for _, f := range forms {
			if m, w := piece(f[i:], context); m > n {
				n, isWord = m, w
			}
		}
		if isWord {
			commons++
		}
		if n == 0 {
			if !unicode.IsSpace(rs[i]) {
				left++
			}
			n = 1
		}
		i += n
	}
	return commons < manyWords && left < leftOver
}

// piece returns the length of the longest common thing rs begins with, and
// whether it is a common word whose place among others could be a secret;
// context words are none.
func piece(rs []rune, context []string) (n int, isWord bool) {
	for _, c := range context {
		if l := utf8.RuneCountInString(c); l > n && l <= len(rs) && string(rs[:l]) == c {
			n = l
		}
	}
	for l := min(longestWord, len(rs)); l >= shortestWord && l > n; l-- {
		if words()[string(rs[:l])] {
			n, isWord = l, true
		}
	}
	for _, w := range []struct {
		rows []string
		min  int
	}{{walks, 3}, {pads, 5}} {
		for _, row := range w.rows {
			l := w.min
			for l <= len(rs) && strings.Contains(row, string(rs[:l])) {
				l++
			}
			if l--; l >= w.min && l > n {
				n, isWord = l, false
			}
		}
	}
	run := 1
	for run < len(rs) && rs[run] == rs[0] {
		run++
	}
	if run >= 3 && run > n {
		n, isWord = run, false
	}
	if len(rs) >= 4 && n < 4 && year(rs[:4]) {
		n, isWord = 4, false
	}
	return n, isWord
}

// The lengths of the words in the list.
const (
	shortestWord = 3
	longestWord  = 14
)

func year(rs []rune) bool {
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	return (rs[0] == '1' && rs[1] == '9' || rs[0] == '2' && rs[1] == '0') && digit(rs[2]) && digit(rs[3])
}

// repeats reports whether p is one piece of at most a third of its length, or of
// at most four characters, over and over.
func repeats(rs []rune) bool {
	for l := 1; l <= len(rs)/2; l++ {
		if l > 4 && l > len(rs)/3 {
			break
		}
		same := true
		for i := l; i < len(rs) && same; i++ {
			same = rs[i] == rs[i-l]
		}
		if same {
			return true
		}
	}
	return false
}

// contextWords are the words of s, and s without its spaces, in lower case:
// each with four letters or more.
func contextWords(phrases ...string) []string {
	var out []string
	for _, s := range phrases {
		fields := strings.FieldsFunc(strings.ToLower(norm.NFKC.String(s)), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		for _, f := range append(fields, strings.Join(fields, "")) {
			if utf8.RuneCountInString(f) >= 4 {
				out = append(out, f)
			}
		}
	}
	return out
}

// personWords are the words of a person that make no password: name, and the
// part of the mail address before the @.
func (a *Authn) personWords(st Standing) []string {
	local, _, _ := strings.Cut(st.Mail.Disclose(), "@")
	return append(contextWords(st.Name.Disclose(), local), a.context...)
}

// normalMail is the form a mail address is looked up and counted in.
func normalMail(mail string) string {
	if len(mail) > 320 {
		mail = mail[:320]
	}
	return strings.ToLower(strings.TrimSpace(norm.NFC.String(strings.ToValidUTF8(mail, ""))))
}
