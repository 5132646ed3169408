package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/config"
	"caseward/internal/fault"
)

func TestParseAnchor(t *testing.T) {
	const day = 24 * time.Hour
	for raw, want := range map[string]config.Anchor{
		"file:///mnt/worm/checkpoints":   {Kind: config.Directory, Every: 5 * time.Minute, Dir: "/mnt/worm/checkpoints"},
		"file:///mnt/a%20b/?every=1h":    {Kind: config.Directory, Every: time.Hour, Dir: "/mnt/a b"},
		"s3://kept?region=us-east-1":     {Kind: config.Bucket, Every: time.Hour, Name: "kept", URL: "s3://kept?region=us-east-1", Retain: 2192 * day},
		"s3://kept?retain_days=3650":     {Kind: config.Bucket, Every: time.Hour, Name: "kept", URL: "s3://kept", Retain: 3650 * day},
		"mailto:o@example.org":           {Kind: config.Mailbox, Every: day, To: "o@example.org"},
		"mailto:o@example.org?every=12h": {Kind: config.Mailbox, Every: 12 * time.Hour, To: "o@example.org"},
		"witness+https://w.example.org/log?keep=/mnt/cosigned#w.example.org+0123abcd+BA/+9w==": {Kind: config.Witness, Every: 5 * time.Minute,
			URL: "https://w.example.org/log", Dir: "/mnt/cosigned", Key: "w.example.org+0123abcd+BA/+9w=="},
		"witness+http://127.0.0.1:8100#w+0123abcd+BAA=": {Kind: config.Witness, Every: 5 * time.Minute, URL: "http://127.0.0.1:8100", Key: "w+0123abcd+BAA="},
	} {
		t.Run("read: "+raw, func(t *testing.T) {
			got, err := config.ParseAnchor(raw)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
	for raw, word := range map[string]string{
		"/mnt/worm":             "file:///",
		"there":                 "file:///",
		"file://server/share":   "full path",
		"file:there":            "full path",
		"file:///mnt/worm#x":    "#",
		"ftp://example.org":     "neither",
		"s3://":                 "s3://name",
		"s3://kept/folder":      "s3://name",
		"s3://id:secret@kept":   "password",
		"s3://kept?secret=x":    "no setting",
		"s3://kept?anonymous=1": "no setting",
		"s3://kept?endpoint=http://minio.example.org":            "https",
		"s3://kept?endpoint=https://id:secret@minio.example.org": "https",
		"s3://kept?retain_days=0":                                "retain_days",
		"s3://kept?retain_days=1&retain_days=2":                  "more than once",
		"mailto:":                                                "officer",
		"mailto:The Officer <o@example.org>":                     "anchors",
		"mailto:o@example.org?subject=x":                         "no setting",
		"mailto:o@example.org?every=5s":                          "1m to 168h",
		"mailto:o@example.org?every=often":                       "1m to 168h",
		"witness+https://w.example.org":                          "name+hash+key",
		"witness+http://w.example.org#w+0123abcd+BAA=":           "https only",
		"witness+https://w.example.org?keep=x#w+0123abcd+BAA=":   "full path",
		"file:///mnt/worm?%zz":                                   "cannot be read",
	} {
		t.Run("refused: "+raw, func(t *testing.T) {
			_, err := config.ParseAnchor(raw)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), word) {
				t.Errorf("got %v, want it to say %q", err, word)
			}
			if err != nil && strings.Contains(err.Error(), "secret@") {
				t.Errorf("the error repeats a secret: %v", err)
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	data := t.TempDir()
	at := func(path string) config.Config { return config.Config{Anchors: []string{"file://" + path}} }
	t.Run("a directory beside the data directory is outside it", func(t *testing.T) {
		got, err := at(data + "-kept").Places(data)
		if err != nil || len(got) != 1 || got[0].Dir != data+"-kept" {
			t.Errorf("%v, %v", got, err)
		}
	})
	t.Run("the data directory and what lies in it are refused, also through a link", func(t *testing.T) {
		link := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(data, link); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{data, data + "/kept", data + "/../" + filepath.Base(data) + "/x", link, link + "/kept/more"} {
			if _, err := at(path).Places(data); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", path, err)
			}
		}
	})
}
