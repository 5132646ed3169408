// Command provider is an OpenID provider for tests, over real HTTP: the example of
// github.com/zitadel/oidc, with a client for whoever starts it.
//
// It says on standard output, in one line, what issuer it is, and serves until its
// standard input ends.
package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: provider USERS.json REDIRECT")
		os.Exit(2)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	issuer := fmt.Sprintf("http://localhost:%d/", l.Addr().(*net.TCPAddr).Port)
	users, err := storage.StoreFromFile(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	storage.RegisterClients(storage.WebClient("caseward", "s3cret of the client", os.Args[2]))
	go func() {
		_ = http.Serve(l, exampleop.SetupServer(issuer, storage.NewStorage(users), slog.New(slog.DiscardHandler), false))
	}()
	fmt.Println(issuer)
	_, _ = io.Copy(io.Discard, os.Stdin)
}
