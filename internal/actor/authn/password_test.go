package authn_test

import (
	"fmt"
	"strings"
	"testing"

	"caseward/internal/actor/authn"
	"caseward/internal/fault"
)

func TestPasswordRules(t *testing.T) {
	context := []string{"Rivermouth Community Care", "Anastasia Quillfeather", "aquill7"}
	for _, c := range []struct {
		why      string
		password string
		use      authn.Use
		good     bool
	}{
		{"eight characters do beside a second factor", "kv7#qp2w", authn.WithSecondFactor, true},
		{"seven do not", "kv7#qp2", authn.WithSecondFactor, false},
		{"fifteen do alone", "kv7#qp2w!mz9rt4", authn.Alone, true},
		{"fourteen do not alone", "kv7#qp2w!mz9rt", authn.Alone, false},
		{"characters count, not bytes", "żółćęśąń", authn.WithSecondFactor, true},
		{"seven characters of many bytes do not", "żółćęśą", authn.WithSecondFactor, false},
		{"256 bytes are taken", strings.Repeat("kv7#qp2w!mz9rt4x", 15) + "umbrella garnish", authn.Alone, true},
		{"257 are not", strings.Repeat("kv7#qp2w!mz9rt4x", 15) + "umbrella garnish!", authn.Alone, false},
		{"a megabyte is not", strings.Repeat("kv7#qp2w", 1<<17), authn.Alone, false},
		{"no digit, capital or sign is asked for", "umbrella garnish", authn.Alone, true},
		{"spaces are characters", "of mice or molluscs", authn.Alone, true},
		{"any script is taken", "обезьяна летит на луну", authn.Alone, true},
		{"emoji are taken", "🦆🧊🪗🧲🥨🪁🧶🪴", authn.WithSecondFactor, true},
		{"what is no text is not", "kv7#qp2w\xff", authn.WithSecondFactor, false},
		{"control characters are not", "kv7#qp2w\x00", authn.WithSecondFactor, false},
		{"several common words in an order of one's own are a secret", "correct horse battery staple", authn.Alone, true},
		{"random digits are taken", "80361597", authn.WithSecondFactor, true},
		{"a common word is not", "sunshine", authn.WithSecondFactor, false},
		{"nor in capitals", "SunShine", authn.WithSecondFactor, false},
		{"nor with digits for letters", "p4$$w0rd", authn.WithSecondFactor, false},
		{"nor with a year and a sign", "Summer2026!", authn.WithSecondFactor, false},
		{"nor with digits before and after", "12monkey34", authn.WithSecondFactor, false},
		{"nor twice", "dragondragon", authn.WithSecondFactor, false},
		{"nor two of them", "iloveyoujessica", authn.Alone, false},
		{"a row of keys is not", "qwertyuiop", authn.WithSecondFactor, false},
		{"nor two rows", "qwertyuiopasdfghjkl", authn.Alone, false},
		{"nor backwards", "0987654321", authn.WithSecondFactor, false},
		{"nor zigzag", "1qaz2wsx3edc4rfv", authn.Alone, false},
		{"the alphabet is not", "abcdefghijklmnop", authn.Alone, false},
		{"one character over and over is not", "aaaaaaaaaaaaaaaaaaaa", authn.Alone, false},
		{"nor a short piece over and over", "x7!x7!x7!x7!x7!x7!", authn.Alone, false},
		{"the agency's name is not", "Rivermouth2026", authn.WithSecondFactor, false},
		{"nor run together", "rivermouthcommunitycare", authn.Alone, false},
		{"one's own name is not", "quillfeather99", authn.WithSecondFactor, false},
		{"nor one's mail name", "aquill7-aquill7", authn.Alone, false},
		{"nor the program's name", "Caseward123", authn.WithSecondFactor, false},
		{"the agency's name with a secret beside it is taken", "Rivermouth kv7#qp2w", authn.Alone, true},
		{"full-width letters are the letters they look like", "ｓｕｎｓｈｉｎｅ", authn.WithSecondFactor, false},
	} {
		t.Run(c.why, func(t *testing.T) {
			err := authn.CheckPassword(c.password, c.use, append(context, "caseward")...)
			if (err == nil) != c.good {
				t.Fatalf("error is %v", err)
			}
			if err == nil {
				return
			}
			fs := fault.FieldsOf(err)
			if !fault.Is(err, fault.Invalid) || len(fs) != 1 || fs[0].Name != "password" || fs[0].Message == "" {
				t.Errorf("error is %v", err)
			}
			if strings.Contains(fmt.Sprint(err, fs), c.password) {
				t.Error("the error repeats the password")
			}
		})
	}
}

func TestLeakedPasswords(t *testing.T) {
	for _, p := range []string{"014702580369", "0147852369", "01telemike01", "01TeleMike01", "adgjmptw.", ".adgjmptw"} {
		if got := authn.CheckPassword(p, authn.WithSecondFactor) != nil; got != (p != "adgjmptw.") {
			t.Errorf("%q is refused: %v", p, got)
		}
	}
	// What holds one of them and more is another password.
	for _, p := range []string{goodPassword, "violet 01telemike01 tractor", "0147852369 humming"} {
		if err := authn.CheckPassword(p, authn.WithSecondFactor); err != nil {
			t.Errorf("%q: %v", p, err)
		}
	}
}

// The list is small and what it covers is large: this counts, over the ways
// people bend a word to please a rule, how many passwords it stands for.
func TestBlocklistCoversBentWords(t *testing.T) {
	n := 0
	for _, word := range []string{"password", "sunshine", "princess", "football", "superman", "charlie", "michelle", "jennifer", "caseworker", "welcome"} {
		for _, w := range []string{word, strings.ToUpper(word[:1]) + word[1:], strings.ToUpper(word), strings.NewReplacer("a", "@", "s", "$", "o", "0", "e", "3").Replace(word)} {
			for _, before := range []string{"", "1", "!", "123"} {
				for _, after := range []string{"", "1", "12", "123", "1234", "!", "1!", "123!", "2024", "2025!", "01", "99", "007", "#1", "69"} {
					p := before + w + after
					if len(p) < 8 {
						continue
					}
					n++
					if authn.CheckPassword(p, authn.WithSecondFactor) == nil {
						t.Errorf("%q is taken", p)
					}
				}
			}
		}
	}
	if n < 2000 {
		t.Fatalf("only %d tried", n)
	}
}
