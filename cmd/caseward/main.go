// Command caseward is the server and its tools in one program. Run caseward help.
package main

import (
	"context"
	"os"
	_ "time/tzdata" // the agency's time zone is there whatever the machine has

	"caseward/internal/cli"
)

func main() {
	private()
	os.Exit(cli.Run(context.Background(), cli.System(), os.Args[1:]))
}
