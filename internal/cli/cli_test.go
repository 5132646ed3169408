package cli_test

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	_ "time/tzdata"

	"github.com/rogpeppe/go-internal/testscript"

	"caseward/internal/cli"
)

// The scripts drive the real command.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"caseward": func() { os.Exit(cli.Run(context.Background(), cli.System(), os.Args[1:])) },
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			// exits CODE COMMAND…: the exit code is part of what scripts rely on.
			"exits": func(ts *testscript.TestScript, _ bool, args []string) {
				err := ts.Exec(args[1], args[2:]...)
				got := "0"
				if err != nil {
					got = err.Error()
				}
				if want := map[string]string{"0": "0"}[args[0]]; want == "" && got != "exit status "+args[0] || want != "" && got != want {
					ts.Fatalf("ended with %s, want exit status %s", got, args[0])
				}
			},
			// split FILE NAMES…: the words of each share in a JSON object, as a file.
			"split": func(ts *testscript.TestScript, _ bool, args []string) {
				var made struct{ Shares []struct{ Words []string } }
				ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &made))
				for i, name := range args[1:] {
					ts.Check(os.WriteFile(ts.MkAbs(name), []byte(strings.Join(made.Shares[i].Words, " ")+"\n"), 0o600))
				}
			},
			// join FILE NAMES…: one file of several.
			"join": func(ts *testscript.TestScript, _ bool, args []string) {
				var all string
				for _, name := range args[1:] {
					all += ts.ReadFile(name)
				}
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(all), 0o600))
			},
			// append FILE TEXT: adds a line.
			"append": func(ts *testscript.TestScript, _ bool, args []string) {
				f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_APPEND|os.O_WRONLY, 0)
				ts.Check(err)
				_, err = f.WriteString(args[1] + "\n")
				ts.Check(err)
				ts.Check(f.Close())
			},
		},
	})
}
