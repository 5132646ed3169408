package cli_test

import (
	"context"
	"os"
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
