package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"caseward/internal/app"
	"caseward/internal/keys"
	"caseward/internal/keys/share"
	"caseward/internal/kms"
)

var keySlotsCommand = command{
	name:  "key slots",
	short: "list what opens the key file",
	long: `
Lists what opens the key file: passphrase, key-management service (kms), shares; when
each was made, and for shares who has one, how many are needed and when some were last
tried. Nothing is opened, so it works when the passphrase is lost.

  caseward key slots --data D
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		dir := f.String("data", "", "the data `directory`")
		asJSON := f.Bool("json", false, "print each as one JSON object on its own line")
		return func(_ context.Context, e *Env, _ []string) error {
			if *dir == "" {
				return usagef("--data is needed")
			}
			slots, err := app.KeySlots(*dir)
			if err != nil {
				return err
			}
			for _, s := range slots {
				if *asJSON {
					err = json.NewEncoder(e.Stdout).Encode(s)
				} else {
					_, err = fmt.Fprintln(e.Stdout, slotLine(s))
				}
				if err != nil {
					return err
				}
			}
			return nil
		}
	},
}

// slotLine says of one slot what may be known.
func slotLine(s keys.SlotInfo) string {
	line := s.Kind
	if s.ID != "" {
		line = fmt.Sprintf("%s  made %s  %s", s.ID, s.Made.Format("2006-01-02"), s.Kind)
	}
	switch s.Kind {
	case keys.ByKMS:
		line += "  " + s.URL
	case keys.ByShares:
		tried := "never tried"
		if !s.Tried.IsZero() {
			tried = "tried " + s.Tried.Format("2006-01-02")
		}
		line += fmt.Sprintf("  any %d of %d: %s  %s", s.Need, len(s.Holders), strings.Join(s.Holders, ", "), tried)
	}
	return line
}

var keyPassphraseCommand = command{
	name:  "key passphrase",
	short: "change the passphrase of the key file",
	long: `
Makes the passphrase in --new-passphrase-file the one that opens the key file. Whatever
else opens it stays. With --share a lost passphrase is replaced.

Then: give the server the new passphrase (file or credential) and restart it, before
the next key rotate; until then it goes on with what it has. Copy the key file to
where its copies are kept, and destroy the old copies: an old copy still opens with the
old passphrase, and gives the keys that were in it. If the old passphrase is known to
somebody who may have such a copy, also run key rotate, key rewrap and key forget.

--remove leaves no passphrase: the file must then be opened by another slot, by which
this command opens it.

  caseward key passphrase --data D --passphrase-file OLD --new-passphrase-file NEW
  caseward key passphrase --data D --share one.txt --share two.txt --new-passphrase-file NEW
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		file := f.String("new-passphrase-file", "", "`file` with the new passphrase")
		remove := f.Bool("remove", false, "remove the passphrase instead")
		dry := f.Bool("dry-run", false, "open the file, look at the new passphrase, and change nothing")
		asJSON := f.Bool("json", false, "print one JSON object")
		return func(ctx context.Context, e *Env, _ []string) error {
			if (*file == "") != *remove {
				return usagef("give --new-passphrase-file, or --remove")
			}
			var next []byte
			if *file != "" {
				var err error
				if next, err = readPassphrase(*file); err != nil {
					return err
				}
				if err := keys.CheckPassphrase(next); err != nil {
					return err
				}
			}
			return d.with(ctx, e, func(a *app.App) error {
				switch {
				case *dry:
					_, err := fmt.Fprintln(e.Stdout, "would change what passphrase opens the key file")
					return err
				case *remove:
					return removeKind(ctx, e, a, keys.Passphrase, "", *asJSON)
				}
				s, err := a.SetPassphrase(ctx, operator(e), next)
				if err != nil {
					return err
				}
				if *asJSON {
					return json.NewEncoder(e.Stdout).Encode(s)
				}
				_, err = fmt.Fprintf(e.Stdout, `The passphrase is changed.
  - give the server the new one and restart it before the next key rotate
  - copy %s to where its copies are kept; an old copy still opens with the old passphrase
`, keys.FileName)
				return err
			})
		}
	},
}

// removeKind removes the slots of a kind, or those of it with an id.
func removeKind(ctx context.Context, e *Env, a *app.App, kind, id string, asJSON bool) error {
	ids := []string{}
	for _, s := range a.Keys.Slots() {
		if s.Kind == kind && (id == "" || s.ID == id) {
			ids = append(ids, s.ID)
		}
	}
	if len(ids) == 0 {
		return fmt.Errorf("there is no such slot; see caseward key slots")
	}
	if err := a.RemoveSlots(ctx, operator(e), ids...); err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(e.Stdout).Encode(map[string]any{"removed": ids})
	}
	_, err := fmt.Fprintf(e.Stdout, "removed %s; replace the copies of the key file\n", strings.Join(ids, ", "))
	return err
}

var keySharesCommand = command{
	name:  "key shares",
	short: "split a recovery secret among people",
	long: `
Makes one share for each --holder, of which any --threshold open the key file, without a
network and without the passphrase. A share is 33 words (SLIP-0039). Each is printed
once and kept nowhere: on a terminal one after the other, the screen cleared between
them; elsewhere as pages, for a printer that keeps nothing. The key file says who
has one.

Then try them: --try with as many shares as are needed, from files or typed (--share -).
Older shares open the file until newer ones were tried, and then no more. Try them
once a year, and make new ones when somebody who holds one leaves. The ceremony is in
docs/guides/key-ceremony.md.

With shares every command works: caseward key passphrase --share … sets a new
passphrase when the old one is lost, caseward restore --share … restores.

  caseward key shares --data D --passphrase-file F --threshold 3 \
      --holder "Ruth Example" --holder "Chair of the board" --holder "The notary" \
      --holder "Dr. Example" --holder "Bank, safe 12"
  caseward key shares --data D --try --share -
  caseward key shares --data D --passphrase-file F --remove
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		need := f.Int("threshold", 0, "how `many` shares open the key file: 2 or more")
		var holders list
		f.Var(&holders, "holder", "`name` of who gets a share; given once for each, at most 16")
		try := f.Bool("try", false, "try the shares that --share names, and end older ones")
		remove := f.Bool("remove", false, "remove all shares")
		dry := f.Bool("dry-run", false, "say what would be made and do nothing")
		asJSON := f.Bool("json", false, "print one JSON object; it holds the shares that were made")
		return func(ctx context.Context, e *Env, _ []string) error {
			switch making := *need != 0 || len(holders) > 0; {
			case making && (*try || *remove), *try && *remove, !making && !*try && !*remove:
				return usagef("give --threshold and --holder, or --try, or --remove")
			case *try && len(d.shares) == 0:
				return usagef("--try needs the shares: --share FILE for each, or --share - to type them")
			case making:
				if err := share.Check(*need, len(holders)); err != nil {
					return err
				}
			}
			return d.with(ctx, e, func(a *app.App) error {
				switch {
				case *remove && !*dry:
					return removeKind(ctx, e, a, keys.ByShares, "", *asJSON)
				case *try && !*dry:
					s, ended, err := a.TryShares(ctx, operator(e), d.read)
					if err != nil {
						return err
					}
					if *asJSON {
						return json.NewEncoder(e.Stdout).Encode(map[string]any{"slot": s, "ended": ended})
					}
					_, err = fmt.Fprintf(e.Stdout, "the shares open the key file; %d older sets were ended\n%s\n", ended, slotLine(s))
					return err
				case *dry:
					_, err := fmt.Fprintf(e.Stdout, "would make %d shares of which %d open the key file, or try or remove what is named\n", len(holders), *need)
					return err
				}
				shares, s, err := a.MakeShares(ctx, operator(e), *need, holders)
				if err != nil {
					return err
				}
				if *asJSON {
					out := make([]map[string]any, len(shares))
					for i, x := range shares {
						out[i] = map[string]any{"number": x.Number(), "holder": s.Holders[i], "words": x.Words()}
					}
					return json.NewEncoder(e.Stdout).Encode(map[string]any{"slot": s, "shares": out})
				}
				return printShares(e, s, shares)
			})
		}
	},
}

// printShares shows each share once.
func printShares(e *Env, s keys.SlotInfo, shares []share.Share) error {
	screen := terminal(e.Stdout) && terminal(e.Stdin)
	in := &lines{from: e.Stdin}
	for i, x := range shares {
		if _, err := fmt.Fprintf(e.Stdout, "Recovery share %d of %d, for %s\nSet %05d, made %s. Any %d of the set open the key file.\n\n", x.Number(), len(shares), s.Holders[i], x.Set(), s.Made.Format("2006-01-02"), x.Need()); err != nil {
			return err
		}
		for j, w := range x.Words() {
			end := "  "
			if j%3 == 2 {
				end = "\n"
			}
			if _, err := fmt.Fprintf(e.Stdout, "%2d %-10s%s", j+1, w, end); err != nil {
				return err
			}
		}
		after := "\f"
		if screen {
			fmt.Fprintf(e.Stderr, "\nWhen %s has written it down, press Enter: the screen is cleared.", s.Holders[i])
			if _, err := in.next(); err != nil && err != io.EOF {
				return err
			}
			after = "\x1b[2J\x1b[3J\x1b[H"
		}
		if _, err := fmt.Fprint(e.Stdout, after); err != nil {
			return err
		}
	}
	fmt.Fprintf(e.Stderr, "They are kept nowhere. Copy %s to where its copies are kept, and try the shares: caseward key shares --try\n", keys.FileName)
	return nil
}

var keyKMSCommand = command{
	name:  "key kms",
	short: "let a key-management service open the key file",
	long: `
Lets a key-management service open the key file, so that the server starts by itself
with no passphrase on the machine. The service wraps a secret, bound to the log's name,
and is asked to unwrap it once at each start; no request ever waits for it. It is
tried before anything is written. One that is there already is replaced: do so after
the key there was replaced for good.

  aws-kms://REGION/KEY          Amazon's KMS: id, alias/NAME or ARN of a symmetric key
      ?profile=  ?endpoint=     credentials as a bucket's; kms:Encrypt and kms:Decrypt
  vault+https://HOST:8200/MOUNT/KEY   transit engine of Vault or OpenBao
      ?namespace=  ?ca=FILE     of another authority
      ?token_file=FILE          else the systemd credential caseward-vault-token, else
                                VAULT_TOKEN; update on MOUNT/encrypt/KEY and decrypt
      ?role_id=ID&secret_id_file=FILE   an AppRole; else the credential
                                caseward-vault-secret-id

Whoever deletes the key there closes the key file for that way: keep the passphrase or
shares beside it. caseward doctor asks the service.

  caseward key kms --data D --passphrase-file F --url aws-kms://us-east-1/alias/caseward
  caseward key kms --data D --passphrase-file F --url vault+https://vault.example.org:8200/transit/caseward
  caseward key kms --data D --passphrase-file F --remove s0123456789ab
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		at := f.String("url", "", "`URL` of the service and the key")
		remove := f.String("remove", "", "remove the slot with this `id` instead; caseward key slots lists them")
		dry := f.Bool("dry-run", false, "open the file, read the URL, and change nothing")
		asJSON := f.Bool("json", false, "print one JSON object")
		return func(ctx context.Context, e *Env, _ []string) error {
			if (*at == "") == (*remove == "") {
				return usagef("give --url, or --remove")
			}
			if *at != "" {
				if err := kms.Check(*at); err != nil {
					return err
				}
			}
			return d.with(ctx, e, func(a *app.App) error {
				switch {
				case *dry:
					_, err := fmt.Fprintln(e.Stdout, "would change what service opens the key file")
					return err
				case *remove != "":
					return removeKind(ctx, e, a, keys.ByKMS, *remove, *asJSON)
				}
				s, err := a.AddKMS(ctx, operator(e), *at)
				if err != nil {
					return err
				}
				if *asJSON {
					return json.NewEncoder(e.Stdout).Encode(s)
				}
				_, err = fmt.Fprintf(e.Stdout, "%s\nthe service opens the key file; start the server without a passphrase, and copy %s to where its copies are kept\n", slotLine(s), keys.FileName)
				return err
			})
		}
	},
}

// lines reads from a terminal or file one line at a time, and no further.
type lines struct{ from io.Reader }

func (l *lines) next() (string, error) {
	var out []byte
	var b [1]byte
	for len(out) < 4096 {
		n, err := l.from.Read(b[:])
		if n == 1 && b[0] == '\n' {
			return string(out), nil
		}
		out = append(out, b[:n]...)
		if err != nil {
			return string(out), err
		}
	}
	return "", fmt.Errorf("the line is too long")
}

// readShares reads shares from files, and those that are typed where one is "-".
func readShares(e *Env, files []string) ([]share.Share, error) {
	var out []share.Share
	for _, name := range files {
		if name == "-" {
			typed, err := typeShares(e)
			if err != nil {
				return nil, err
			}
			out = append(out, typed...)
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("cannot read a share: %w", err)
		}
		s, err := share.Parse(string(b))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, s)
	}
	return out, nil
}

// typeShares asks for shares until there are as many as the first says are needed. On a
// terminal one that is wrong is asked for again, and what was typed is taken off the
// screen.
func typeShares(e *Env) ([]share.Share, error) {
	var out []share.Share
	in, screen := &lines{from: e.Stdin}, terminal(e.Stdin)
	for need := 1; len(out) < need; {
		if screen {
			fmt.Fprintf(e.Stderr, "Share %d, its words with spaces between them: ", len(out)+1)
		}
		line, err := in.next()
		if err != nil && line == "" {
			return nil, fmt.Errorf("%d shares are needed, and %d were given", max(need, 2), len(out))
		}
		if screen {
			fmt.Fprint(e.Stderr, "\x1b[1A\x1b[2K\r")
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		s, err := share.Parse(line)
		for _, o := range out {
			if err == nil && (o.Set() != s.Set() || o.Need() != s.Need()) {
				err = fmt.Errorf("it is of another set than the first")
			} else if err == nil && o.Number() == s.Number() {
				err = fmt.Errorf("it was given already")
			}
		}
		if err != nil {
			err = fmt.Errorf("share %d: %w", len(out)+1, err)
			if !screen {
				return nil, err
			}
			fmt.Fprintln(e.Stderr, err)
			continue
		}
		out, need = append(out, s), s.Need()
		if screen {
			fmt.Fprintf(e.Stderr, "share number %d of set %05d is right; %d more are needed\n", s.Number(), s.Set(), need-len(out))
		}
	}
	return out, nil
}

// terminal reports whether a person is at the other end.
func terminal(x any) bool {
	f, ok := x.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}
